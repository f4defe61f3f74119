using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using GenEngine.Tests.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Optimizer;

using RmsProp = GenEngine.Kernels.Optimizer.RmsProp;
using Sgd = GenEngine.Kernels.Optimizer.Sgd;

/// <summary>Gradient descent, RMSProp and the moving average against their formulas in double.</summary>
[TestFixtureSource(typeof(LayoutDevices), nameof(LayoutDevices.Devices))]
[Parallelizable]
public class UpdateTests(TestDevice which)
{
    private const double Rate = 0.02;
    private const int Steps = 10;

    public static IEnumerable<SgdOptions> SgdCases =>
    [
        new(),
        new() { WeightDecay = 0.1 },
        new() { Momentum = 0.9 },
        new() { Momentum = 0.9, Nesterov = true, WeightDecay = 0.01 },
    ];

    public static IEnumerable<RmsPropOptions> RmsPropCases =>
    [
        new(),
        new() { Smoothing = 0.9, Epsilon = 1e-3, WeightDecay = 0.1 },
        new() { Momentum = 0.8 },
    ];

    private Device Target => which.Open();

    [Test]
    public void Sgd_follows_the_formula([ValueSource(nameof(SgdCases))] SgdOptions options, [Values(DType.Float32, DType.Float64)] DType dtype, [Values(2, 1333)] int count)
    {
        using var arena = new OptimizerCase(Target, dtype, count, skip: count == 2 ? 3 : 0);
        double[] w = [.. arena.InitialWeights], velocity = new double[count];
        double largest = 1;
        for (int t = 0; t < Steps; t++)
        {
            double[] gradients = arena.NextGradients();
            OptimizerState.Advance(arena.Device, arena.State.All, LearningRateSchedule.Constant(Rate));
            Sgd.Run(arena.Device, dtype, arena.Weights, arena.Gradients, options.Momentum > 0 ? arena.First.Range : null, count, arena.State.All, options);
            for (int i = 0; i < count; i++)
            {
                double g = gradients[i] + (options.WeightDecay * w[i]);
                velocity[i] = (options.Momentum * velocity[i]) + g;
                w[i] -= Rate * (options.Nesterov ? g + (options.Momentum * velocity[i]) : velocity[i]);
                largest = Math.Max(largest, Math.Abs(velocity[i]));
            }
        }

        AdamTests.Close(arena.Weights.Read(), w, 4 * Steps * largest * DeviceArray.Epsilon(dtype), "weights");
    }

    [Test]
    public void RmsProp_follows_the_formula([ValueSource(nameof(RmsPropCases))] RmsPropOptions options, [Values(DType.Float32, DType.Float64)] DType dtype, [Values(2, 1333)] int count)
    {
        using var arena = new OptimizerCase(Target, dtype, count, skip: count == 2 ? 3 : 0);
        using var velocity = new DeviceArray(arena.Device, dtype, new double[count]);
        double[] w = [.. arena.InitialWeights], s = new double[count], u = new double[count];
        for (int t = 0; t < Steps; t++)
        {
            double[] gradients = arena.NextGradients();
            OptimizerState.Advance(arena.Device, arena.State.All, LearningRateSchedule.Constant(Rate));
            RmsProp.Run(
                arena.Device, dtype, arena.Weights, arena.Gradients, arena.Second, options.Momentum > 0 ? velocity.Range : null, count, arena.State.All, options);
            for (int i = 0; i < count; i++)
            {
                double g = gradients[i] + (options.WeightDecay * w[i]);
                s[i] = (options.Smoothing * s[i]) + ((1 - options.Smoothing) * g * g);
                u[i] = (options.Momentum * u[i]) + (g / (Math.Sqrt(s[i]) + options.Epsilon));
                w[i] -= Rate * u[i];
            }
        }

        AdamTests.Close(arena.Weights.Read(), w, 4 * Steps * DeviceArray.Epsilon(dtype), "weights");
        AdamTests.Close(arena.Second.Read(), s, 4 * Steps * DeviceArray.Epsilon(dtype), "mean squares");
    }

    [Test]
    public void Ema_moves_towards_the_weights_and_rests_on_them([Values(DType.Float32, DType.Float64)] DType dtype, [Values(5, 2001)] int count)
    {
        using var arena = new OptimizerCase(Target, dtype, count);
        double[] w = arena.NextGradients(), average = [.. arena.InitialWeights];
        for (int t = 0; t < 3; t++)
        {
            Ema.Run(arena.Device, dtype, arena.Gradients, arena.Weights, count, 0.95);
            for (int i = 0; i < count; i++) average[i] = (0.95 * average[i]) + (0.05 * w[i]);
        }

        double epsilon = DeviceArray.Epsilon(dtype);
        DeviceArray.AssertNear(arena.Weights.Read(), average, i => 4 * epsilon * Math.Max(Math.Abs(w[i]), Math.Abs(arena.InitialWeights[i])), "average");
        arena.Weights.Write(w);
        Ema.Run(arena.Device, dtype, arena.Gradients, arena.Weights, count, 0.7);
        DeviceArray.AssertSameBits(arena.Weights.Read(), w, "an average that equals the weights");
    }

    [Test]
    public void A_velocity_goes_with_momentum()
    {
        using var arena = new OptimizerCase(Target, DType.Float32, 4);
        Assert.That(() => RunSgd(null, new() { Momentum = 0.9 }), Throws.InstanceOf<EngineException>());
        Assert.That(() => RunSgd(arena.First, new()), Throws.InstanceOf<EngineException>());
        Assert.That(() => RunSgd(null, new() { Nesterov = true }), Throws.InstanceOf<EngineException>());
        Assert.That(
            () => RmsProp.Run(arena.Device, DType.Float32, arena.Weights, arena.Gradients, arena.Second, null, 4, arena.State.All, new() { Momentum = 0.5 }),
            Throws.InstanceOf<EngineException>());

        void RunSgd(DeviceArray? velocity, SgdOptions options) =>
            Sgd.Run(arena.Device, DType.Float32, arena.Weights, arena.Gradients, velocity?.Range, 4, arena.State.All, options);
    }
}

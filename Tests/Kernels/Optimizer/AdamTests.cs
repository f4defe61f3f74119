using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Optimizer;
using GenEngine.Tests.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Optimizer;

using Adam = GenEngine.Kernels.Optimizer.Adam;

/// <summary>Adam and AdamW against the published formula in double, written with powers in place of running products.</summary>
[TestFixtureSource(typeof(LayoutDevices), nameof(LayoutDevices.Devices))]
[Parallelizable]
public class AdamTests(TestDevice which)
{
    private const double Rate = 0.01;
    private const int Steps = 12;

    public static IEnumerable<AdamOptions> Options =>
    [
        new(),
        new() { Beta1 = 0.5, Beta2 = 0.9, Epsilon = 1e-3 },
        new() { WeightDecay = 0.1 },
        new() { WeightDecay = 0.1, Decoupled = true },
        new() { Beta1 = 0, Beta2 = 0.99 },
    ];

    private Device Target => which.Open();

    [Test]
    public void Follows_the_formula(
        [ValueSource(nameof(Options))] AdamOptions options, [Values(DType.Float32, DType.Float64)] DType dtype, [Values(1, 67, 3000)] int count)
    {
        using var arena = new OptimizerCase(Target, dtype, count, skip: count == 67 ? 1 : 0);
        double[] w = [.. arena.InitialWeights], m = new double[count], v = new double[count];
        for (int t = 1; t <= Steps; t++)
        {
            double[] gradients = arena.NextGradients();
            OptimizerState.Advance(arena.Device, arena.State.All, LearningRateSchedule.Constant(Rate), options);
            Adam.Run(arena.Device, dtype, arena.Weights, arena.Gradients, arena.First, arena.Second, count, arena.State.All, options);
            for (int i = 0; i < count; i++)
            {
                double g = gradients[i] + (options.Decoupled ? 0 : options.WeightDecay * w[i]);
                if (options.Decoupled) w[i] -= Rate * options.WeightDecay * w[i];
                m[i] = (options.Beta1 * m[i]) + ((1 - options.Beta1) * g);
                v[i] = (options.Beta2 * v[i]) + ((1 - options.Beta2) * g * g);
                double mean = m[i] / (1 - Math.Pow(options.Beta1, t)), square = v[i] / (1 - Math.Pow(options.Beta2, t));
                w[i] -= Rate * mean / (Math.Sqrt(square) + options.Epsilon);
            }
        }

        double epsilon = DeviceArray.Epsilon(dtype);
        Close(arena.Weights.Read(), w, Steps * epsilon, "weights");
        Close(arena.First.Read(), m, 4 * Steps * epsilon, "first moments");
        Close(arena.Second.Read(), v, 4 * Steps * epsilon, "second moments");
        Assert.That(arena.GetState().Step, Is.EqualTo(Steps));
        Assert.That(arena.GetState().Beta2Power, Is.EqualTo(Math.Pow(options.Beta2, Steps)).Within(1e-14));
    }

    [Test]
    public void The_first_step_goes_the_learning_rate_against_the_gradients_sign()
    {
        using var arena = new OptimizerCase(Target, DType.Float64, 5);
        arena.Weights.Write([1, 1, 1, 1, 1]);
        arena.Gradients.Write([0.5, -0.5, 1e-3, 0, 1e6]);
        Step(arena, DType.Float64);
        Assert.That(arena.Weights.Read(), Is.EqualTo(new[] { 1 - Rate, 1 + Rate, 1 - Rate, 1, 1 - Rate }).Within(1e-7));
    }

    [Test]
    public void Gradients_are_scaled_by_the_state()
    {
        using var whole = new OptimizerCase(Target, DType.Float32, 100);
        using var scaled = new OptimizerCase(Target, DType.Float32, 100);
        double[] gradients = whole.NextGradients();
        scaled.Gradients.Write([.. gradients.Select(g => g * 4)]);
        scaled.SetState(OptimizerState.Initial with { GradScale = 0.25 });
        Step(whole, DType.Float32);
        Step(scaled, DType.Float32);
        DeviceArray.AssertSameBits(scaled.Weights.Read(), whole.Weights.Read(), "weights");
    }

    [Test]
    public void Moments_of_dead_weights_become_zero_and_nan_stays()
    {
        using var arena = new OptimizerCase(Target, DType.Float32, 4);
        arena.First.Write([1.2e-38, 1e-30, double.NaN, -1.2e-38]);
        arena.Second.Write([1.17e-38, 1e-30, 1, double.NaN]);
        Step(arena, DType.Float32);
        Assert.That(arena.First.Read()[0], Is.Zero);
        Assert.That(arena.First.Read()[1], Is.EqualTo(0.9e-30).Within(1e-36));
        Assert.That(arena.First.Read()[2], Is.NaN);
        Assert.That(arena.First.Read()[3], Is.Zero);
        Assert.That(arena.Second.Read()[0], Is.Zero);
        Assert.That(arena.Second.Read()[3], Is.NaN);
        Assert.That(arena.Weights.Read()[2..], Is.All.NaN);
    }

    [Test]
    public void Options_out_of_range_are_refused()
    {
        using var arena = new OptimizerCase(Target, DType.Float32, 4);
        foreach (var options in new[]
                 {
                     default, new AdamOptions { Beta1 = 1 }, new AdamOptions { Beta2 = -0.1 }, new AdamOptions { Epsilon = 0 }, new AdamOptions { WeightDecay = double.NaN },
                 })
        {
            Assert.That(
                () => Adam.Run(arena.Device, DType.Float32, arena.Weights, arena.Gradients, arena.First, arena.Second, 4, arena.State.All, options),
                Throws.InstanceOf<EngineException>());
        }

        Assert.That(
            () => Adam.Run(arena.Device, DType.Float32, arena.Weights, arena.Gradients, arena.First, arena.Second, 5, arena.State.All, new()),
            Throws.InstanceOf<EngineException>().With.Message.Contains("5"));
        Assert.That(
            () => Adam.Run(arena.Device, DType.Int32, arena.Weights, arena.Gradients, arena.First, arena.Second, 4, arena.State.All, new()),
            Throws.InstanceOf<EngineException>());
    }

    private static void Step(OptimizerCase arena, DType dtype)
    {
        OptimizerState.Advance(arena.Device, arena.State.All, LearningRateSchedule.Constant(Rate), new AdamOptions());
        Adam.Run(arena.Device, dtype, arena.Weights, arena.Gradients, arena.First, arena.Second, arena.Count, arena.State.All, new());
    }

    /// <summary>|actual - expected| within tolerance * max(1, |expected|).</summary>
    internal static void Close(double[] actual, double[] expected, double tolerance, string what)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.That(actual[i], Is.EqualTo(expected[i]).Within(tolerance * Math.Max(1, Math.Abs(expected[i]))), $"{what} [{i}]");
    }
}

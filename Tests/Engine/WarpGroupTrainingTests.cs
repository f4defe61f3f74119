using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.MatMul;
using GenEngine.Kernels.Optimizer;
using GenEngine.Tests.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>A network trained by the products of warp groups, whose scratch the engine gives: the same bits eager, captured and several steps at once, near those of float32.</summary>
[Parallelizable]
public sealed class WarpGroupTrainingTests
{
    private const int Steps = 5, Batch = 4;

    private static IEnumerable<TestDevice> Devices => TestDevices.Gpus;

    [TearDown]
    public void ChooseByShapeAgain() => MatMulWgmmaGpu.ForcedTile = ConvWgmmaGpu.ForcedTile = ConvWeightWgmmaGpu.ForcedTile = null;

    [Test]
    public void Steps_give_the_same_bits_however_they_run([ValueSource(nameof(Devices))] TestDevice target, [Values(Precision.BFloat16, Precision.Tf32x3)] Precision precision)
    {
        var device = target.OpenWithWarpGroups();
        double[] exact = Train(device, captured: false, unroll: 1);
        device.Precision = precision;
        try
        {
            MatMulWgmmaGpu.ForcedTile = ConvWgmmaGpu.ForcedTile = ConvWeightWgmmaGpu.ForcedTile = 1;
            var (eager, kernels) = LaunchNames.Of(device, () => Train(device, captured: false, unroll: 1));
            foreach (string kernel in (string[])["matmul_wgmma", "matmul_pack", "conv_wgmma", "conv_round", "conv_pack", .. precision == Precision.BFloat16 ? ["conv_weight_wgmma"] : (string[])[]])
                Assert.That(kernels.Count(name => name.StartsWith(kernel, StringComparison.Ordinal)), Is.GreaterThan(0), kernel);
            if (precision == Precision.BFloat16)
                Assert.That(kernels.Count(name => name.StartsWith("conv_round", StringComparison.Ordinal)), Is.EqualTo(Steps * 2), "images and gradients that come as float32, each once a step");
            Assert.That(Train(device, captured: true, unroll: 2), Is.EqualTo(eager), "captured, two steps at once and one by itself");

            // Adam moves a weight by its rate a step whatever the gradient's size, so a sign that rounding turned moves it apart
            double apart = exact.Zip(eager, (x, y) => Math.Abs(x - y)).Average();
            Assert.That(apart, Is.GreaterThan(0).And.LessThan(precision == Precision.BFloat16 ? 3e-4 : 2e-5), "not the same kernels, and near");
        }
        finally
        {
            device.Precision = Precision.Float32;
        }
    }

    /// <summary>What forward kept in BF16 is left alone by a way back in another precision.</summary>
    [Test]
    public void The_precision_may_change_on_the_way_back([ValueSource(nameof(Devices))] TestDevice target)
    {
        var device = target.OpenWithWarpGroups();
        using var context = new Context(device, seed: 3);
        using var group = new ParameterGroup(context, "layer");
        var layer = new Conv2d(group, "a", 64, 64, ConvSpec.Square(1));
        group.Build();
        using var step = context.BeginStep();
        ConvWgmmaGpu.ForcedTile = ConvWeightWgmmaGpu.ForcedTile = 1;
        device.Precision = Precision.BFloat16;
        try
        {
            var (loss, kernels) = LaunchNames.Of(device, () => layer.Forward(context.RandomNormal(new Shape(2, 4, 4, 64))).Square().Mean());
            Assert.That(kernels.Count(name => name.StartsWith("conv_round", StringComparison.Ordinal)), Is.EqualTo(1));
            device.Precision = Precision.Float32;
            Assert.That(() => context.Tape.Backward(loss, [group]), Throws.Nothing);
        }
        finally
        {
            device.Precision = Precision.Float32;
        }
    }

    private static double[] Train(GpuDevice device, bool captured, int unroll)
    {
        using var context = new Context(device, seed: 3);
        using var group = new ParameterGroup(context, "network");
        var layers = new Sequential(
            new Linear(group, "in", 20, 4 * 4 * 64, Activation.LeakyRelu, slope: 0.2), new ReshapeLayer(4, 4, 64),
            new Conv2d(group, "a", 64, 64, ConvSpec.Square(3, padding: 1)), new BatchNorm(group, "norm", 64, Activation.Relu),
            new ConvTranspose2d(group, "b", 64, 64, ConvSpec.Square(4, 2, 1), activation: Activation.Tanh), new FlattenLayer(), new Linear(group, "out", 8 * 8 * 64, 4));
        group.Build();
        var optimizer = new Adam(group, 1e-3);
        using var program = new StepProgram(context, () =>
        {
            context.Tape.Backward(layers.Forward(context.RandomNormal(new Shape(Batch, 20))).Square().Mean(), [group]);
            optimizer.Step();
        }, captured, unroll);
        for (int i = 0; i < 2; i++) program.Run();
        program.Run(Steps - 2);
        return [.. group.Parameters.SelectMany(parameter => parameter.ToDoubles())];
    }
}

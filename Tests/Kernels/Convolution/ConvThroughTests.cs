using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>An input gradient that goes on through the activation that made the input: the bits of the activation's own kernel behind the convolution's.</summary>
[Parallelizable]
public sealed class ConvThroughTests
{
    private static readonly DType[] s_types = [DType.Float32, DType.Float64];
    private static readonly Activation[] s_activations = [Activation.Relu, Activation.LeakyRelu];

    /// <summary>Whole vectors and not, few outputs, phases, masks.</summary>
    private static readonly ConvPlan[] s_plans =
    [
        ConvPlan.Create(ConvSpec.Square(3, padding: 1), new ConvImage(9, 11, 64), 68).Adjoint(),
        ConvPlan.Create(ConvSpec.Square(4, 2, 1), new ConvImage(8, 12, 8), 33).Adjoint(),
        ConvPlan.Create(ConvSpec.Square(4, 2, 1), new ConvImage(6, 6, 3), 17).Adjoint(),
        ConvPlan.Create(ConvSpec.Masked(ConvMask.B, 3), new ConvImage(7, 7, 5), 9).Adjoint(),
        ConvPlan.CreateTransposed(ConvSpec.Square(4, 2, 1), new ConvImage(7, 7, 6), 16).Adjoint(),
        ConvPlan.Create(ConvSpec.Square(1), new ConvImage(5, 5, 1), 4).Adjoint(),
    ];

    [TearDown]
    public void ChooseByShapeAgain() => ConvGpu.ForcedTile = ConvMmaGpu.ForcedTile = ConvWgmmaGpu.ForcedTile = null;

    [Test]
    public void It_gives_the_bits_of_two_passes([EachDevice] TestDevice target, [ValueSource(nameof(s_types))] DType dtype, [ValueSource(nameof(s_activations))] Activation activation)
    {
        var device = target.Open();
        foreach (var plan in s_plans) Compare(device, dtype, plan, 2, activation);
        Prop.ForAll(ConvGeometry.Any.ToArbitrary(), geometry => Compare(device, dtype, geometry.Plan.Adjoint(), geometry.N, activation))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(device is CpuDevice ? 60 : 5).WithQuietOnSuccess(true).WithReplay(2026, 1));
    }

    [Test]
    public void With_every_tile([ValueSource(typeof(ConvGpuTests), nameof(ConvGpuTests.Devices))] TestDevice target, [ValueSource(nameof(s_types))] DType dtype)
    {
        var device = target.Open();
        for (int tile = 0; tile < ConvGpu.TileCount(dtype); tile++)
        {
            ConvGpu.ForcedTile = tile;
            Compare(device, dtype, s_plans[1], 1, Activation.LeakyRelu);
            Compare(device, dtype, s_plans[2], 1, Activation.Relu);
        }
    }

    [Test]
    public void With_every_tile_of_the_tensor_cores([ValueSource(typeof(ConvGpuTests), nameof(ConvGpuTests.Devices))] TestDevice target, [ValueSource(typeof(Precisions), nameof(Precisions.OfTensorCores))] Precision precision) =>
        InPrecision.Run((GpuDevice)target.Open(), precision, () =>
        {
            var device = target.Open();
            for (int tile = 0; tile < MmaTile.All.Count; tile++)
            {
                ConvMmaGpu.ForcedTile = tile;
                Compare(device, DType.Float32, s_plans[1], 1, Activation.LeakyRelu);
                Compare(device, DType.Float32, s_plans[4], 1, Activation.Relu);
            }
        });

    [Test]
    public void With_every_tile_of_warp_groups([ValueSource(typeof(ConvGpuTests), nameof(ConvGpuTests.Devices))] TestDevice target, [ValueSource(typeof(Precisions), nameof(Precisions.OfTensorCores))] Precision precision) =>
        InPrecision.Run(target.OpenWithWarpGroups(), precision, () =>
        {
            var device = target.Open();
            foreach (int tile in WgmmaTile.Serving(precision))
            {
                ConvWgmmaGpu.ForcedTile = tile;
                var plan = ConvPlan.Create(ConvSpec.Square(4, 2, 1), new ConvImage(12, 8, 68), 64).Adjoint();
                Compare(device, DType.Float32, plan, 2, Activation.LeakyRelu);
                Compare(device, DType.Float32, plan, 1, Activation.Relu);
            }
        });

    [Test]
    public void What_it_may_not_meet_is_refused()
    {
        var device = TestDevices.Cpu(CpuIsa.Portable, 1);
        using var program = new ConvProgram(device, ConvPlan.Create(ConvSpec.Square(1), new ConvImage(2, 2, 3), 3));
        using var x = new DeviceArray(device, DType.Float32, 12);
        using var w = new DeviceArray(device, DType.Float32, 9);
        using var y = new DeviceArray(device, DType.Float32, 12);
        using var small = new DeviceArray(device, DType.Float32, 8);
        var relu = new ActivationGradient(Activation.Relu, 0, x);
        Assert.That(() => Conv.Run(device, DType.Float32, program, 1, x, w, y, new ConvEpilogue { Through = relu with { Activation = Activation.Tanh } }), Throws.TypeOf<EngineException>().With.Message.Contain("Tanh"));
        Assert.That(() => Conv.Run(device, DType.Float32, program, 1, x, w, y, new ConvEpilogue { Accumulate = true, Through = relu }), Throws.TypeOf<EngineException>().With.Message.Contain("accumulating"));
        Assert.That(() => Conv.Run(device, DType.Float32, program, 1, x, w, y, new ConvEpilogue { Bias = x, Through = relu }), Throws.TypeOf<EngineException>().With.Message.Contain("bias"));
        Assert.That(() => Conv.Run(device, DType.Float32, program, 1, x, w, y, new ConvEpilogue { Activation = Activation.Relu, Through = relu }), Throws.TypeOf<EngineException>());
        Assert.That(() => Conv.Run(device, DType.Float32, program, 1, x, w, y, new ConvEpilogue { Through = relu with { Output = small } }), Throws.TypeOf<EngineException>().With.Message.Contain("output"));
    }

    private static void Compare(Device device, DType dtype, ConvPlan plan, int batch, Activation activation)
    {
        int count = (int)(batch * plan.Output.Count);
        using var program = new ConvProgram(device, plan);
        using var x = new DeviceArray(device, dtype, ConvRun.Values(batch * plan.Input.Count, 1));
        using var w = new DeviceArray(device, dtype, ConvRun.Values(plan.FilterCount, 2));
        using var output = Rectifiers.Outputs(device, dtype, count);
        using var residual = new DeviceArray(device, dtype, ConvRun.Values(count, 4));
        using var apart = new DeviceArray(device, dtype, count);
        using var expected = new DeviceArray(device, dtype, count);
        using var y = new DeviceArray(device, dtype, count);
        long bytes = Conv.ScratchBytes(device, dtype, program, batch);
        using var scratch = bytes == 0 ? null : device.Allocate(bytes, "scratch");
        Conv.Run(device, dtype, program, batch, x, w, apart, scratch: scratch?.All);
        foreach (bool adds in (bool[])[false, true])
        {
            if (adds) expected.Write(residual.Read());
            Rectifiers.Pass(device, dtype, activation, output, apart, expected, accumulate: adds);
            var epilogue = new ConvEpilogue { Through = new ActivationGradient(activation, Rectifiers.Slope, output), Residual = adds ? residual.Range : null };
            Conv.Run(device, dtype, program, batch, x, w, y, epilogue, scratch?.All);
            DeviceArray.AssertSameBits(y.Read(), expected.Read(), $"{plan}, {batch} images, {activation}{(adds ? ", onto a residual" : "")}");
        }
    }
}

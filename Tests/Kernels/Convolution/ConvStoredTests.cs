using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.Reduction;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>Convolutions that give BF16: what the same kernel gives in float32 of the same numbers, rounded once; and who does not give it says so.</summary>
[Parallelizable]
public sealed class ConvStoredTests
{
    private const int Batch = 2;

    /// <summary>Tiles across images and a last one of few rows; phases; channels that end inside a tile, and inside the eights of a wide one.</summary>
    private static readonly ConvPlan[] s_plans =
    [
        ConvPlan.Create(ConvSpec.Square(3, padding: 1), new ConvImage(9, 11, 64), 64),
        ConvPlan.Create(ConvSpec.Square(4, 2, 1), new ConvImage(12, 8, 64), 128).Adjoint(),
        ConvPlan.Create(ConvSpec.Masked(ConvMask.B, 3), new ConvImage(6, 5, 128), 72),
        ConvPlan.Create(ConvSpec.Causal(2, 4), new ConvImage(1, 70, 64), 136),
    ];

    private static IEnumerable<TestDevice> Devices => ConvGpuTests.Devices;

    private static IEnumerable<int> Tiles => WgmmaTile.Serving(Precision.BFloat16);

    [TearDown]
    public void ChooseByShapeAgain() => ConvWgmmaGpu.ForcedTile = null;

    [Test]
    public void Results_are_those_of_float32_rounded_once([ValueSource(nameof(Devices))] TestDevice target, [ValueSource(nameof(Tiles))] int tile)
    {
        ConvWgmmaGpu.ForcedTile = tile;
        InPrecision.Run(target.OpenWithWarpGroups(), Precision.BFloat16, () =>
        {
            foreach (var plan in s_plans)
            {
                Compare((GpuDevice)target.Open(), plan, bias: true, Activation.LeakyRelu);
                Compare((GpuDevice)target.Open(), plan, bias: true, residual: true);
                Compare((GpuDevice)target.Open(), plan, accumulate: true);
                Compare((GpuDevice)target.Open(), plan, through: Activation.Relu);
                Compare((GpuDevice)target.Open(), plan, residual: true, through: Activation.LeakyRelu);
            }
        });
    }

    /// <summary>A batch norm normalises what is stored, so its statistics are of that.</summary>
    [Test]
    public void Partial_statistics_are_of_what_is_stored([ValueSource(nameof(Devices))] TestDevice target, [ValueSource(nameof(Tiles))] int tile)
    {
        ConvWgmmaGpu.ForcedTile = tile;
        InPrecision.Run(target.OpenWithWarpGroups(), Precision.BFloat16, () =>
        {
            var (device, plan) = ((GpuDevice)target.Open(), s_plans[0]);
            int count = (int)(Batch * plan.Output.Count), channels = plan.Output.Channels, rows = count / channels;
            using var program = new ConvProgram(device, plan);
            using var x = Rounded(device, (int)(Batch * plan.Input.Count), 1);
            using var w = new DeviceArray(device, DType.Float32, ConvRun.Values(plan.FilterCount, 2));
            using var y = new DeviceArray(device, DType.BFloat16, count);
            using var partials = new DeviceArray(device, DType.Float32, (int)GenEngine.Kernels.Normalization.BatchNorm.PartialElements(rows, channels));
            using var scratch = device.Allocate(Conv.ScratchBytes(device, DType.Float32, program, Batch, rounded: true), "scratch");
            Assert.That(Conv.Run(device, DType.Float32, program, Batch, x, w, y, new ConvEpilogue { Partials = partials }, scratch.All, rounded: true, stored: DType.BFloat16), Is.True);

            var cpu = TestDevices.Cpu(CpuIsa.Portable, 1);
            using var stored = new DeviceArray(cpu, DType.Float32, y.Read());
            using var expected = new DeviceArray(cpu, DType.Float32, partials.Count);
            GenEngine.Kernels.Normalization.BatchNorm.Statistics(cpu, DType.Float32, stored, expected, rows, channels);
            DeviceArray.AssertSameBits(partials.Read(), expected.Read(), "statistics");
        });
    }

    /// <summary>The sums that a bias before wants, and the rectified result that the next layer wants: to the bit what passes of their own make of what is stored.</summary>
    [Test]
    public void Sums_and_a_rectified_result_beside_it_are_those_of_passes_of_their_own([ValueSource(nameof(Devices))] TestDevice target, [ValueSource(nameof(Tiles))] int tile)
    {
        ConvWgmmaGpu.ForcedTile = tile;
        InPrecision.Run(target.OpenWithWarpGroups(), Precision.BFloat16, () =>
        {
            var device = (GpuDevice)target.Open();
            foreach (var plan in (ConvPlan[])[s_plans[0], s_plans[3]])
            {
                int count = (int)(Batch * plan.Output.Count), channels = plan.Output.Channels, rows = count / channels;
                using var program = new ConvProgram(device, plan);
                using var x = Rounded(device, (int)(Batch * plan.Input.Count), 1);
                using var w = new DeviceArray(device, DType.Float32, ConvRun.Values(plan.FilterCount, 2));
                using var y = new DeviceArray(device, DType.BFloat16, count);
                using var rectified = new DeviceArray(device, DType.BFloat16, count);
                using var apart = new DeviceArray(device, DType.BFloat16, count);
                using var sums = new DeviceArray(device, DType.Float32, (int)Reduce.Chunks(rows) * channels);
                using var total = new DeviceArray(device, DType.Float32, Values(channels, 3));
                using var expected = new DeviceArray(device, DType.Float32, Values(channels, 3));
                using var workspace = device.Allocate(Reduce.WorkspaceBytes(DType.BFloat16, ReduceAxis.Rows, rows, channels), "workspace");
                using var scratch = device.Allocate(Conv.ScratchBytes(device, DType.Float32, program, Batch, rounded: true), "scratch");
                Assert.That(Conv.Run(device, DType.Float32, program, Batch, x, w, y, new ConvEpilogue { Rectified = rectified, Sums = sums }, scratch.All, rounded: true, stored: DType.BFloat16), Is.True);
                Reduce.Join(device, DType.Float32, sums, total, Reduce.Chunks(rows), channels, accumulate: true);
                Reduce.Run(device, DType.BFloat16, ReduceOp.Sum, ReduceAxis.Rows, y, expected, workspace.All, rows, channels, accumulate: true);
                DeviceArray.AssertSameBits(total.Read(), expected.Read(), "sums");
                Unary.Run(device, DType.BFloat16, UnaryOp.Relu, y, apart, count);
                DeviceArray.AssertSameBits(rectified.Read(), apart.Read(), "rectified");
            }
        });
    }

    /// <summary>Phases leave gaps between a tile's pixels.</summary>
    [Test]
    public void A_plan_with_phases_leaves_no_sums([ValueSource(nameof(Devices))] TestDevice target)
    {
        ConvWgmmaGpu.ForcedTile = 1;
        InPrecision.Run(target.OpenWithWarpGroups(), Precision.BFloat16, () =>
        {
            var (device, plan) = ((GpuDevice)target.Open(), s_plans[1]);
            int rows = (int)(Batch * plan.Output.Count) / plan.Output.Channels;
            using var program = new ConvProgram(device, plan);
            using var x = Rounded(device, (int)(Batch * plan.Input.Count), 1);
            using var w = new DeviceArray(device, DType.Float32, ConvRun.Values(plan.FilterCount, 2));
            using var y = new DeviceArray(device, DType.BFloat16, (int)(Batch * plan.Output.Count));
            using var sums = new DeviceArray(device, DType.Float32, (int)Reduce.Chunks(rows) * plan.Output.Channels);
            using var scratch = device.Allocate(Conv.ScratchBytes(device, DType.Float32, program, Batch, rounded: true), "scratch");
            Assert.That(Conv.Run(device, DType.Float32, program, Batch, x, w, y, new ConvEpilogue { Sums = sums }, scratch.All, rounded: true, stored: DType.BFloat16), Is.False);
        });
    }

    [Test]
    public void Who_does_not_give_it_refuses([EachDevice] TestDevice target)
    {
        var device = target.Open();
        using var program = new ConvProgram(device, s_plans[0]);
        using var x = new DeviceArray(device, DType.Float32, (int)(Batch * s_plans[0].Input.Count));
        using var w = new DeviceArray(device, DType.Float32, (int)s_plans[0].FilterCount);
        using var y = new DeviceArray(device, DType.Float32, (int)(Batch * s_plans[0].Output.Count));
        Assert.That(Conv.ServesBFloat16(device, DType.Float32, program, Batch) || ConvWeight.ServesBFloat16(device, DType.Float32, program, Batch), Is.False, "float32");
        Assert.That(() => Conv.Run(device, DType.Float32, program, Batch, x, w, y, stored: DType.BFloat16), Throws.TypeOf<EngineException>().With.Message.Contains("ServesBFloat16"));
        Assert.That(() => Conv.Run(device, DType.Float32, program, Batch, x, w, y, new ConvEpilogue { Activation = Activation.Tanh }, stored: DType.BFloat16), Throws.TypeOf<EngineException>().With.Message.Contains("Tanh"));
        Assert.That(() => Conv.Run(device, DType.Float32, program, Batch, x, w, y, new ConvEpilogue { Rectified = x }), Throws.TypeOf<EngineException>().With.Message.Contains("rectified"));
    }

    [Test]
    public void Without_its_scratch_or_off_its_alignment_it_is_refused([ValueSource(nameof(Devices))] TestDevice target)
    {
        ConvWgmmaGpu.ForcedTile = 1;
        InPrecision.Run(target.OpenWithWarpGroups(), Precision.BFloat16, () =>
        {
            var (device, plan) = ((GpuDevice)target.Open(), s_plans[0]);
            using var program = new ConvProgram(device, plan);
            using var x = Rounded(device, (int)(Batch * plan.Input.Count), 1);
            using var w = new DeviceArray(device, DType.Float32, ConvRun.Values(plan.FilterCount, 2));
            using var y = new DeviceArray(device, DType.BFloat16, (int)(Batch * plan.Output.Count), skip: 4);
            using var scratch = device.Allocate(Conv.ScratchBytes(device, DType.Float32, program, Batch, rounded: true), "scratch");
            Assert.That(() => Conv.Run(device, DType.Float32, program, Batch, x, w, y, rounded: true, stored: DType.BFloat16), Throws.TypeOf<EngineException>().With.Message.Contains("ScratchBytes"));
            Assert.That(() => Conv.Run(device, DType.Float32, program, Batch, x, w, y, scratch: scratch.All, rounded: true, stored: DType.BFloat16), Throws.TypeOf<EngineException>().With.Message.Contains("16"));
        });
    }

    private static void Compare(
        GpuDevice device, ConvPlan plan, bool bias = false, Activation activation = Activation.None, bool residual = false, bool accumulate = false, Activation? through = null)
    {
        int count = (int)(Batch * plan.Output.Count);
        using var program = new ConvProgram(device, plan);
        Assert.That(Conv.ServesBFloat16(device, DType.Float32, program, Batch), Is.True);
        using var x = Rounded(device, (int)(Batch * plan.Input.Count), 1);
        using var w = new DeviceArray(device, DType.Float32, ConvRun.Values(plan.FilterCount, 2));
        using var b = new DeviceArray(device, DType.Float32, ConvRun.Values(plan.Output.Channels, 3));
        double[] held = Values(count, 4), added = Values(count, 5), made = [.. Values(count, 6).Select((value, i) => i % 7 == 0 ? 0 : i % 7 == 1 ? -0.0 : value)];
        using var scratch = device.Allocate(Conv.ScratchBytes(device, DType.Float32, program, Batch, rounded: true), "scratch");
        double[] exact = Run(DType.Float32), stored = Run(DType.BFloat16);
        DeviceArray.AssertSameBits(stored, [.. exact.Select(ConvMmaTests.ToBf16)], $"{plan} bias {bias}, {activation}, residual {residual}, accumulate {accumulate}, through {through}");

        double[] Run(DType dtype)
        {
            using var y = new DeviceArray(device, dtype, held);
            using var onto = new DeviceArray(device, dtype, added);
            using var outputs = new DeviceArray(device, dtype, made);
            var epilogue = new ConvEpilogue
            {
                Bias = bias ? b.Range : null,
                Activation = activation,
                Slope = Rectifiers.Slope,
                Accumulate = accumulate,
                Residual = residual ? onto.Range : null,
                Through = through is { } before ? new ActivationGradient(before, Rectifiers.Slope, outputs) : null,
            };
            Conv.Run(device, DType.Float32, program, Batch, x, w, y, epilogue, scratch.All, rounded: true, stored: dtype);
            return y.Read();
        }
    }

    private static DeviceArray Rounded(Device device, int count, ulong seed) => new(device, DType.BFloat16, Values(count, seed));

    // of BF16, so that either type holds them
    private static double[] Values(int count, ulong seed) => [.. ConvRun.Values(count, seed).Select(ConvMmaTests.ToBf16)];
}

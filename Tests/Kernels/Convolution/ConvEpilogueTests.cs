using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;
using BatchNormKernel = GenEngine.Kernels.Normalization.BatchNorm;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>What a convolution does with its results while it has them at hand: the bits of doing it afterwards.</summary>
[Parallelizable]
public sealed class ConvEpilogueTests
{
    private static readonly DType[] s_types = [DType.Float32, DType.Float64];

    /// <summary>Many chunks, bands, groups of images and channels, on both sides of whole vectors and whole chunks.</summary>
    private static readonly (int N, ConvImage Image, int K, ConvSpec Spec, bool Transposed)[] s_large =
    [
        (3, new(17, 19, 5), 9, ConvSpec.Square(3, padding: 1), false),
        (1, new(8, 8, 3), 64, ConvSpec.Square(1), false),
        (1, new(13, 5, 4), 65, ConvSpec.Square(3, padding: 1), false),
        (9, new(14, 14, 8), 33, ConvSpec.Square(4, 2, 1), false),
        (70, new(3, 3, 2), 1, ConvSpec.Square(2), false),
        (3, new(40, 41, 1), 1, ConvSpec.Square(3, padding: 1), false),
        (2, new(1, 500, 3), 3, ConvSpec.Causal(2, 8), false),
        (2, new(12, 12, 3), 12, ConvSpec.Masked(ConvMask.B, 3, colours: 3), false),
        (5, new(7, 7, 6), 17, ConvSpec.Square(4, 2, 1), true),
        (2, new(1, 130, 3), 4, ConvSpec.Square(3, 3, 0), true),
        (2, new(9, 10, 3), 2, ConvSpec.Square(3, 3, 1), true),
    ];

    [TearDown]
    public void ChooseByShapeAgain() => ConvGpu.ForcedTile = ConvMmaGpu.ForcedTile = ConvWgmmaGpu.ForcedTile = null;

    [Test]
    public void Statistics_are_those_of_batch_norms_own_kernel([EachDevice] TestDevice target, [ValueSource(nameof(s_types))] DType dtype)
    {
        var device = target.Open();
        Prop.ForAll(ConvGeometry.Any.ToArbitrary(), geometry => { Statistics(device, dtype, geometry.Plan, geometry.N); })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(device is CpuDevice ? 60 : 10).WithQuietOnSuccess(true).WithReplay(2026, 1));
        foreach (var (n, image, k, spec, transposed) in s_large)
            Statistics(device, dtype, transposed ? ConvPlan.CreateTransposed(spec, image, k) : ConvPlan.Create(spec, image, k), n);
    }

    [Test]
    public void Every_tile_makes_them([ValueSource(typeof(ConvGpuTests), nameof(ConvGpuTests.Devices))] TestDevice target)
    {
        var device = target.Open();
        foreach (var dtype in s_types)
        {
            bool one = false;
            for (int tile = 0; tile < ConvGpu.TileCount(dtype); tile++)
            {
                ConvGpu.ForcedTile = tile;
                one |= Statistics(device, dtype, ConvPlan.Create(ConvSpec.Square(3, padding: 1), new ConvImage(11, 13, 4), 68), 1);
                one |= Statistics(device, dtype, ConvPlan.Create(ConvSpec.Masked(ConvMask.B, 1, colours: 3), new ConvImage(10, 7, 3), 9), 2);
            }

            Assert.That(one, Is.True, "tiles of 64 rows leave them");
        }
    }

    [Test]
    public void Every_tile_of_the_tensor_cores_makes_them([ValueSource(typeof(ConvGpuTests), nameof(ConvGpuTests.Devices))] TestDevice target, [ValueSource(typeof(Precisions), nameof(Precisions.OfTensorCores))] Precision precision)
    {
        var device = (GpuDevice)target.Open();
        InPrecision.Run(device, precision, () =>
        {
            for (int tile = 0; tile < MmaTile.All.Count; tile++)
            {
                ConvMmaGpu.ForcedTile = tile;
                var plan = ConvPlan.Create(ConvSpec.Square(3, padding: 1), new ConvImage(11, 13, 4), 68);
                Assert.That(Statistics(device, DType.Float32, plan, 1), Is.True);
                double[] residual = ConvRun.Values(plan.Output.Count, 8), apart = Run(device, DType.Float32, plan, 1, null, out _, out _);
                DeviceArray.AssertSameBits(Run(device, DType.Float32, plan, 1, residual, out _, out _), [.. apart.Zip(residual, (y, r) => (float)y + (float)r)], "residual");
            }
        });
    }

    /// <summary>A warp group's rows are a chunk: several tiles, a last one of few rows, one group of it without any.</summary>
    [Test]
    public void Every_tile_of_warp_groups_makes_them([ValueSource(typeof(ConvGpuTests), nameof(ConvGpuTests.Devices))] TestDevice target, [ValueSource(typeof(Precisions), nameof(Precisions.OfTensorCores))] Precision precision)
    {
        var device = target.OpenWithWarpGroups();
        InPrecision.Run(device, precision, () =>
        {
            foreach (int tile in WgmmaTile.Serving(precision))
            {
                ConvWgmmaGpu.ForcedTile = tile;
                var plan = ConvPlan.Create(ConvSpec.Square(3, padding: 1), new ConvImage(11, 13, 64), 68);
                Assert.That(Statistics(device, DType.Float32, plan, 1), Is.True);
                double[] residual = ConvRun.Values(plan.Output.Count, 8), apart = Run(device, DType.Float32, plan, 1, null, out _, out _);
                DeviceArray.AssertSameBits(Run(device, DType.Float32, plan, 1, residual, out _, out _), [.. apart.Zip(residual, (y, r) => (float)y + (float)r)], "residual");
            }
        });
    }

    [Test]
    public void A_residual_is_added_last([EachDevice] TestDevice target, [ValueSource(nameof(s_types))] DType dtype)
    {
        var device = target.Open();
        Prop.ForAll(ConvGeometry.Any.ToArbitrary(), geometry =>
        {
            var (plan, n) = (geometry.Plan, geometry.N);
            double[] residual = ConvRun.Values(n * plan.Output.Count, 8);
            double[] apart = Run(device, dtype, plan, n, null, out _, out _), together = Run(device, dtype, plan, n, residual, out _, out _);
            DeviceArray.AssertSameBits(together, [.. apart.Zip(residual, (y, r) => dtype == DType.Float32 ? (float)y + (float)r : y + r)], $"{geometry}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(device is CpuDevice ? 60 : 10).WithQuietOnSuccess(true).WithReplay(2026, 1));
    }

    [Test]
    public void A_residual_behind_an_activation_and_short_ranges_are_refused()
    {
        var device = TestDevices.Cpu(CpuIsa.Portable, 1);
        using var program = new ConvProgram(device, ConvPlan.Create(ConvSpec.Square(1), new ConvImage(2, 2, 3), 3));
        using var x = new DeviceArray(device, DType.Float32, 12);
        using var w = new DeviceArray(device, DType.Float32, 9);
        using var y = new DeviceArray(device, DType.Float32, 12);
        using var small = new DeviceArray(device, DType.Float32, 8);
        var activated = Assert.Throws<EngineException>(() => Conv.Run(device, DType.Float32, program, 1, x, w, y, new ConvEpilogue { Activation = Activation.Tanh, Residual = x }));
        Assert.That(activated.Message, Does.Contain("residual").And.Contain("Tanh"));
        Assert.That(() => Conv.Run(device, DType.Float32, program, 1, x, w, y, new ConvEpilogue { Residual = small }), Throws.TypeOf<EngineException>().With.Message.Contain("residual"));
        Assert.That(() => Conv.Run(device, DType.Float32, program, 1, x, w, y, new ConvEpilogue { Partials = small }), Throws.TypeOf<EngineException>().With.Message.Contain("partials"));
    }

    /// <returns>Whether the convolution left them itself.</returns>
    private static bool Statistics(Device device, DType dtype, ConvPlan plan, int batch)
    {
        double[] y = Run(device, dtype, plan, batch, null, out double[] partials, out bool left);
        if (!left)
        {
            Assert.That(device, Is.Not.InstanceOf<CpuDevice>(), "every plan leaves them on the CPU");
            return false;
        }

        int columns = plan.Output.Channels, rows = y.Length / columns;
        using var ys = new DeviceArray(device, dtype, y);
        using var expected = new DeviceArray(device, dtype, partials.Length);
        BatchNormKernel.Statistics(device, dtype, ys, expected, rows, columns);
        DeviceArray.AssertSameBits(partials, expected.Read(), $"{plan}, {batch} images");
        return true;
    }

    private static double[] Run(Device device, DType dtype, ConvPlan plan, int batch, double[]? residual, out double[] partials, out bool left)
    {
        int columns = plan.Output.Channels, rows = (int)(batch * plan.Output.Count / columns);
        using var program = new ConvProgram(device, plan);
        using var x = new DeviceArray(device, dtype, ConvRun.Values(batch * plan.Input.Count, 1));
        using var w = new DeviceArray(device, dtype, ConvRun.Values(plan.FilterCount, 2));
        using var bias = new DeviceArray(device, dtype, ConvRun.Values(columns, 3));
        using var added = residual is null ? null : new DeviceArray(device, dtype, residual);
        using var statistics = new DeviceArray(device, dtype, (int)BatchNormKernel.PartialElements(rows, columns));
        using var y = new DeviceArray(device, dtype, rows * columns);
        long bytes = Conv.ScratchBytes(device, dtype, program, batch);
        using var scratch = bytes == 0 ? null : device.Allocate(bytes, "scratch");
        var epilogue = new ConvEpilogue { Bias = bias, Residual = added?.Range, Partials = residual is null ? statistics.Range : null };
        left = Conv.Run(device, dtype, program, batch, x, w, y, epilogue, scratch?.All);
        partials = statistics.Read();
        return y.Read();
    }
}

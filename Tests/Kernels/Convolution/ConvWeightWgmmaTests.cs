using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>
/// conv_weight_wgmma.cu on the emulator, fast and checked, and where there is one on an sm_90a: filter gradients in BF16, whose operands lie across k. The
/// emulator's sums are chains of rounded operands; a GPU's differ by how it sums inside one instruction.
/// </summary>
[Parallelizable]
public sealed class ConvWeightWgmmaTests
{
    private static readonly ConvGpuCase[] Cases =
    [
        new(ConvSpec.Square(3, padding: 1), 3, 14, 13, 64, 72, Accumulate: true), // an odd number of slices, two chunks, the second not whole; channels that end inside a slice
        new(ConvSpec.Square(4, 2, 1), 2, 12, 8, 64, 128),
        new(ConvSpec.Square(1), 1, 3, 5, 192, 64, Accumulate: true), // less than a stage
        new(ConvSpec.Square(2, 3, dilation: 2), 2, 8, 5, 64, 264), // more than the widest tile
        new(ConvSpec.Masked(ConvMask.A, 3), 1, 9, 8, 128, 64), // a stage and some pixels; weights without a tap
        new(ConvSpec.Masked(ConvMask.B, 3, colours: 3), 1, 6, 5, 192, 192, Accumulate: true), // parts of output channels
        new(ConvSpec.Causal(2, dilation: 4), 2, 1, 70, 64, 128),
    ];

    public static IEnumerable<TestDevice> Devices => ConvGpuTests.Devices;

    public static IEnumerable<object[]> Runs => from device in Devices from test in Cases select new object[] { device, test };

    [TearDown]
    public void ChooseByShapeAgain() => ConvWeightWgmmaGpu.ForcedTile = null;

    [TestCaseSource(nameof(Runs))]
    public void EveryTileGivesTheSameBitsNearTheReference(TestDevice testDevice, object test)
    {
        var device = testDevice.OpenWithWarpGroups();
        var convolution = (ConvGpuCase)test;
        double[]? first = null;
        foreach (int tile in WgmmaTile.Serving(Precision.BFloat16))
        {
            ConvWeightWgmmaGpu.ForcedTile = tile;
            var (result, kernels) = LaunchNames.Of(device, () => ConvMmaTests.With(device, Precision.BFloat16, () => convolution.Weight(device, DType.Float32)));
            Assert.That(kernels, Has.Some.StartsWith("conv_weight_wgmma"));
            first ??= result;
            DeviceArray.AssertSameBits(result, first, $"tile of {WgmmaTile.All[tile].Columns} columns against the first");
        }

        var (given, launched) = LaunchNames.Of(device, () => ConvMmaTests.With(device, Precision.BFloat16, () => (convolution with { Rounded = true }).Weight(device, DType.Float32)));
        DeviceArray.AssertSameBits(given, first!, "from images and gradient that were rounded before");
        Assert.That(launched.Count(name => name.StartsWith("conv_round", StringComparison.Ordinal)), Is.EqualTo(2), "by the test, and not again");

        var rounded = convolution with { Operands = ConvMmaTests.ToBf16 };
        var absolute = rounded with { Operands = value => Math.Abs(rounded.Operands(value)), Addends = Math.Abs };
        double[] expected = convolution.Expected(DType.Float64, rounded.Weight), magnitude = convolution.Expected(DType.Float64, absolute.Weight);
        DeviceArray.AssertNear(first!, expected, i => ((convolution.Pixels + 2) * Math.ScaleB(1, -24) + Math.ScaleB(1, -22)) * (magnitude[i] + 2), "filter gradient");
        if (device.Kind == DeviceKind.Simt && convolution.Pixels < 256) DeviceArray.AssertSameBits(first!, convolution.Expected(DType.Float32, rounded.Weight), "one chunk, against the chain of rounded operands");
    }

    /// <summary>Which kernel computes decides bits, so it must follow from the plan and the GPU alone.</summary>
    [Test]
    public void ServesLargePlansOfWholeSlicesInBFloat16Only([ValueSource(nameof(Devices))] TestDevice testDevice)
    {
        var device = testDevice.OpenWithWarpGroups();
        (long Wanted, long Sums) Bytes(int channels, int outputs, int batch)
        {
            var plan = ConvPlan.Create(ConvSpec.Square(3, padding: 1), new ConvImage(28, 28, channels), outputs);
            using var program = new ConvProgram(device, plan);
            return (ConvWeight.ScratchBytes(device, DType.Float32, program, batch), ConvWeight.Split(plan, batch).Chunks * plan.FilterCount * sizeof(float));
        }

        Equal(Bytes(128, 128, 128), "float32");
        device.Precision = Precision.Tf32;
        try
        {
            Equal(Bytes(128, 128, 128), "TF32, whose instruction takes operands along k only");
            device.Precision = Precision.BFloat16;
            Assert.That(Bytes(128, 128, 128).Wanted, Is.GreaterThan(2L * 128 * 28 * 28 * 128 * 2), "images and gradient, two bytes a number");
            Equal(Bytes(96, 128, 128), "channels that are not whole slices");
            Equal(Bytes(128, 132, 128), "pixels of the gradient that are not whole pieces of 16 bytes");
            Equal(Bytes(64, 64, 1), "too small");
        }
        finally
        {
            device.Precision = Precision.Float32;
        }

        static void Equal((long Wanted, long Sums) bytes, string why) => Assert.That(bytes.Wanted, Is.EqualTo(bytes.Sums), why);
    }

    /// <summary>Chunks cover all pixels, in whole stages, and fill a GPU.</summary>
    [TestCase(3, 1, 32, 64, 128, 128)]
    [TestCase(3, 1, 28, 128, 128, 128)]
    [TestCase(4, 2, 16, 128, 256, 128)]
    [TestCase(4, 2, 8, 256, 512, 128)]
    [TestCase(1, 1, 28, 128, 256, 128)]
    [TestCase(3, 1, 3, 64, 64, 1)]
    public void ChunksCoverAllPixelsAndFillTheGpu(int kernel, int stride, int size, int channels, int outputs, int batch)
    {
        const int Slots = 132;
        var plan = ConvPlan.Create(ConvSpec.Square(kernel, stride, kernel > 1 ? 1 : 0), new ConvImage(size, size, channels), outputs);
        long pixels = (long)batch * plan.Output.Height * plan.Output.Width;
        var split = ConvWeightWgmmaGpu.Split(plan, batch, Slots);
        Assert.That(split.Pixels % 64, Is.Zero);
        Assert.That((long)split.Count * split.Pixels, Is.GreaterThanOrEqualTo(pixels));
        Assert.That((split.Count - 1L) * split.Pixels, Is.LessThan(pixels));
        double filled = 2.0 * pixels * plan.Parts[0].K * outputs / (split.Work * Slots);
        TestContext.Out.WriteLine($"{plan}: {WgmmaTile.All[split.Tile].Columns} columns, {split.Count} chunks of {split.Pixels} pixels, {filled:P0} of the device");
        if (pixels >= 8192) Assert.That(filled, Is.GreaterThan(0.6));
    }

    [Test]
    public void WholeTilesHaveNoBankConflictsAndFullSectors()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        foreach (int tile in WgmmaTile.Serving(Precision.BFloat16))
        {
            var driver = SimtDriver.Open(new SimtOptions(Checked: true));
            using var device = new GpuDevice(driver) { Precision = Precision.BFloat16 };
            ConvWeightWgmmaGpu.ForcedTile = tile;
            _ = new ConvGpuCase(ConvSpec.Square(3, padding: 1), 2, 16, 16, 64, 128).Weight(device, DType.Float32);
            var sites = driver.AccessSites.Where(site => site.Kernel.EndsWith("conv_weight_wgmma.cu", StringComparison.Ordinal)).ToList();
            Assert.That(sites, Is.Not.Empty);
            foreach (var site in sites.Where(site => site.Shared && site.Bytes is 4 or 16)) Assert.That(site.Excess, Is.EqualTo(1.0), $"{tile}: bank conflicts, {site}");
            foreach (var site in sites.Where(site => !site.Shared && site.Bytes is 4 or 16)) Assert.That(site.Excess, Is.EqualTo(1.0), $"{tile}: sectors, {site}");
        }
    }
}

using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>
/// conv_round.cu, conv_pack.cu and conv_wgmma.cu on the emulator, fast and checked, and where there is one on an sm_90a. The emulator's sums are the
/// summation law's, of operands that were rounded; a GPU's differ by how it sums inside one instruction.
/// </summary>
[Parallelizable]
public sealed class ConvWgmmaTests
{
    private static readonly ConvGpuCase[] Cases =
    [
        new(ConvSpec.Square(3, padding: 1), 2, 9, 11, 64, 64, Bias: true, Activation.LeakyRelu), // tiles across images, a last one of few rows
        new(ConvSpec.Square(4, 2, 1), 2, 12, 8, 64, 128, Bias: true), // four phases backwards
        new(ConvSpec.Square(1), 1, 3, 5, 192, 64, Accumulate: true),
        new(ConvSpec.Square(2, 3, dilation: 2), 2, 8, 5, 64, 64, Bias: true), // phases that no tap reaches
        new(ConvSpec.Masked(ConvMask.A, 3), 1, 6, 5, 128, 64, Bias: true, Activation.Tanh),
        new(ConvSpec.Square(3, padding: 1), 1, 4, 5, 64, 132, Bias: true), // channels that end inside a tile; backwards another kernel's
    ];

    public static IEnumerable<TestDevice> Devices => ConvGpuTests.Devices;

    /// <summary>Every case on every device in both precisions; they load memory alike, so in the checked build one is enough.</summary>
    public static IEnumerable<object[]> Runs =>
        from device in Devices
        from precision in device.Name == "simt-checked" ? new[] { Precision.Tf32, Precision.Tf32x3 } : Precisions.OfTensorCores
        from test in Cases
        select new object[] { device, precision, test };

    [TearDown]
    public void ChooseByShapeAgain() => ConvWgmmaGpu.ForcedTile = null;

    [TestCaseSource(nameof(Runs))]
    public void EveryTileGivesTheSameBitsNearTheReference(TestDevice testDevice, Precision precision, object test)
    {
        var device = testDevice.OpenWithWarpGroups();
        var convolution = (ConvGpuCase)test;
        Check(device, precision, convolution, convolution.MostProducts(plan => plan), side => side.Forward, "forward");
        Check(device, precision, convolution, convolution.MostProducts(plan => plan.Adjoint()), side => side.Backward, "input gradient");
    }

    /// <summary>Which kernel computes decides bits, so it must follow from the plan and the GPU alone.</summary>
    [Test]
    public void ServesLargePlansOfWholeBricksOnly([ValueSource(nameof(Devices))] TestDevice testDevice)
    {
        var device = testDevice.OpenWithWarpGroups();
        long Bytes(int channels, int batch)
        {
            using var program = new ConvProgram(device, ConvPlan.Create(ConvSpec.Square(3, padding: 1), new ConvImage(28, 28, channels), 128));
            return Conv.ScratchBytes(device, DType.Float32, program, batch);
        }

        Assert.That(Bytes(128, 128), Is.Zero, "float32");
        device.Precision = Precision.BFloat16;
        try
        {
            Assert.That(Bytes(128, 128), Is.GreaterThan(128L * 28 * 28 * 128 * 2), "images of two bytes a number, and a filter");
            Assert.That(Bytes(96, 128), Is.Zero, "channels that are not whole bricks");
            Assert.That(Bytes(64, 1), Is.Zero, "too small");
        }
        finally
        {
            device.Precision = Precision.Float32;
        }
    }

    [Test]
    public void WholeTilesHaveNoBankConflictsAndFullSectors([Values] bool backward, [Values(Precision.Tf32, Precision.BFloat16, Precision.Tf32x3)] Precision precision)
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        foreach (int tile in WgmmaTile.Serving(precision))
        {
            var driver = SimtDriver.Open(new SimtOptions(Checked: true));
            using var device = new GpuDevice(driver) { Precision = precision };
            ConvWgmmaGpu.ForcedTile = tile;
            var convolution = new ConvGpuCase(ConvSpec.Square(3, padding: 1), 2, 16, 16, 64, 64);
            _ = backward ? convolution.Backward(device, DType.Float32) : convolution.Forward(device, DType.Float32);
            var sites = driver.AccessSites;
            Assert.That(sites.Any(site => site.Kernel.EndsWith("conv_wgmma.cu", StringComparison.Ordinal)));
            foreach (var site in sites.Where(site => site.Shared && site.Bytes is 4 or 16)) Assert.That(site.Excess, Is.EqualTo(1.0), $"{tile}: bank conflicts, {site}");
            // tables of taps and parts are read as 24 and 36 bytes by all lanes alike
            foreach (var site in sites.Where(site => !site.Shared && site.Bytes is 4 or 16)) Assert.That(site.Excess, Is.EqualTo(1.0), $"{tile}: sectors, {site}");
        }
    }

    private static void Check(
        GpuDevice device, Precision precision, ConvGpuCase convolution, int products, Func<ConvGpuCase, Func<Device, DType, double[]>> side, string what)
    {
        double[]? first = null;
        foreach (int tile in WgmmaTile.Serving(precision))
        {
            ConvWgmmaGpu.ForcedTile = tile;
            double[] result = ConvMmaTests.With(device, precision, () => side(convolution)(device, DType.Float32));
            first ??= result;
            DeviceArray.AssertSameBits(result, first, $"{what}, tile of {WgmmaTile.All[tile].Columns} columns against the first");
        }

        DeviceArray.AssertSameBits(ConvMmaTests.With(device, precision, () => side(convolution with { Rounded = true })(device, DType.Float32)), first!, $"{what}, from images that were rounded before");

        // k additions in float32 of the magnitude of their operands, 2^-24 a piece; 2^-22 for how a GPU aligns and truncates inside one instruction
        bool split = precision == Precision.Tf32x3;
        var rounded = split ? convolution : convolution with { Operands = precision == Precision.Tf32 ? ConvMmaTests.ToTf32 : ConvMmaTests.ToBf16 };
        var absolute = rounded with { Operands = value => Math.Abs(rounded.Operands(value)), Addends = Math.Abs, Activation = Activation.None };
        double[] expected = convolution.Expected(DType.Float64, side(rounded)), magnitude = convolution.Expected(DType.Float64, side(absolute));
        DeviceArray.AssertNear(first!, expected, i => ((products + 2) * Math.ScaleB(1, -24) + Math.ScaleB(1, -22)) * (magnitude[i] + 2) + (split ? Math.ScaleB(magnitude[i], -21) : 0), $"{what} in {precision.Name()}");

        bool whole = convolution.Outputs % 64 == 0 || what == "forward";
        if (device.Kind == DeviceKind.Simt && whole && !convolution.Accumulate && !split)
            DeviceArray.AssertSameBits(first!, convolution.Expected(DType.Float32, side(rounded)), $"{what} in {precision.Name()}, against the chain of rounded operands");
    }
}

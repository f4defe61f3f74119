using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>The convolution kernels on the emulator, fast and checked, and where there is one on a GPU: the CPU's bits with every tile.</summary>
[Parallelizable]
public sealed class ConvGpuTests
{
    /// <summary>What op cases, which take the tile that is chosen, leave out: the other tiles, quads or not, and K beyond one step of every tile.</summary>
    private static readonly ConvGpuCase[] Cases =
    [
        new(ConvSpec.Square(3, padding: 1), 2, 5, 7, 3, 5, Bias: true, Activation.LeakyRelu),
        new(ConvSpec.Square(4, 2, 1), 2, 10, 6, 8, 12, Bias: true),
        new(ConvSpec.Square(4, 2, 1), 3, 8, 8, 1, 36, Accumulate: true),
        new(ConvSpec.Square(3, padding: 1), 1, 4, 5, 36, 3, Bias: true, Activation.Tanh), // narrow, K past one step of it
        new(ConvSpec.Square(3, padding: 1), 1, 4, 5, 36, 68, Accumulate: true) { Skip = 1 }, // fours that are not on 16-byte boundaries
        new(ConvSpec.Square(1), 5, 3, 1, 20, 132),
        new(ConvSpec.Square(2, 3, dilation: 2), 2, 8, 5, 4, 4, Bias: true), // phases that no tap reaches: bias alone, and zeros backward
        new(ConvSpec.Masked(ConvMask.A, 3, colours: 3), 1, 5, 4, 12, 24, Accumulate: true), // taps that end inside the channels, at fours
        new(ConvSpec.Masked(ConvMask.B, 3, colours: 3, outputHalves: 2), 1, 4, 4, 3, 6),
        new(ConvSpec.Masked(ConvMask.A, 1), 1, 3, 4, 2, 3, Bias: true), // no taps at all
        new(ConvSpec.Causal(2, 8), 2, 1, 150, 4, 8, Bias: true, Activation.Elu),
    ];

    /// <summary>Every case on every device, in float and double; in the checked build float is enough.</summary>
    public static IEnumerable<object[]> Runs =>
        from device in Devices
        from dtype in device.Name == "simt-checked" ? new[] { DType.Float32 } : [DType.Float32, DType.Float64]
        from test in Cases
        select new object[] { device, dtype, test };

    public static IEnumerable<TestDevice> Devices => KernelDevices.All.Where(device => !device.Name.StartsWith("cpu", StringComparison.Ordinal));

    [TearDown]
    public void ChooseByShapeAgain() => ConvGpu.ForcedTile = ConvWeightGpu.ForcedTile = null;

    [TestCaseSource(nameof(Runs))]
    public void EveryTileGivesTheBitsOfTheCpu(TestDevice testDevice, DType dtype, object test)
    {
        var device = testDevice.Open();
        var convolution = (ConvGpuCase)test;
        double[] forward = convolution.Expected(dtype, convolution.Forward), backward = convolution.Expected(dtype, convolution.Backward);
        double[] weight = convolution.Expected(dtype, convolution.Weight);
        for (int tile = 0; tile < ConvGpu.TileCount(dtype); tile++)
        {
            ConvGpu.ForcedTile = ConvWeightGpu.ForcedTile = tile;
            DeviceArray.AssertSameBits(convolution.Forward(device, dtype), forward, $"forward, tile {tile}");
            DeviceArray.AssertSameBits(convolution.Backward(device, dtype), backward, $"input gradient, tile {tile}");
            DeviceArray.AssertSameBits(convolution.Weight(device, dtype), weight, $"filter gradient, tile {tile}");
        }
    }

    /// <summary>More chunks of pixels than a lane loads at once, the last one short; images cross chunks.</summary>
    [Test]
    public void ManyChunksAreAddedInOrder([ValueSource(nameof(Devices))] TestDevice testDevice)
    {
        var device = testDevice.Open();
        var convolution = new ConvGpuCase(ConvSpec.Square(2), 13, 20, 21, 1, 2);
        var (_, chunks) = ConvWeight.Split(ConvPlan.Create(convolution.Spec, new ConvImage(20, 21, 1), 2), 13);
        Assert.That(chunks, Is.GreaterThan(16));
        DeviceArray.AssertSameBits(convolution.Weight(device, DType.Float32), convolution.Expected(DType.Float32, convolution.Weight), "filter gradient");
    }

    /// <summary>Where K ends inside a step the panels are filled up, and a chain that stands at -0 must stay there.</summary>
    [Test]
    public void NegativeZeroSurvives([ValueSource(nameof(Devices))] TestDevice testDevice, [Values(3, 4)] int channels)
    {
        var device = testDevice.Open();
        using var program = new ConvProgram(device, ConvPlan.Create(ConvSpec.Square(1), new ConvImage(2, 2, channels), 4));
        using var tiny = new DeviceArray(device, DType.Float32, [.. Enumerable.Repeat(1e-30, 4 * channels)]);
        using var filter = new DeviceArray(device, DType.Float32, [.. Enumerable.Repeat(-1e-30, 4 * channels)]);
        using var y = new DeviceArray(device, DType.Float32, 16);
        for (int tile = 0; tile < ConvGpu.TileCount(DType.Float32); tile++)
        {
            ConvGpu.ForcedTile = tile;
            Conv.Run(device, DType.Float32, program, 1, tiny, filter, y);
            Assert.That(y.Read(), Is.All.Matches<double>(value => value == 0 && double.IsNegative(value)), "every product underflows to -0");
        }
    }

    /// <summary>Padding is a product with +0, as on the CPU: it makes NaN of an infinite weight.</summary>
    [Test]
    public void PaddingIsMultiplied([ValueSource(nameof(Devices))] TestDevice testDevice, [Values(1, 4)] int channels)
    {
        var device = testDevice.Open();
        using var program = new ConvProgram(device, ConvPlan.Create(ConvSpec.Square(3, padding: 1), new ConvImage(3, 3, channels), 2));
        using var x = new DeviceArray(device, DType.Float32, [.. Enumerable.Repeat(1.0, 9 * channels)]);
        double[] weights = new double[2 * 9 * channels];
        weights[0] = double.PositiveInfinity;
        using var filter = new DeviceArray(device, DType.Float32, weights);
        using var y = new DeviceArray(device, DType.Float32, 18);
        for (int tile = 0; tile < ConvGpu.TileCount(DType.Float32); tile++)
        {
            ConvGpu.ForcedTile = tile;
            Conv.Run(device, DType.Float32, program, 1, x, filter, y);
            double[] result = y.Read();
            Assert.That(result[0], Is.NaN, "the upper left pixel's first tap is padding");
            Assert.That(result[8], Is.EqualTo(double.PositiveInfinity), "the centre sees the whole image");
            Assert.That(result[1], Is.Zero, "the other channel");
        }
    }
}

using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>
/// Convolutions on tensor cores, on the emulator, fast and checked, and where there is one on a GPU: against the convolution of operands that
/// were rounded the same way only float32 sums differ.
/// </summary>
[Parallelizable]
public sealed class ConvMmaTests
{
    private static readonly ConvGpuCase[] Cases =
    [
        new(ConvSpec.Square(3, padding: 1), 2, 5, 7, 11, 17, Bias: true, Activation.LeakyRelu),
        new(ConvSpec.Square(4, 2, 1), 3, 12, 8, 20, 12, Bias: true),
        new(ConvSpec.Square(4, 2, 1), 2, 18, 18, 1, 68, Accumulate: true),
        new(ConvSpec.Square(3, padding: 1), 2, 9, 9, 36, 132, Accumulate: true),
        new(ConvSpec.Square(3, padding: 1), 1, 4, 5, 12, 16, Bias: true, Activation.Tanh) { Skip = 1 },
        new(ConvSpec.Square(2, 3, dilation: 2), 2, 8, 5, 12, 12, Bias: true), // phases that no tap reaches
        new(ConvSpec.Masked(ConvMask.A, 3, colours: 3), 1, 5, 4, 36, 48), // taps that end inside the channels
    ];

    public static IEnumerable<TestDevice> Devices => ConvGpuTests.Devices;

    /// <summary>Every case on every device in each precision; TF32 and BF16 load memory alike, so in the checked build one of them is enough.</summary>
    public static IEnumerable<object[]> Runs =>
        from device in Devices
        from precision in device.Name == "simt-checked" ? [Precision.Tf32, Precision.Tf32x3] : Precisions.OfTensorCores
        from test in Cases
        select new object[] { device, precision, test };

    [TearDown]
    public void ChooseByShapeAgain() => ConvMmaGpu.ForcedTile = ConvWeightMmaGpu.ForcedTile = null;

    [TestCaseSource(nameof(Runs))]
    public void EveryTileGivesTheSameBitsNearTheReference(TestDevice testDevice, Precision precision, object test)
    {
        var device = (GpuDevice)testDevice.Open();
        var convolution = (ConvGpuCase)test;
        Check(device, precision, convolution, convolution.MostProducts(plan => plan), side => side.Forward, "forward");
        Check(device, precision, convolution, convolution.Pixels, side => side.Weight, "filter gradient");
        if (convolution.Channels > 8) Check(device, precision, convolution, convolution.MostProducts(plan => plan.Adjoint()), side => side.Backward, "input gradient");
    }

    /// <summary>Few output channels, and double, are computed as ever.</summary>
    [Test]
    public void WhatTensorCoresDoNotServeKeepsItsBits([ValueSource(nameof(Devices))] TestDevice testDevice)
    {
        var device = (GpuDevice)testDevice.Open();
        var few = new ConvGpuCase(ConvSpec.Square(3, padding: 1), 1, 5, 6, 12, 3);
        var many = few with { Outputs = 12 };
        DeviceArray.AssertSameBits(With(device, Precision.BFloat16, () => few.Forward(device, DType.Float32)), few.Expected(DType.Float32, few.Forward), "3 channels");
        DeviceArray.AssertSameBits(With(device, Precision.BFloat16, () => few.Weight(device, DType.Float32)), few.Expected(DType.Float32, few.Weight), "filter of 3 channels");
        DeviceArray.AssertSameBits(With(device, Precision.BFloat16, () => many.Forward(device, DType.Float64)), many.Expected(DType.Float64, many.Forward), "double");
    }

    private static void Check(
        GpuDevice device, Precision precision, ConvGpuCase convolution, int products, Func<ConvGpuCase, Func<Device, DType, double[]>> side, string what)
    {
        double[]? first = null;
        foreach (int tile in MmaTile.Serving(precision, quads: true))
        {
            ConvMmaGpu.ForcedTile = ConvWeightMmaGpu.ForcedTile = tile;
            double[] result = With(device, precision, () => side(convolution)(device, DType.Float32));
            first ??= result;
            DeviceArray.AssertSameBits(result, first, $"{what}, tile {MmaTile.All[tile].Name} against the first");
        }

        // k additions in float32 of the magnitude of their operands, 2^-24 a piece; 2^-22 for how a GPU aligns and truncates inside one instruction; 2^-21 for what splitting leaves out
        var rounded = convolution with { Operands = precision switch { Precision.Tf32 => ToTf32, Precision.BFloat16 => ToBf16, _ => value => (float)value } };
        double left = precision == Precision.Tf32x3 ? Math.ScaleB(1, -21) : 0;
        var absolute = rounded with { Operands = value => Math.Abs(rounded.Operands(value)), Addends = Math.Abs, Activation = Activation.None };
        double[] expected = convolution.Expected(DType.Float64, side(rounded)), magnitude = convolution.Expected(DType.Float64, side(absolute));
        DeviceArray.AssertNear(first!, expected, i => ((products + 2) * Math.ScaleB(1, -24) + Math.ScaleB(1, -22) + left) * (magnitude[i] + 2), $"{what} in {precision.Name()}");
    }

    internal static double[] With(GpuDevice device, Precision precision, Func<double[]> run)
    {
        device.Precision = precision;
        try
        {
            return run();
        }
        finally
        {
            device.Precision = Precision.Float32;
        }
    }

    /// <summary>To 10 bits of fraction, ties away from zero.</summary>
    internal static double ToTf32(double x) => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits((float)x) + 0x1000) & 0xFFFFE000);

    /// <summary>To 7 bits of fraction, ties to even.</summary>
    internal static double ToBf16(double x) => BFloat16.Value(BFloat16.Bits((float)x));
}

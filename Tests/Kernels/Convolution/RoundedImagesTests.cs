using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>Rounded images go where they are taken, and nowhere else.</summary>
[Parallelizable]
public sealed class RoundedImagesTests
{
    private static readonly ConvPlan s_plan = ConvPlan.Create(ConvSpec.Square(1), new ConvImage(4, 4, 8), 8);

    [Test]
    public void Who_does_not_take_them_refuses_them([EachDevice] TestDevice target)
    {
        var device = target.Open();
        using var program = new ConvProgram(device, s_plan);
        using DeviceArray x = New(device, s_plan.Input.Count), y = New(device, s_plan.Output.Count), filter = New(device, s_plan.FilterCount), room = New(device, 4 * s_plan.FilterCount);
        Assert.That(Conv.TakesRounded(device, DType.Float32, program, 1) || ConvWeight.TakesRounded(device, DType.Float32, program, 1), Is.False, "float32");
        Assert.That(() => Conv.Run(device, DType.Float32, program, 1, x, filter, y, rounded: true), Throws.TypeOf<EngineException>().With.Message.Contains("TakesRounded"));
        Assert.That(() => ConvWeight.Run(device, DType.Float32, program, 1, x, y, filter, room, roundedDy: true), Throws.TypeOf<EngineException>().With.Message.Contains("TakesRounded"));
        Assert.That(() => RoundedImages.Run(device, x, y, x.Count), Throws.TypeOf<EngineException>().With.Message.Contains("BF16"));
    }

    [Test]
    public void Numbers_are_rounded_to_nearest_and_whole_pieces_are_asked_for([ValueSource(typeof(TestDevices), nameof(TestDevices.Gpus))] TestDevice target)
    {
        var device = (GpuDevice)target.Open();
        device.Precision = Precision.BFloat16;
        try
        {
            double[] values = [1, -2.5, 1 + Math.ScaleB(1, -8), 1 + (3 * Math.ScaleB(1, -8)), 3.14159274, -0.0, 1e-30, double.PositiveInfinity];
            using var x = new DeviceArray(device, DType.Float32, values);
            using var rounded = device.Allocate(values.Length * DType.BFloat16.Size(), "rounded");
            RoundedImages.Run(device, x, rounded.All, values.Length);
            byte[] bytes = new byte[rounded.Bytes];
            device.Download(rounded.All, bytes.AsSpan());
            double[] read = [.. Enumerable.Range(0, values.Length).Select(i => (double)BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, 2 * i) << 16))];
            DeviceArray.AssertSameBits(read, [.. values.Select(ConvMmaTests.ToBf16)], "ties to even");
            Assert.That(() => RoundedImages.Run(device, x, rounded.All, 4), Throws.TypeOf<EngineException>().With.Message.Contains("multiple of 8"));
            Assert.That(() => RoundedImages.Run(device, x, rounded.All, 16), Throws.TypeOf<EngineException>());
        }
        finally
        {
            device.Precision = Precision.Float32;
        }
    }

    private static DeviceArray New(Device device, long count) => new(device, DType.Float32, new double[count]);
}

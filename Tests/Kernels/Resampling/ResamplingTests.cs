using GenEngine.Kernels;
using NUnit.Framework;
using DepthToSpaceKernel = GenEngine.Kernels.Resampling.DepthToSpace;
using UpsampleKernel = GenEngine.Kernels.Resampling.Upsample;

namespace GenEngine.Tests.Kernels.Resampling;

/// <summary>Upsampling and depth to space: adjoints, inverses, the order of channels, refusals.</summary>
[Parallelizable]
public sealed class ResamplingTests
{
    private static readonly (int N, int H, int W, int C, int Factor)[] s_shapes =
        [(1, 1, 1, 1, 1), (2, 3, 5, 1, 2), (1, 2, 70, 1, 2), (1, 4, 33, 3, 3), (2, 3, 4, 16, 2), (1, 5, 3, 65, 2), (1, 2, 3, 5, 7), (1, 1, 1, 1, 33)];

    [Test]
    public void Upsampling_and_its_gradient_are_adjoint([EachDevice] TestDevice which)
    {
        var device = which.Open();
        foreach (var (n, h, w, c, factor) in s_shapes)
        {
            int small = n * h * w * c, large = small * factor * factor;
            double[] x = Arithmetic.Draw(DType.Float64, small, 1), dy = Arithmetic.Draw(DType.Float64, large, 2);
            using var xs = new DeviceArray(device, DType.Float64, x);
            using var ys = new DeviceArray(device, DType.Float64, large);
            using var dys = new DeviceArray(device, DType.Float64, dy);
            using var dxs = new DeviceArray(device, DType.Float64, small);
            UpsampleKernel.Forward(device, DType.Float64, xs, ys, n, h, w, c, factor);
            UpsampleKernel.Backward(device, DType.Float64, dys, dxs, n, h, w, c, factor);
            double left = ys.Read().Zip(dy, (a, b) => a * b).Sum(), right = dxs.Read().Zip(x, (a, b) => a * b).Sum();
            Assert.That(left, Is.EqualTo(right).Within(1e-12 * large), $"<U x, dy> = <x, U* dy> for {n}x{h}x{w}x{c} by {factor}");
        }
    }

    [Test]
    public void A_block_is_summed_row_by_row([EachDevice] TestDevice which, [EachReal] DType dtype, [Values] bool accumulate)
    {
        var device = which.Open();
        foreach (var (n, h, w, c, factor) in s_shapes)
        {
            int small = n * h * w * c, large = small * factor * factor, row = w * factor * c;
            double[] dy = Arithmetic.Draw(dtype, large, 1), before = Arithmetic.Draw(dtype, small, 2), expected = new double[small];
            for (int i = 0; i < large; i++) // row-major within each block, too
            {
                int y = i / row, pixel = i % row / c;
                int at = (((y / factor * w) + (pixel / factor)) * c) + (i % c);
                expected[at] = Arithmetic.Add(dtype, expected[at], dy[i]);
            }

            using var dys = new DeviceArray(device, dtype, dy);
            using var dxs = new DeviceArray(device, dtype, before);
            UpsampleKernel.Backward(device, dtype, dys, dxs, n, h, w, c, factor, accumulate);
            DeviceArray.AssertSameBits(dxs.Read(), Arithmetic.Onto(dtype, before, expected, accumulate), $"{n}x{h}x{w}x{c} by {factor}");
        }
    }

    [Test]
    public void Depth_to_space_and_back_is_the_identity([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        var device = which.Open();
        foreach (var (n, h, w, c, factor) in s_shapes)
        {
            int channels = c * factor * factor, count = n * h * w * channels;
            double[] values = Arithmetic.Draw(dtype, count, 1);
            using var x = new DeviceArray(device, dtype, values);
            using var y = new DeviceArray(device, dtype, count);
            using var z = new DeviceArray(device, dtype, count);
            DepthToSpaceKernel.Run(device, dtype, x, y, n, h, w, channels, factor);
            DepthToSpaceKernel.Inverse(device, dtype, y, z, n, h, w, channels, factor);
            DeviceArray.AssertSameBits(z.Read(), values, $"{n}x{h}x{w}x{channels} by {factor}");
            if (factor > 1 && count > factor * factor) Assert.That(y.Read(), Is.Not.EqualTo(values));
        }
    }

    [Test]
    public void Channels_are_in_the_order_of_pixel_shuffle([EachDevice] TestDevice which)
    {
        var device = which.Open();
        // one pixel of two channels by 2: channel c 4 + i 2 + j
        using var x = new DeviceArray(device, DType.Float32, [0, 1, 2, 3, 10, 11, 12, 13]);
        using var y = new DeviceArray(device, DType.Float32, 8);
        DepthToSpaceKernel.Run(device, DType.Float32, x, y, 1, 1, 1, 8, 2);
        Assert.That(y.Read(), Is.EqualTo([0, 10, 1, 11, 2, 12, 3, 13]), "rows of pixels of two channels");
    }

    [Test]
    public void Numbers_that_do_not_fit_are_refused()
    {
        var device = TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsa.Portable, 1);
        using var all = new DeviceArray(device, DType.Float32, 100);
        Assert.That(
            () => DepthToSpaceKernel.Run(device, DType.Float32, all, all, 1, 1, 1, 6, 2),
            Throws.InstanceOf<EngineException>().With.Message.Contains("depth_to_space").And.Message.Contains("6 channels").And.Message.Contains("2x2"));
        Assert.That(
            () => UpsampleKernel.Forward(device, DType.Float32, all, all, 1, 1, 1, 1, 0),
            Throws.InstanceOf<EngineException>().With.Message.Contains("upsample").And.Message.Contains("factor of 0"));
        Assert.That(() => UpsampleKernel.Forward(device, DType.Float32, all, all, 1, 1, 1, 1, 11), Throws.InstanceOf<EngineException>(), "the range is too short");
        Assert.That(() => UpsampleKernel.Forward(device, DType.Float32, all, all, 1, int.MaxValue / 2, 1, 1, 3), Throws.InstanceOf<EngineException>());
    }
}

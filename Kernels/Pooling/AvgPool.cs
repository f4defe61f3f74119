using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Pooling;

/// <summary>
/// The mean over windows of NHWC images. Padding counts as zeros: every sum is divided by the window's full extent, as PyTorch does by
/// default (count_include_pad=True).
/// </summary>
public static class AvgPool
{
    private const string Name = "avg_pool";

    /// <summary>y = the mean of each window.</summary>
    /// <param name="dtype">float or double.</param>
    /// <param name="x">[images, height, width, channels], read.</param>
    /// <param name="y">[images, outHeight, outWidth, channels] (<see cref="PoolWindow.Output"/>), written.</param>
    /// <exception cref="EngineException">A range is too short, or the window does not fit; see <see cref="PoolWindow.Output"/>.</exception>
    public static void Forward(
        Device device, DType dtype, BufferRange x, BufferRange y, int images, int height, int width, int channels, in PoolWindow window)
    {
        var args = Args(window, images, height, width, channels);
        args.Count = (long)images * args.OutHeight * args.OutWidth * channels;
        x = x.First(Name, "x", dtype, (long)images * height * width * channels);
        y = y.First(Name, "y", dtype, args.Count);
        args.X = x.Address;
        args.Y = y.Address;
        ReadOnlySpan<Access> accesses = [Access.Read(x), Access.Write(y)];
        if (device is CpuDevice cpu) AvgPoolCpu.Launch(cpu, dtype, ref args, backward: false, accesses);
        else AvgPoolGpu.Launch((GpuDevice)device, dtype, ref args, backward: false, accesses);
    }

    /// <summary>dx = the sum of dy over the windows that cover the element, divided by the window's extent.</summary>
    /// <param name="dy">[images, outHeight, outWidth, channels], read.</param>
    /// <param name="dx">[images, height, width, channels], written; updated when accumulating.</param>
    /// <exception cref="EngineException">A range is too short, or the window does not fit.</exception>
    public static void Backward(
        Device device, DType dtype, BufferRange dy, BufferRange dx, int images, int height, int width, int channels, in PoolWindow window, bool accumulate = false)
    {
        var args = Args(window, images, height, width, channels);
        args.Count = (long)images * height * width * channels;
        dy = dy.First(Name, "dy", dtype, (long)images * args.OutHeight * args.OutWidth * channels);
        dx = dx.First(Name, "dx", dtype, args.Count);
        args.X = dy.Address;
        args.Y = dx.Address;
        args.Accumulate = accumulate ? 1 : 0;
        ReadOnlySpan<Access> accesses = [Access.Read(dy), accumulate ? Access.Update(dx) : Access.Write(dx)];
        if (device is CpuDevice cpu) AvgPoolCpu.Launch(cpu, dtype, ref args, backward: true, accesses);
        else AvgPoolGpu.Launch((GpuDevice)device, dtype, ref args, backward: true, accesses);
    }

    private static WindowArgs Args(in PoolWindow window, int images, int height, int width, int channels)
    {
        var args = window.Args(Name, images, height, width, channels);
        args.Divisor = checked((int)window.Taps);
        return args;
    }
}

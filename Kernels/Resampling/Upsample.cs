using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Resampling;

/// <summary>Nearest-neighbour upsampling of NHWC images by a whole factor: every pixel becomes a block of factor x factor equal ones.</summary>
public static class Upsample
{
    private const string Name = "upsample";

    /// <summary>y[n, h factor + i, w factor + j, c] = x[n, h, w, c].</summary>
    /// <param name="dtype">float or double.</param>
    /// <param name="x">[images, height, width, channels], read.</param>
    /// <param name="y">[images, height * factor, width * factor, channels], written.</param>
    /// <exception cref="EngineException">A range is too short, or an extent or the factor is not positive.</exception>
    public static void Forward(Device device, DType dtype, BufferRange x, BufferRange y, int images, int height, int width, int channels, int factor)
    {
        var args = Args(images, height, width, channels, factor);
        args.Count = (long)images * args.Height * args.Width * channels;
        x = x.First(Name, "x", dtype, (long)images * height * width * channels);
        y = y.First(Name, "y", dtype, args.Count);
        args.X = x.Address;
        args.Y = y.Address;
        ReadOnlySpan<Access> accesses = [Access.Read(x), Access.Write(y)];
        if (device is CpuDevice cpu) UpsampleCpu.Launch(cpu, dtype, ref args, backward: false, accesses);
        else UpsampleGpu.Launch((GpuDevice)device, dtype, ref args, backward: false, accesses);
    }

    /// <summary>dx = the sum of dy over each block, row-major from +0.</summary>
    /// <param name="dy">[images, height * factor, width * factor, channels], read.</param>
    /// <param name="dx">[images, height, width, channels], written; updated when accumulating.</param>
    /// <exception cref="EngineException">A range is too short, or an extent or the factor is not positive.</exception>
    public static void Backward(
        Device device, DType dtype, BufferRange dy, BufferRange dx, int images, int height, int width, int channels, int factor, bool accumulate = false)
    {
        var args = Args(images, height, width, channels, factor);
        args.Count = (long)images * height * width * channels;
        args.Accumulate = accumulate ? 1 : 0;
        dy = dy.First(Name, "dy", dtype, (long)images * args.Height * args.Width * channels);
        dx = dx.First(Name, "dx", dtype, args.Count);
        args.X = dy.Address;
        args.Y = dx.Address;
        ReadOnlySpan<Access> accesses = [Access.Read(dy), accumulate ? Access.Update(dx) : Access.Write(dx)];
        if (device is CpuDevice cpu) UpsampleCpu.Launch(cpu, dtype, ref args, backward: true, accesses);
        else UpsampleGpu.Launch((GpuDevice)device, dtype, ref args, backward: true, accesses);
    }

    /// <summary>The large images are what windows of factor x factor are folded from: backward is that fold.</summary>
    private static WindowArgs Args(int images, int height, int width, int channels, int factor)
    {
        if (images <= 0 || height <= 0 || width <= 0 || channels <= 0 || factor <= 0)
            throw new EngineException($"{Name}: images of {images}x{height}x{width}x{channels} by a factor of {factor}: every number must be positive.");
        if ((long)Math.Max(height, width) * factor > int.MaxValue)
            throw new EngineException($"{Name}: {height}x{width} times {factor} is too large; the limit is {int.MaxValue:N0} a side.");
        return new WindowArgs
        {
            Images = images,
            Height = height * factor,
            Width = width * factor,
            Channels = channels,
            OutHeight = height,
            OutWidth = width,
            WindowHeight = factor,
            WindowWidth = factor,
            StrideY = factor,
            StrideX = factor,
            Divisor = 1,
        };
    }
}

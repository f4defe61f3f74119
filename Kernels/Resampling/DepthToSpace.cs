using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Resampling;

/// <summary>
/// Turns the channels of NHWC images into blocks of pixels and back (sub-pixel convolution: Shi et al. 2016). Channel c r^2 + i r + j of a
/// pixel is channel c of row i, column j of its block: the order of PyTorch's pixel_shuffle, so that its weights need only the usual
/// move from NCHW to NHWC. Each direction is the gradient of the other.
/// </summary>
public static class DepthToSpace
{
    /// <summary>y[n, h factor + i, w factor + j, c] = x[n, h, w, c factor^2 + i factor + j].</summary>
    /// <param name="dtype">float or double.</param>
    /// <param name="x">[images, height, width, channels], read; channels is a multiple of factor^2.</param>
    /// <param name="y">[images, height * factor, width * factor, channels / factor^2], written.</param>
    /// <exception cref="EngineException">A range is too short, a number is not positive, or the channels cannot be divided.</exception>
    public static void Run(Device device, DType dtype, BufferRange x, BufferRange y, int images, int height, int width, int channels, int factor) =>
        Launch(device, dtype, x, y, images, height, width, channels, factor, inverse: false);

    /// <summary>The inverse: from [images, height * factor, width * factor, channels / factor^2] to [images, height, width, channels].</summary>
    /// <param name="x">Read.</param>
    /// <param name="y">Written.</param>
    /// <exception cref="EngineException">A range is too short, a number is not positive, or the channels cannot be divided.</exception>
    public static void Inverse(Device device, DType dtype, BufferRange x, BufferRange y, int images, int height, int width, int channels, int factor) =>
        Launch(device, dtype, x, y, images, height, width, channels, factor, inverse: true);

    private static void Launch(
        Device device, DType dtype, BufferRange x, BufferRange y, int images, int height, int width, int channels, int factor, bool inverse)
    {
        string name = inverse ? "space_to_depth" : "depth_to_space";
        if (images <= 0 || height <= 0 || width <= 0 || channels <= 0 || factor <= 0)
            throw new EngineException($"{name}: images of {images}x{height}x{width}x{channels} by a factor of {factor}: every number must be positive.");
        long block = (long)factor * factor;
        if (channels % block != 0) throw new EngineException($"{name}: {channels} channels are no multiple of {factor}x{factor}.");
        if ((long)Math.Max(height, width) * factor > int.MaxValue)
            throw new EngineException($"{name}: {height}x{width} times {factor} is too large; the limit is {int.MaxValue:N0} a side.");
        long count = (long)images * height * width * channels;
        x = x.First(name, "x", dtype, count);
        y = y.First(name, "y", dtype, count);
        var args = new DepthToSpaceArgs { X = x.Address, Y = y.Address, Count = count, Height = height, Width = width, Channels = channels, Factor = factor };
        ReadOnlySpan<Access> accesses = [Access.Read(x), Access.Write(y)];
        if (device is CpuDevice cpu) DepthToSpaceCpu.Launch(cpu, dtype, ref args, inverse, accesses);
        else DepthToSpaceGpu.Launch((GpuDevice)device, dtype, ref args, inverse, accesses);
    }
}

/// <summary>See depth_to_space.cu.</summary>
internal struct DepthToSpaceArgs
{
    public ulong X;
    public ulong Y;
    public long Count;
    public int Height;
    public int Width;
    public int Channels;
    public int Factor;
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Pooling;

/// <summary>
/// The mean or the sum over all positions of each NHWC image, one value a channel, in the order of the column-sum law, and its gradient.
/// </summary>
public static class GlobalPool
{
    private const string Name = "global_pool";

    /// <summary>y[n, c] = mean or sum over p of x[n, p, c].</summary>
    /// <param name="dtype">float or double.</param>
    /// <param name="x">[images, positions, channels], read.</param>
    /// <param name="y">[images, channels], written; updated when accumulating.</param>
    /// <exception cref="EngineException">A range is too short, or an extent is not positive.</exception>
    public static void Forward(
        Device device, DType dtype, BufferRange x, BufferRange y, int images, int positions, int channels, bool mean = true, bool accumulate = false) =>
        Launch(device, dtype, x, y, images, positions, channels, mean, accumulate, backward: false);

    /// <summary>dx[n, p, c] = dy[n, c], divided by positions for a mean.</summary>
    /// <param name="dy">[images, channels], read.</param>
    /// <param name="dx">[images, positions, channels], written; updated when accumulating.</param>
    /// <exception cref="EngineException">A range is too short, or an extent is not positive.</exception>
    public static void Backward(
        Device device, DType dtype, BufferRange dy, BufferRange dx, int images, int positions, int channels, bool mean = true, bool accumulate = false) =>
        Launch(device, dtype, dy, dx, images, positions, channels, mean, accumulate, backward: true);

    private static void Launch(
        Device device, DType dtype, BufferRange x, BufferRange y, int images, int positions, int channels, bool mean, bool accumulate, bool backward)
    {
        if (images <= 0 || positions <= 0 || channels <= 0)
            throw new EngineException($"{Name}: {images} images of {positions} positions and {channels} channels: every extent must be positive.");
        long small = (long)images * channels, large = small * positions;
        x = x.First(Name, backward ? "dy" : "x", dtype, backward ? small : large);
        y = y.First(Name, backward ? "dx" : "y", dtype, backward ? large : small);
        var args = new GlobalPoolArgs
        {
            X = x.Address,
            Y = y.Address,
            Images = images,
            Positions = positions,
            Channels = channels,
            Mean = mean ? 1 : 0,
            Accumulate = accumulate ? 1 : 0,
        };
        ReadOnlySpan<Access> accesses = [Access.Read(x), accumulate ? Access.Update(y) : Access.Write(y)];
        if (device is CpuDevice cpu) GlobalPoolCpu.Launch(cpu, dtype, ref args, backward, accesses);
        else GlobalPoolGpu.Launch((GpuDevice)device, dtype, ref args, backward, accesses);
    }
}

/// <summary>See global_pool.cu.</summary>
internal struct GlobalPoolArgs
{
    public ulong X;
    public ulong Y;
    public long Images;
    public long Positions;
    public long Channels;
    public int Mean;
    public int Accumulate;
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Pooling;

/// <summary>
/// The maximum over windows of NHWC images. Padding never wins. Of equal values the first in row-major order wins; a NaN wins over numbers.
/// </summary>
public static class MaxPool
{
    private const string Name = "max_pool";

    /// <summary>A vector of floats counts elements of a window exactly up to here.</summary>
    private const long MaxTaps = 1 << 24;

    /// <summary>Element type of the places: the smallest that holds an element's number in its window.</summary>
    public static DType PlaceType(in PoolWindow window) => window.Taps <= 256 ? DType.UInt8 : DType.Int32;

    /// <summary>y = the largest x of each window, and its place there.</summary>
    /// <param name="dtype">float or double.</param>
    /// <param name="x">[images, height, width, channels], read.</param>
    /// <param name="y">[images, outHeight, outWidth, channels] (<see cref="PoolWindow.Output"/>), written.</param>
    /// <param name="places">As y, of <see cref="PlaceType"/>, written: row-major in the window; null when no gradient is needed.</param>
    /// <exception cref="EngineException">A range is too short, or the window does not fit; see <see cref="PoolWindow.Output"/>.</exception>
    public static void Forward(
        Device device, DType dtype, BufferRange x, BufferRange y, BufferRange? places, int images, int height, int width, int channels, in PoolWindow window)
    {
        var args = Args(window, images, height, width, channels);
        long outputs = (long)images * args.OutHeight * args.OutWidth * channels;
        x = x.First(Name, "x", dtype, (long)images * height * width * channels);
        y = y.First(Name, "y", dtype, outputs);
        places = places?.First(Name, "places", PlaceType(window), outputs);
        args.X = x.Address;
        args.Y = y.Address;
        args.Places = places?.Address ?? 0;
        args.Gradient = places is null ? 0 : 1;
        args.Count = outputs;
        Span<Access> accesses = [Access.Read(x), Access.Write(y), Access.Write(places ?? default)];
        if (places is null) accesses = accesses[..2];
        if (device is CpuDevice cpu) MaxPoolCpu.Forward(cpu, dtype, PlaceType(window), ref args, accesses);
        else MaxPoolGpu.Forward((GpuDevice)device, dtype, PlaceType(window), ref args, accesses);
    }

    /// <summary>dx = the sum of dy over the windows whose maximum the element was.</summary>
    /// <param name="dy">[images, outHeight, outWidth, channels], read.</param>
    /// <param name="places">As <see cref="Forward"/> left it, read.</param>
    /// <param name="dx">[images, height, width, channels], written; updated when accumulating.</param>
    /// <exception cref="EngineException">A range is too short, or the window does not fit.</exception>
    public static void Backward(
        Device device, DType dtype, BufferRange dy, BufferRange places, BufferRange dx, int images, int height, int width, int channels,
        in PoolWindow window, bool accumulate = false)
    {
        var args = Args(window, images, height, width, channels);
        long outputs = (long)images * args.OutHeight * args.OutWidth * channels, inputs = (long)images * height * width * channels;
        dy = dy.First(Name, "dy", dtype, outputs);
        places = places.First(Name, "places", PlaceType(window), outputs);
        dx = dx.First(Name, "dx", dtype, inputs);
        args.X = dy.Address;
        args.Y = dx.Address;
        args.Places = places.Address;
        args.Gradient = 1;
        args.Count = inputs;
        args.Accumulate = accumulate ? 1 : 0;
        ReadOnlySpan<Access> accesses = [Access.Read(dy), Access.Read(places), accumulate ? Access.Update(dx) : Access.Write(dx)];
        if (device is CpuDevice cpu) MaxPoolCpu.Backward(cpu, dtype, PlaceType(window), ref args, accesses);
        else MaxPoolGpu.Backward((GpuDevice)device, dtype, PlaceType(window), ref args, accesses);
    }

    private static WindowArgs Args(in PoolWindow window, int images, int height, int width, int channels) => window.Taps <= MaxTaps
        ? window.Args(Name, images, height, width, channels)
        : throw new EngineException($"{Name}: a window of {window.Height}x{window.Width} is too large; the limit is {MaxTaps:N0} elements.");
}

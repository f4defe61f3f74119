using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// Images, or gradients of the same layout, in BF16: what convolutions by products of warp groups read. Each pass rounds for itself; whoever has several
/// passes over the same images rounds once and gives the copy to each that takes it (<see cref="Conv.TakesRounded"/>, <see cref="ConvWeight.TakesRounded"/>). No output changes by a bit.
/// Where all that reads images takes them so, nobody needs their float32, and whoever makes them may store BF16 alone.
/// </summary>
public static class RoundedImages
{
    private const string Name = "rounded images";

    /// <param name="device">A GPU in BF16.</param>
    /// <param name="count">Numbers, a multiple of 8.</param>
    /// <param name="x">float32, read.</param>
    /// <param name="rounded"><see cref="DType.BFloat16"/>, written: to nearest, ties to even.</param>
    /// <exception cref="EngineException">The device does not compute in BF16, the count is no multiple of 8, or a range is too short.</exception>
    public static void Run(Device device, BufferRange x, BufferRange rounded, long count)
    {
        if (device is not GpuDevice { Precision: Precision.BFloat16 } gpu) throw new EngineException($"{Name}: this device does not compute in BF16.");
        if (count % 8 != 0) throw new EngineException($"{Name}: {count} numbers; a multiple of 8 is asked for.");
        ConvWgmmaGpu.Round(gpu, x.First(Name, "x", DType.Float32, count), rounded.First(Name, "rounded", DType.BFloat16, count), count);
    }

    /// <summary>As float32 again, exactly.</summary>
    /// <param name="device">A GPU with tensor cores, whatever its precision.</param>
    /// <param name="rounded"><see cref="DType.BFloat16"/>, read.</param>
    /// <param name="x">float32, written.</param>
    /// <param name="count">Numbers, a multiple of 8.</param>
    /// <exception cref="EngineException">The device is no GPU, the count is no multiple of 8, or a range is too short.</exception>
    public static void Widen(Device device, BufferRange rounded, BufferRange x, long count)
    {
        if (device is not GpuDevice gpu) throw new EngineException($"{Name}: only GPUs have them.");
        if (count % 8 != 0) throw new EngineException($"{Name}: {count} numbers; a multiple of 8 is asked for.");
        ConvWgmmaGpu.Widen(gpu, rounded.First(Name, "rounded", DType.BFloat16, count), x.First(Name, "x", DType.Float32, count), count);
    }
}

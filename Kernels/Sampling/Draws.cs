using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

/// <summary>What the launches of one draw an element share.</summary>
internal static class Draws
{
    private const int Threads = 256;

    public static void CheckCount(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > Philox.MaxElements)
            throw new EngineException($"{count:N0} random numbers in one launch; at most {Philox.MaxElements:N0}. Split the tensor.");
    }

    /// <summary>1 when the range starts at a multiple of 16 bytes.</summary>
    public static int Aligned(BufferRange range) => range.Address % 16 == 0 ? 1 : 0;

    /// <summary>A grid of threads that own four elements each.</summary>
    public static LaunchShape Shape(GpuDevice device, long count) =>
        LaunchShape.Linear(device.Driver.GridStrideBlocks((count + 3) / 4, Threads), Threads);
}

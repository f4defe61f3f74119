using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

/// <summary>The launch of a kernel over flat arrays: four neighbouring elements a lane, as one 16-byte access where all arrays allow it.</summary>
internal static class FlatGrid
{
    public const int Threads = 256;

    public static LaunchShape For(GpuDevice device, long count) =>
        LaunchShape.Linear(device.Driver.GridStrideBlocks((count + 3) / 4, Threads), Threads);

    /// <summary>1 when all addresses are multiples of 16 bytes (0 stands for an array that is not there).</summary>
    public static int Aligned(params ReadOnlySpan<ulong> addresses)
    {
        ulong all = 0;
        foreach (ulong address in addresses) all |= address;
        return (all & 15) == 0 ? 1 : 0;
    }
}

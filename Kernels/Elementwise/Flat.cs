using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Elementwise;

/// <summary>Grids of kernels over flat arrays that move four elements at a time where the addresses allow it.</summary>
internal static class Flat
{
    private const int Threads = 256;

    /// <summary>Whole groups of four elements; 0 unless all addresses (or-ed together) are aligned to 16 bytes.</summary>
    public static long Quads(long count, ulong addresses) => (addresses & 15) == 0 ? count / 4 : 0;

    public static LaunchShape Shape(GpuDevice device, long count, long quads) =>
        LaunchShape.Linear(device.Driver.GridStrideBlocks(quads > 0 ? quads : count, Threads), Threads);
}

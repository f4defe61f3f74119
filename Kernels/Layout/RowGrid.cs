using System.Numerics;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

/// <summary>
/// The grid of kernels that walk rows without dividing: a power of two of neighbouring lanes takes a row. Lane L of the grid begins at
/// row L >> LaneBits and element L &amp; (lanes - 1) of it, and goes on in steps of all rows in flight and of the lanes.
/// </summary>
internal static class RowGrid
{
    public const int Threads = 256;

    public static LaunchShape For(IGpuDriver driver, long rows, long columns, out int laneBits)
    {
        const int BlockBits = 8;
        laneBits = 64 - BitOperations.LeadingZeroCount((ulong)Math.Max(columns, 1) - 1);
        long full = driver.GridStrideBlocks(rows * columns, Threads);
        while (laneBits > BlockBits && (rows << laneBits) / Threads > 2 * full) laneBits--;

        // where a row takes several blocks, the grid is a whole number of rows
        long unit = laneBits > BlockBits ? 1L << (laneBits - BlockBits) : 1;
        long blocks = driver.GridStrideBlocks(rows << laneBits, Threads);
        return LaunchShape.Linear((blocks + unit - 1) / unit * unit, Threads);
    }
}

using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

/// <summary>What the launches over the rows of [rows, columns] share.</summary>
internal static class Rows
{
    /// <summary>What an element with an exponential costs in the terms of Partition: about as much as moving so many bytes.</summary>
    public const long ExpCost = 32;

    private const int Threads = 256;

    public static long Count(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        return (long)rows * columns;
    }

    /// <summary>1 when the range starts at a multiple of 16 bytes.</summary>
    public static int Aligned(BufferRange range) => range.Address % 16 == 0 ? 1 : 0;

    /// <summary>A grid of threads that own four neighbours each.</summary>
    public static LaunchShape Fours(GpuDevice device, long count) =>
        LaunchShape.Linear(device.Driver.GridStrideBlocks((count + 3) / 4, Threads), Threads);
}

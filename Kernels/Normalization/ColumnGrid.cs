using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Normalization;

/// <summary>Grids and variants that the family's launchers share.</summary>
internal static class ColumnGrid
{
    private const int Threads = 256;

    /// <summary>A lane an item.</summary>
    public static LaunchShape Items(GpuDevice device, long items) => LaunchShape.Linear(device.Driver.GridStrideBlocks(items, Threads), Threads);

    /// <summary>A block for 32 columns: see walk_chunks in column_pairs.cuh.</summary>
    public static LaunchShape Columns(long columns) => LaunchShape.Linear((columns + 31) / 32, Threads);

    /// <summary>One variant an activation, by its number.</summary>
    public static RealKernels[] Activations(string file, string entry, Type argsType) =>
        [.. Enum.GetValues<Activation>().Select(activation => new RealKernels(file, entry, argsType, $"ACTIVATION={(int)activation}") { TakesBFloat16 = BatchNorm.TakesBFloat16(activation) })];
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Reduction;

internal sealed class ReduceGpu : IGpuKernelFamily
{
    private const int Threads = 256;

    private static readonly RealKernels[] Row = Modes("reduce_row");
    private static readonly RealKernels[] ColumnChunks = Modes("reduce_column_chunks");
    private static readonly RealKernels[] ColumnFinish = Modes("reduce_column_finish");
    private static readonly RealKernels[] Spread = Axes(maximum: 0);
    private static readonly RealKernels[] Scatter = Axes(maximum: 1);

    public static IEnumerable<GpuKernel> Variants =>
        new[] { Row, ColumnChunks, ColumnFinish, Spread, Scatter }.SelectMany(kernels => kernels).SelectMany(kernel => kernel.All);

    public static void Launch(GpuDevice device, DType dtype, ReduceKernel kernel, ReduceMode mode, ref ReduceArgs args, ReadOnlySpan<Access> accesses)
    {
        var (variants, shape) = kernel switch
        {
            ReduceKernel.Row => (Row, WarpRows.Shape(args.Rows)),
            ReduceKernel.ColumnChunks => (ColumnChunks, Grid(device, Math.Max(1, (args.Rows + Reduce.Chunk - 1) / Reduce.Chunk) * args.Columns)),
            _ => (ColumnFinish, LaunchShape.Linear((args.Columns + 31) / 32, Threads)),
        };
        device.Launch(variants[(int)mode][dtype], shape, ref args, accesses);
    }

    public static void Launch(GpuDevice device, DType dtype, bool maximum, ReduceAxis axis, ref ReduceBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch((maximum ? Scatter : Spread)[(int)axis][dtype], Grid(device, args.Quads > 0 ? args.Quads : args.Rows * args.Columns), ref args, accesses);

    private static LaunchShape Grid(GpuDevice device, long items) => LaunchShape.Linear(device.Driver.GridStrideBlocks(items, Threads), Threads);

    private static RealKernels[] Modes(string entry) =>
        [.. Enum.GetValues<ReduceMode>().Select(mode => new RealKernels("Reduction/reduce.cu", entry, typeof(ReduceArgs), $"OP={(int)mode}") { TakesBFloat16 = entry == "reduce_column_chunks" && mode == ReduceMode.Sum })];

    private static RealKernels[] Axes(int maximum) =>
        [.. Enum.GetValues<ReduceAxis>().Select(axis => new RealKernels("Reduction/reduce_backward.cu", "reduce_backward", typeof(ReduceBackwardArgs), $"AXIS={(int)axis}", $"MAXIMUM={maximum}"))];
}

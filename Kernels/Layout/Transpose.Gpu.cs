using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

internal sealed class TransposeGpu : IGpuKernelFamily
{
    private const int Tile = 32, Threads = 256;
    private static readonly GpuKernel[] Kernels = Words.Variants("Layout/transpose.cu", "transpose", typeof(TransposeArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels;

    public static void Launch(GpuDevice device, DType dtype, ref TransposeArgs args, ReadOnlySpan<Access> accesses)
    {
        long tiles = (long)args.Batch * ((args.Rows + Tile - 1) / Tile) * ((args.Columns + Tile - 1) / Tile);
        int blocks = device.Driver.GridStrideBlocks(tiles * Threads, Threads);
        device.Launch(Kernels[Words.Index(dtype)], LaunchShape.Linear(blocks, Threads), ref args, accesses);
    }
}

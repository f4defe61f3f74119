using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Columns;

internal sealed class ColumnsGpu : IGpuKernelFamily
{
    private const int Threads = 128;

    private static readonly GpuKernel Kernel = new("Columns/columns.cu", "columns", typeof(ColumnArgs));

    public static IEnumerable<GpuKernel> Variants => [Kernel];

    public static void Launch(GpuDevice device, ref ColumnArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernel, new LaunchShape(args.Batch, 1, 1, Threads), ref args, accesses);
}

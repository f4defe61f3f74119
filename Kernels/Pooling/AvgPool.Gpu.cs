using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Pooling;

internal sealed class AvgPoolGpu : IGpuKernelFamily
{
    private const int Threads = 256;
    private const string File = "Pooling/avg_pool.cu";

    private static readonly RealKernels ForwardKernels = new(File, "avg_pool", typeof(WindowArgs));
    private static readonly RealKernels BackwardKernels = new(File, "avg_pool_backward", typeof(WindowArgs));

    public static IEnumerable<GpuKernel> Variants => [.. ForwardKernels.All, .. BackwardKernels.All];

    public static void Launch(GpuDevice device, DType dtype, ref WindowArgs args, bool backward, ReadOnlySpan<Access> accesses) =>
        device.Launch(
            (backward ? BackwardKernels : ForwardKernels)[dtype], LaunchShape.Linear(device.Driver.GridStrideBlocks(args.Count, Threads), Threads), ref args, accesses);
}

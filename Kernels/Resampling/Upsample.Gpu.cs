using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Resampling;

internal sealed class UpsampleGpu : IGpuKernelFamily
{
    private const int Threads = 256;
    private const string File = "Resampling/upsample.cu";

    private static readonly RealKernels ForwardKernels = new(File, "upsample", typeof(WindowArgs));
    private static readonly RealKernels BackwardKernels = new(File, "upsample_backward", typeof(WindowArgs));

    public static IEnumerable<GpuKernel> Variants => [.. ForwardKernels.All, .. BackwardKernels.All];

    public static void Launch(GpuDevice device, DType dtype, ref WindowArgs args, bool backward, ReadOnlySpan<Access> accesses) =>
        device.Launch(
            (backward ? BackwardKernels : ForwardKernels)[dtype], LaunchShape.Linear(device.Driver.GridStrideBlocks(args.Count, Threads), Threads), ref args, accesses);
}

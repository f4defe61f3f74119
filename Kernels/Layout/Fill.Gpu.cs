using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

internal sealed class FillGpu : IGpuKernelFamily
{
    private static readonly GpuKernel[] Kernels = Words.Variants("Layout/fill.cu", "fill", typeof(FillArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels;

    public static void Launch(GpuDevice device, DType dtype, ref FillArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernels[Words.Index(dtype)], LaunchShape.Linear(device.Driver.GridStrideBlocks(args.N, 256), 256), ref args, accesses);
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

internal sealed class LevelsGpu : IGpuKernelFamily
{
    private const int Threads = 256;

    private static readonly RealKernels Kernels = new("Layout/levels.cu", "levels", typeof(LevelsArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels.All;

    public static void Launch(GpuDevice device, DType dtype, ref LevelsArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernels[dtype], LaunchShape.Linear(device.Driver.GridStrideBlocks(args.Count, Threads), Threads), ref args, accesses);
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

internal sealed class CategoricalSampleGpu : IGpuKernelFamily
{
    private const int Threads = 64;

    private static readonly RealKernels Kernels = new("Sampling/categorical_sample.cu", "categorical_sample", typeof(CategoricalSampleArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels.All;

    public static void Launch(GpuDevice device, DType dtype, ref CategoricalSampleArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernels[dtype], LaunchShape.Linear((args.Rows + Threads - 1) / Threads, Threads), ref args, accesses);
}

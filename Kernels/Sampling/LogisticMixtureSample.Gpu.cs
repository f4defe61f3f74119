using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

internal sealed class LogisticMixtureSampleGpu : IGpuKernelFamily
{
    private const int Threads = 64;

    private static readonly RealKernels Kernels = new("Sampling/logistic_mixture_sample.cu", "logistic_mixture_sample", typeof(LogisticMixtureSampleArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels.All;

    public static void Launch(GpuDevice device, DType dtype, ref LogisticMixtureSampleArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernels[dtype], LaunchShape.Linear((args.Rows + Threads - 1) / Threads, Threads), ref args, accesses);
}

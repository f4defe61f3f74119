using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

internal sealed class RandomFillGpu : IGpuKernelFamily
{
    private static readonly RealKernels[] Kernels = [.. Enum.GetValues<Distribution>().Select(Kernel)];

    public static IEnumerable<GpuKernel> Variants => Kernels.SelectMany(kernel => kernel.All);

    public static void Launch(
        GpuDevice device, DType dtype, Distribution distribution, ref RandomFillArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernels[(int)distribution][dtype], Draws.Shape(device, args.Count), ref args, accesses);

    private static RealKernels Kernel(Distribution distribution) =>
        new("Sampling/random_fill.cu", "random_fill", typeof(RandomFillArgs), $"DISTRIBUTION={(int)distribution}");
}

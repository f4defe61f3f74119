using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Elementwise;

internal sealed class MultiplyAddGpu : IGpuKernelFamily
{
    private static readonly RealKernels Kernels = new("Elementwise/multiply_add.cu", "multiply_add", typeof(MultiplyAddArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels.All;

    public static void Launch(GpuDevice device, DType dtype, ref MultiplyAddArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernels[dtype], Flat.Shape(device, args.N, args.Quads), ref args, accesses);
}

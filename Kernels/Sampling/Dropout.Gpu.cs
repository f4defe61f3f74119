using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

internal sealed class DropoutGpu : IGpuKernelFamily
{
    private static readonly RealKernels Kernels = new("Sampling/dropout.cu", "dropout", typeof(DropoutArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels.All;

    public static void Launch(GpuDevice device, DType dtype, ref DropoutArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernels[dtype], Draws.Shape(device, args.Count), ref args, accesses);
}

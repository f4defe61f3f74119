using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

internal sealed class AdamGpu : IGpuKernelFamily
{
    private static readonly RealKernels Kernels = new("Optimizer/adam.cu", "adam", typeof(AdamArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels.All;

    public static void Launch(GpuDevice device, DType dtype, ref AdamArgs args, ReadOnlySpan<Access> accesses)
    {
        args.Aligned = FlatGrid.Aligned(args.W, args.G, args.M, args.V);
        device.Launch(Kernels[dtype], FlatGrid.For(device, args.N), ref args, accesses);
    }
}

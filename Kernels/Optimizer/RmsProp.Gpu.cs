using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

internal sealed class RmsPropGpu : IGpuKernelFamily
{
    private static readonly RealKernels Plain = new("Optimizer/rmsprop.cu", "rmsprop", typeof(RmsPropArgs), "MOMENTUM=0");
    private static readonly RealKernels Momentum = new("Optimizer/rmsprop.cu", "rmsprop", typeof(RmsPropArgs), "MOMENTUM=1");

    public static IEnumerable<GpuKernel> Variants => [.. Plain.All, .. Momentum.All];

    public static void Launch(GpuDevice device, DType dtype, ref RmsPropArgs args, ReadOnlySpan<Access> accesses)
    {
        args.Aligned = FlatGrid.Aligned(args.W, args.G, args.S, args.U);
        device.Launch((args.U == 0 ? Plain : Momentum)[dtype], FlatGrid.For(device, args.N), ref args, accesses);
    }
}

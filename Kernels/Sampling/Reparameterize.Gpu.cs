using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Sampling;

internal sealed class ReparameterizeGpu : IGpuKernelFamily
{
    private const string File = "Sampling/reparameterize.cu";
    private static readonly RealKernels ForwardKernels = new(File, "reparameterize_forward", typeof(ReparameterizeForwardArgs));
    private static readonly RealKernels BackwardKernels = new(File, "reparameterize_backward", typeof(ReparameterizeBackwardArgs));

    public static IEnumerable<GpuKernel> Variants => [.. ForwardKernels.All, .. BackwardKernels.All];

    public static void Forward(GpuDevice device, DType dtype, ref ReparameterizeForwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(ForwardKernels[dtype], WarpRows.Shape(args.Rows), ref args, accesses);

    public static void Backward(GpuDevice device, DType dtype, ref ReparameterizeBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(BackwardKernels[dtype], WarpRows.Shape(args.Rows), ref args, accesses);
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

internal sealed class GaussianKlGpu : IGpuKernelFamily
{
    private static readonly RealKernels ForwardKernels = new("Loss/gaussian_kl.cu", "gaussian_kl_forward", typeof(GaussianKlForwardArgs));
    private static readonly RealKernels BackwardKernels = new("Loss/gaussian_kl.cu", "gaussian_kl_backward", typeof(GaussianKlBackwardArgs));

    public static IEnumerable<GpuKernel> Variants => [.. ForwardKernels.All, .. BackwardKernels.All];

    public static void Forward(GpuDevice device, DType dtype, ref GaussianKlForwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(ForwardKernels[dtype], WarpRows.Shape(args.Rows), ref args, accesses);

    public static void Backward(GpuDevice device, DType dtype, ref GaussianKlBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(BackwardKernels[dtype], WarpRows.Shape(args.Rows), ref args, accesses);
}

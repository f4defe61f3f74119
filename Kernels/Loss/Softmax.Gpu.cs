using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

internal sealed class SoftmaxGpu : IGpuKernelFamily
{
    private static readonly RealKernels ForwardKernels = new("Loss/softmax.cu", "softmax_forward", typeof(SoftmaxForwardArgs));
    private static readonly RealKernels BackwardKernels = new("Loss/softmax.cu", "softmax_backward", typeof(SoftmaxBackwardArgs));

    public static IEnumerable<GpuKernel> Variants => [.. ForwardKernels.All, .. BackwardKernels.All];

    public static void Forward(GpuDevice device, DType dtype, ref SoftmaxForwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(ForwardKernels[dtype], WarpRows.Shape(args.Rows), ref args, accesses);

    public static void Backward(GpuDevice device, DType dtype, ref SoftmaxBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(BackwardKernels[dtype], WarpRows.Shape(args.Rows), ref args, accesses);
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Normalization;

internal sealed class WeightNormGpu : IGpuKernelFamily
{
    private const string File = "Normalization/weight_norm.cu";

    private static readonly RealKernels ForwardKernels = new(File, "weight_norm", typeof(WeightNormArgs));
    private static readonly RealKernels BackwardKernels = new(File, "weight_norm_backward", typeof(WeightNormArgs));

    public static IEnumerable<GpuKernel> Variants => [.. ForwardKernels.All, .. BackwardKernels.All];

    public static void Forward(GpuDevice device, DType dtype, ref WeightNormArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(ForwardKernels[dtype], WarpRows.Shape(args.Rows), ref args, accesses);

    public static void Backward(GpuDevice device, DType dtype, ref WeightNormArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(BackwardKernels[dtype], WarpRows.Shape(args.Rows), ref args, accesses);
}

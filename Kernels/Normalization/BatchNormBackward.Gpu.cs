using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Normalization;

internal sealed class BatchNormBackwardGpu : IGpuKernelFamily
{
    private const string File = "Normalization/batch_norm_backward.cu";

    private static readonly RealKernels[] SumsKernels = ColumnGrid.Activations(File, "batch_norm_backward_sums", typeof(BatchNormBackwardArgs));
    private static readonly RealKernels[] ApplyKernels = ColumnGrid.Activations(File, "batch_norm_backward_apply", typeof(BatchNormBackwardArgs));
    private static readonly RealKernels FinishKernels = new(File, "batch_norm_backward_finish", typeof(BatchNormBackwardArgs));

    public static IEnumerable<GpuKernel> Variants => [.. SumsKernels.Concat(ApplyKernels).Append(FinishKernels).SelectMany(kernel => kernel.All)];

    public static void Sums(GpuDevice device, DType dtype, Activation activation, ref BatchNormBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(SumsKernels[(int)activation][dtype], ColumnGrid.Items(device, BatchNorm.Chunks(args.Rows) * args.Columns), ref args, accesses);

    public static void Finish(GpuDevice device, DType dtype, ref BatchNormBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(FinishKernels[dtype], ColumnGrid.Columns(args.Columns), ref args, accesses);

    public static void Apply(GpuDevice device, DType dtype, Activation activation, ref BatchNormBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(ApplyKernels[(int)activation][dtype], ColumnGrid.Items(device, args.Quads > 0 ? args.Quads : args.Rows * args.Columns), ref args, accesses);
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

internal sealed class RowLossGpu : IGpuKernelFamily
{
    private static readonly RealKernels[] ForwardKernels = Kinds("row_loss_forward", typeof(RowLossForwardArgs));
    private static readonly RealKernels[] BackwardKernels = Kinds("row_loss_backward", typeof(RowLossBackwardArgs));

    public static IEnumerable<GpuKernel> Variants => ForwardKernels.Concat(BackwardKernels).SelectMany(kernel => kernel.All);

    public static void Forward(GpuDevice device, DType dtype, RowLossKind kind, ref RowLossForwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(ForwardKernels[(int)kind][dtype], WarpRows.Shape(args.Rows), ref args, accesses);

    public static void Backward(GpuDevice device, DType dtype, RowLossKind kind, ref RowLossBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(BackwardKernels[(int)kind][dtype], Rows.Fours(device, args.Count), ref args, accesses);

    private static RealKernels[] Kinds(string entry, Type argsType) =>
        [.. Enum.GetValues<RowLossKind>().Select(kind => new RealKernels("Loss/row_loss.cu", entry, argsType, $"KIND={(int)kind}"))];
}

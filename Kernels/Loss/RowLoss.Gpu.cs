using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

internal sealed class RowLossGpu : IGpuKernelFamily
{
    /// <summary>From here on a row takes a block; the bits are the same.</summary>
    private const int WideColumns = 512;

    private static readonly RealKernels[] ForwardKernels = Kinds("row_loss_forward", typeof(RowLossForwardArgs));
    private static readonly RealKernels[] WideKernels = Kinds("row_loss_forward_wide", typeof(RowLossForwardArgs));
    private static readonly RealKernels[] BackwardKernels = Kinds("row_loss_backward", typeof(RowLossBackwardArgs));

    public static IEnumerable<GpuKernel> Variants =>
        [.. ForwardKernels.Concat(WideKernels).Concat(BackwardKernels).SelectMany(kernel => kernel.All)];

    public static void Forward(GpuDevice device, DType dtype, RowLossKind kind, ref RowLossForwardArgs args, ReadOnlySpan<Access> accesses)
    {
        bool wide = args.Columns >= WideColumns;
        var shape = wide ? LaunchShape.Linear(args.Rows, 256) : WarpRows.Shape(args.Rows);
        device.Launch((wide ? WideKernels : ForwardKernels)[(int)kind][dtype], shape, ref args, accesses);
    }

    public static void Backward(GpuDevice device, DType dtype, RowLossKind kind, ref RowLossBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(BackwardKernels[(int)kind][dtype], Rows.Fours(device, args.Count), ref args, accesses);

    private static RealKernels[] Kinds(string entry, Type argsType) =>
        [.. Enum.GetValues<RowLossKind>().Select(kind => new RealKernels("Loss/row_loss.cu", entry, argsType, $"KIND={(int)kind}"))];
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Loss;

internal sealed class SoftmaxCrossEntropyGpu : IGpuKernelFamily
{
    private const string File = "Loss/softmax_cross_entropy.cu";

    /// <summary>Logits a lane keeps in registers: ten classes; 256 grey levels; 0 for rows of any length.</summary>
    private static readonly int[] Items = [1, 8, 0];

    private static readonly RealKernels[] ForwardKernels =
        [.. Items.Select(items => new RealKernels(File, "softmax_cross_entropy", typeof(SoftmaxCrossEntropyArgs), $"ITEMS={items}"))];

    // ITEMS does not reach it; it names a build that exists anyway
    private static readonly RealKernels BackwardKernels =
        new(File, "softmax_cross_entropy_backward", typeof(SoftmaxCrossEntropyBackwardArgs), "ITEMS=1");

    public static IEnumerable<GpuKernel> Variants => [.. ForwardKernels.SelectMany(kernel => kernel.All), .. BackwardKernels.All];

    public static void Forward(GpuDevice device, DType dtype, ref SoftmaxCrossEntropyArgs args, ReadOnlySpan<Access> accesses)
    {
        int choice = 0;
        while (Items[choice] != 0 && args.Columns > 32 * Items[choice]) choice++;
        device.Launch(ForwardKernels[choice][dtype], WarpRows.Shape(args.Rows), ref args, accesses);
    }

    public static void Backward(GpuDevice device, DType dtype, ref SoftmaxCrossEntropyBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(BackwardKernels[dtype], Rows.Fours(device, args.Count), ref args, accesses);
}

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

    public static IEnumerable<GpuKernel> Variants => ForwardKernels.SelectMany(kernel => kernel.All);

    public static void Forward(GpuDevice device, DType dtype, ref SoftmaxCrossEntropyArgs args, ReadOnlySpan<Access> accesses)
    {
        int choice = 0;
        while (Items[choice] != 0 && args.Columns > 32 * Items[choice]) choice++;
        device.Launch(ForwardKernels[choice][dtype], WarpRows.Shape(args.Rows), ref args, accesses);
    }
}

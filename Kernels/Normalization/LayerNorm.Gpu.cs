using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Normalization;

internal sealed class LayerNormGpu : IGpuKernelFamily
{
    private static readonly RealKernels[] Kernels =
        [.. ((string[])["layer_norm", "layer_norm_backward", "layer_norm_backward_sums"]).Select(
            name => new RealKernels("Normalization/layer_norm.cu", name, typeof(LayerNormArgs)))];

    public static IEnumerable<GpuKernel> Variants => Kernels.SelectMany(kernel => kernel.All);

    public static void Launch(GpuDevice device, DType dtype, LayerNormKernel kernel, ref LayerNormArgs args, ReadOnlySpan<Access> accesses)
    {
        var shape = kernel == LayerNormKernel.Sums ? ColumnGrid.Items(device, BatchNorm.Chunks(args.Rows) * args.Columns) : WarpRows.Shape(args.Rows);
        device.Launch(Kernels[(int)kernel][dtype], shape, ref args, accesses);
    }
}

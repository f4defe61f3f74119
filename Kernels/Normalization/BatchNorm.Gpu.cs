using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Normalization;

internal sealed class BatchNormGpu : IGpuKernelFamily
{
    private const string File = "Normalization/batch_norm.cu";

    private static readonly RealKernels[] Kernels =
        [.. ((string[])["statistics", "finish", "running", "update"]).Select(name => new RealKernels(File, $"batch_norm_{name}", typeof(BatchNormArgs)) { TakesBFloat16 = name == "statistics" })];

    private static readonly RealKernels[] ApplyKernels = ColumnGrid.Activations(File, "batch_norm_apply", typeof(BatchNormArgs));

    public static IEnumerable<GpuKernel> Variants => [.. Kernels.Concat(ApplyKernels).SelectMany(kernel => kernel.All)];

    public static void Launch(GpuDevice device, DType dtype, BatchNormKernel kernel, ref BatchNormArgs args, ReadOnlySpan<Access> accesses)
    {
        var shape = kernel switch
        {
            BatchNormKernel.Statistics => ColumnGrid.Items(device, BatchNorm.Chunks(args.Rows) * args.Columns),
            BatchNormKernel.Finish => ColumnGrid.Columns(args.Columns),
            _ => ColumnGrid.Items(device, args.Columns),
        };
        device.Launch(Kernels[(int)kernel][dtype], shape, ref args, accesses);
    }

    public static void Apply(GpuDevice device, DType dtype, Activation activation, ref BatchNormArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(ApplyKernels[(int)activation][dtype], ColumnGrid.Items(device, args.Quads > 0 ? args.Quads : args.Rows * args.Columns), ref args, accesses);
}

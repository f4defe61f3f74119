using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

internal sealed class ShearGpu : IGpuKernelFamily
{
    private static readonly GpuKernel[] Kernels = [.. new[] { "u8", "u16", "u32", "u64" }.Select(word => Variant(word, 0))];
    private static readonly GpuKernel AddFloat = Variant("float", 1), AddDouble = Variant("double", 1);

    public static IEnumerable<GpuKernel> Variants => [.. Kernels, AddFloat, AddDouble];

    public static void Launch(GpuDevice device, DType dtype, ref ShearArgs args, bool accumulate, ReadOnlySpan<Access> accesses)
    {
        var kernel = !accumulate ? Kernels[Words.Index(dtype)] : dtype == DType.Float32 ? AddFloat : AddDouble;
        var shape = RowGrid.For(device.Driver, args.Rows, args.OutWidth * args.Channels, out args.LaneBits);
        device.Launch(kernel, shape, ref args, accesses);
    }

    private static GpuKernel Variant(string word, int accumulate) =>
        new("Layout/shear.cu", "shear", typeof(ShearArgs), $"WORD={word}", $"ACCUMULATE={accumulate}");
}

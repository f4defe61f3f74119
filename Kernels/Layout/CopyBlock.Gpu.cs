using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

internal sealed class CopyBlockGpu : IGpuKernelFamily
{
    private static readonly GpuKernel[] Kernels = [.. new[] { "u8", "u16", "u32", "u64" }.Select(word => Variant(word, 0))];
    private static readonly GpuKernel AddFloat = Variant("float", 1), AddDouble = Variant("double", 1), AddBFloat16 = Variant("bf16", 1, MmaTile.MinArch);

    public static IEnumerable<GpuKernel> Variants => [.. Kernels, AddFloat, AddDouble, AddBFloat16];

    public static void Launch(GpuDevice device, DType dtype, ref CopyBlockArgs args, bool accumulate, ReadOnlySpan<Access> accesses)
    {
        int index = Words.Index(dtype);
        if (dtype == DType.BFloat16 && !accumulate) index = Widest(ref args, index);
        var kernel = !accumulate ? Kernels[index] : dtype switch { DType.Float32 => AddFloat, DType.Float64 => AddDouble, _ => AddBFloat16 };
        var shape = RowGrid.For(device.Driver, args.Rows, args.Columns, out args.LaneBits);
        device.Launch(kernel, shape, ref args, accesses);
    }

    // short elements are moved two or four at a time where columns, strides and addresses allow it
    private static int Widest(ref CopyBlockArgs args, int index)
    {
        while (index + 1 < Kernels.Length && ((args.Columns | args.XStride | args.YStride) & 1) == 0 && ((args.X | args.Y) & ((2UL << index) - 1)) == 0)
        {
            args.Columns /= 2;
            args.XStride /= 2;
            args.YStride /= 2;
            index++;
        }

        return index;
    }

    private static GpuKernel Variant(string word, int accumulate, int minArch = 75) =>
        new("Layout/copy_block.cu", "copy_block", typeof(CopyBlockArgs), $"WORD={word}", $"ACCUMULATE={accumulate}") { MinArch = minArch };
}

using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

internal sealed class GatherGpu : IGpuKernelFamily
{
    private static readonly GpuKernel BytesToFloat = Variant("u8", "float"), BytesToDouble = Variant("u8", "double"), BytesToInt = Variant("u8", "float", "i32");
    private static readonly GpuKernel FloatToFloat = Variant("float", "float"), FloatToDouble = Variant("float", "double");

    public static IEnumerable<GpuKernel> Variants => [BytesToFloat, BytesToDouble, BytesToInt, FloatToFloat, FloatToDouble];

    public static void Launch(GpuDevice device, DType dtype, DType itemType, ref GatherArgs args, ReadOnlySpan<Access> accesses)
    {
        var kernel = (itemType, dtype) switch
        {
            (DType.UInt8, DType.Float32) => BytesToFloat,
            (DType.UInt8, DType.Float64) => BytesToDouble,
            (DType.UInt8, _) => BytesToInt,
            (_, DType.Float32) => FloatToFloat,
            _ => FloatToDouble,
        };
        var shape = RowGrid.For(device.Driver, args.Rows, args.Size, out args.LaneBits);
        device.Launch(kernel, shape, ref args, accesses);
    }

    private static GpuKernel Variant(string item, string real, string? batch = null) =>
        new("Layout/gather.cu", "gather", typeof(GatherArgs), $"ITEM={item}", $"REAL={real}", $"BATCH={batch ?? real}");
}

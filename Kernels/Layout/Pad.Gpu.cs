using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

internal sealed class PadGpu : IGpuKernelFamily
{
    private static readonly GpuKernel[] Pads = Words.Variants("Layout/pad.cu", "pad", typeof(PadArgs));
    private static readonly GpuKernel[] Crops = Words.Variants("Layout/pad.cu", "crop", typeof(PadArgs));

    public static IEnumerable<GpuKernel> Variants => [.. Pads, .. Crops];

    public static void Launch(GpuDevice device, DType dtype, ref PadArgs args, bool crop, ReadOnlySpan<Access> accesses)
    {
        var shape = RowGrid.For(device.Driver, args.Rows, crop ? args.Inner : args.Outer, out args.LaneBits);
        device.Launch((crop ? Crops : Pads)[Words.Index(dtype)], shape, ref args, accesses);
    }
}

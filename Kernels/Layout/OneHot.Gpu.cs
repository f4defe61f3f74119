using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

internal sealed class OneHotGpu : IGpuKernelFamily
{
    private static readonly GpuKernel[] Kernels = Words.Variants("Layout/one_hot.cu", "one_hot", typeof(OneHotArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels;

    public static void Launch(GpuDevice device, DType dtype, ref OneHotArgs args, ReadOnlySpan<Access> accesses)
    {
        var shape = RowGrid.For(device.Driver, args.Rows, args.Classes, out args.LaneBits);
        device.Launch(Kernels[Words.Index(dtype)], shape, ref args, accesses);
    }
}

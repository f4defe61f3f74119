using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

internal sealed class SequenceGatherGpu : IGpuKernelFamily
{
    private static readonly GpuKernel Kernel = new("Layout/sequence_gather.cu", "sequence_gather", typeof(SequenceGatherArgs));

    public static IEnumerable<GpuKernel> Variants => [Kernel];

    public static void Launch(GpuDevice device, ref SequenceGatherArgs args, ReadOnlySpan<Access> accesses)
    {
        var shape = RowGrid.For(device.Driver, args.Rows, args.Length, out args.LaneBits);
        device.Launch(Kernel, shape, ref args, accesses);
    }
}

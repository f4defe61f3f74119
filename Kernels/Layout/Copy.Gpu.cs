using System.Numerics;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Layout;

internal sealed class CopyGpu : IGpuKernelFamily
{
    private static readonly GpuKernel[] Kernels = Words.Variants("Layout/copy.cu", "copy", typeof(CopyArgs));

    public static IEnumerable<GpuKernel> Variants => Kernels;

    public static void Launch(GpuDevice device, CopyArgs args, ReadOnlySpan<Access> accesses)
    {
        int word = Math.Min(3, BitOperations.TrailingZeroCount(args.X | args.Y | (ulong)args.N));
        args.N >>= word;
        device.Launch(Kernels[word], LaunchShape.Linear(device.Driver.GridStrideBlocks(args.N, 256), 256), ref args, accesses);
    }
}

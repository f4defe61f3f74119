using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Resampling;

internal sealed class DepthToSpaceGpu : IGpuKernelFamily
{
    private const int Threads = 256;

    private static readonly RealKernels[] Kernels =
        [.. Enumerable.Range(0, 2).Select(inverse => new RealKernels("Resampling/depth_to_space.cu", "depth_to_space", typeof(DepthToSpaceArgs), $"INVERSE={inverse}"))];

    public static IEnumerable<GpuKernel> Variants => Kernels.SelectMany(kernels => kernels.All);

    public static void Launch(GpuDevice device, DType dtype, ref DepthToSpaceArgs args, bool inverse, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernels[inverse ? 1 : 0][dtype], LaunchShape.Linear(device.Driver.GridStrideBlocks(args.Count, Threads), Threads), ref args, accesses);
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Pooling;

internal sealed class GlobalPoolGpu : IGpuKernelFamily
{
    private const int Threads = 256, Lanes = 32;
    private const string File = "Pooling/global_pool.cu";

    private static readonly RealKernels ForwardKernels = new(File, "global_pool", typeof(GlobalPoolArgs));
    private static readonly RealKernels BackwardKernels = new(File, "global_pool_backward", typeof(GlobalPoolArgs));

    public static IEnumerable<GpuKernel> Variants => [.. ForwardKernels.All, .. BackwardKernels.All];

    public static void Launch(GpuDevice device, DType dtype, ref GlobalPoolArgs args, bool backward, ReadOnlySpan<Access> accesses)
    {
        long blocks = backward
            ? device.Driver.GridStrideBlocks(args.Images * args.Positions * args.Channels, Threads)
            : args.Images * ((args.Channels + Lanes - 1) / Lanes);
        device.Launch((backward ? BackwardKernels : ForwardKernels)[dtype], LaunchShape.Linear(blocks, Threads), ref args, accesses);
    }
}

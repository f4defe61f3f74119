using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Pooling;

internal sealed class MaxPoolGpu : IGpuKernelFamily
{
    private const int Threads = 256;
    private const string File = "Pooling/max_pool.cu";

    private static readonly string[] Places = ["u8", "i32"];
    private static readonly RealKernels[] ForwardKernels = Kernels("max_pool");
    private static readonly RealKernels[] BackwardKernels = Kernels("max_pool_backward");

    public static IEnumerable<GpuKernel> Variants => ForwardKernels.Concat(BackwardKernels).SelectMany(kernels => kernels.All);

    public static void Forward(GpuDevice device, DType dtype, DType places, ref WindowArgs args, ReadOnlySpan<Access> accesses) =>
        Launch(ForwardKernels, device, dtype, places, ref args, accesses);

    public static void Backward(GpuDevice device, DType dtype, DType places, ref WindowArgs args, ReadOnlySpan<Access> accesses) =>
        Launch(BackwardKernels, device, dtype, places, ref args, accesses);

    private static void Launch(RealKernels[] kernels, GpuDevice device, DType dtype, DType places, ref WindowArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(
            kernels[places == DType.UInt8 ? 0 : 1][dtype], LaunchShape.Linear(device.Driver.GridStrideBlocks(args.Count, Threads), Threads), ref args, accesses);

    private static RealKernels[] Kernels(string entry) => [.. Places.Select(place => new RealKernels(File, entry, typeof(WindowArgs), $"PLACE={place}"))];
}

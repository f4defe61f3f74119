using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Embedding;

internal sealed class EmbeddingGpu : IGpuKernelFamily
{
    private const int Threads = 256, Lanes = 32;
    private const string File = "Embedding/embedding.cu";

    private static readonly RealKernels ForwardKernels = new(File, "embedding", typeof(EmbeddingArgs));
    private static readonly RealKernels BackwardKernels = new(File, "embedding_backward", typeof(EmbeddingBackwardArgs));

    // REAL does not reach them; it names a build that exists anyway
    private static readonly GpuKernel CountKernel = new(File, "embedding_count", typeof(EmbeddingSortArgs), "REAL=float");
    private static readonly GpuKernel ScanKernel = new(File, "embedding_scan", typeof(EmbeddingSortArgs), "REAL=float");
    private static readonly GpuKernel PlaceKernel = new(File, "embedding_place", typeof(EmbeddingSortArgs), "REAL=float");

    public static IEnumerable<GpuKernel> Variants => [.. ForwardKernels.All, .. BackwardKernels.All, CountKernel, ScanKernel, PlaceKernel];

    public static void Forward(GpuDevice device, DType dtype, ref EmbeddingArgs args, ReadOnlySpan<Access> accesses)
    {
        long items = args.Rows * (args.Quads != 0 ? args.Width / 4 : args.Width);
        device.Launch(ForwardKernels[dtype], LaunchShape.Linear(device.Driver.GridStrideBlocks(items, Threads), Threads), ref args, accesses);
    }

    public static void Count(GpuDevice device, ref EmbeddingSortArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(CountKernel, LaunchShape.Linear(args.Tiles, Threads), ref args, accesses);

    public static void Scan(GpuDevice device, ref EmbeddingSortArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(ScanKernel, LaunchShape.Linear(1, Threads), ref args, accesses);

    public static void Place(GpuDevice device, ref EmbeddingSortArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(PlaceKernel, LaunchShape.Linear(args.Tiles, Lanes), ref args, accesses);

    public static void Backward(GpuDevice device, DType dtype, ref EmbeddingBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(BackwardKernels[dtype], LaunchShape.Linear(args.Count * ((args.Width + Lanes - 1) / Lanes), Threads), ref args, accesses);
}

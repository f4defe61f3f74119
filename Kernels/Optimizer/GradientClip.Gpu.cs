using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

internal sealed class GradientClipGpu : IGpuKernelFamily
{
    private static readonly RealKernels Value = new("Optimizer/gradient_clip.cu", "clip_value", typeof(ClipValueArgs));
    private static readonly RealKernels Squares = new("Optimizer/gradient_clip.cu", "square_rows", typeof(ClipNormArgs));
    private static readonly RealKernels Norm = new("Optimizer/gradient_clip.cu", "clip_norm", typeof(ClipNormArgs));

    public static IEnumerable<GpuKernel> Variants => [.. Value.All, .. Squares.All, .. Norm.All];

    public static void ByValue(GpuDevice device, DType dtype, ref ClipValueArgs args, ReadOnlySpan<Access> accesses)
    {
        args.Aligned = FlatGrid.Aligned(args.G);
        device.Launch(Value[dtype], FlatGrid.For(device, args.N), ref args, accesses);
    }

    public static void ByGlobalNorm(GpuDevice device, DType dtype, ref ClipNormArgs args, ReadOnlySpan<Access> sum, ReadOnlySpan<Access> finish)
    {
        device.Launch(Squares[dtype], LaunchShape.Linear(device.Driver.GridStrideBlocks(args.Rows * 32, FlatGrid.Threads), FlatGrid.Threads), ref args, sum);
        device.Launch(Norm[dtype], LaunchShape.Linear(1, 32), ref args, finish);
    }
}

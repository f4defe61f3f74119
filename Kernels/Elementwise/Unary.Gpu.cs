using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Elementwise;

internal sealed class UnaryGpu : IGpuKernelFamily
{
    private static readonly RealKernels[] Forward = Kernels("unary", typeof(UnaryArgs));
    private static readonly RealKernels[] Backward = Kernels("unary_backward", typeof(UnaryBackwardArgs));

    public static IEnumerable<GpuKernel> Variants => Forward.Concat(Backward).SelectMany(kernels => kernels.All);

    public static void Launch(GpuDevice device, DType dtype, UnaryOp op, ref UnaryArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Forward[(int)op][dtype], Flat.Shape(device, args.N, args.Quads), ref args, accesses);

    public static void Launch(GpuDevice device, DType dtype, UnaryOp op, ref UnaryBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Backward[(int)op][dtype], Flat.Shape(device, args.N, args.Quads), ref args, accesses);

    private static RealKernels[] Kernels(string entry, Type argsType) =>
        [.. Enum.GetValues<UnaryOp>().Select(op => new RealKernels("Elementwise/unary.cu", entry, argsType, $"OP={(int)op}") { TakesBFloat16 = Unary.TakesBFloat16(op) })];
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Elementwise;

internal sealed class BinaryGpu : IGpuKernelFamily
{
    private static readonly int Broadcasts = Enum.GetValues<Broadcast>().Length;

    private static readonly RealKernels[] Kernels =
    [
        .. from op in Enum.GetValues<BinaryOp>()
           from broadcast in Enum.GetValues<Broadcast>()
           select new RealKernels("Elementwise/binary.cu", "binary", typeof(BinaryArgs), $"OP={(int)op}", $"BROADCAST={(int)broadcast}")
           {
               TakesBFloat16 = op == BinaryOp.Add && broadcast == Broadcast.None,
           },
    ];

    public static IEnumerable<GpuKernel> Variants => Kernels.SelectMany(kernels => kernels.All);

    public static void Launch(GpuDevice device, DType dtype, BinaryOp op, Broadcast broadcast, ref BinaryArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(
            Kernels[((int)op * Broadcasts) + (int)broadcast][dtype], Flat.Shape(device, args.Rows * args.Columns, args.Quads), ref args, accesses);
}

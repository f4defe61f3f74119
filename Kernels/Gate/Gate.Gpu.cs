using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Gate;

internal sealed class GateGpu : IGpuKernelFamily
{
    private const int Threads = 256;

    private static readonly RealKernels[] Forward = Kernels("gate", typeof(GateArgs));
    private static readonly RealKernels[] Backward = Kernels("gate_backward", typeof(GateBackwardArgs));

    private static readonly GpuKernel[] BackwardSums =
        [.. Enum.GetValues<GateKind>().Select(kind => new GpuKernel("Gate/gate.cu", "gate_backward_sums", typeof(GateBackwardArgs), $"KIND={(int)kind}", "REAL=float", "STORED=bf16") { MinArch = MmaTile.MinArch })];

    public static IEnumerable<GpuKernel> Variants => [.. Forward.Concat(Backward).SelectMany(kernels => kernels.All), .. BackwardSums];

    public static void Launch(GpuDevice device, DType dtype, GateKind kind, ref GateArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Forward[(int)kind][dtype], Shape(device, args.Rows, args.Columns, args.Quads), ref args, accesses);

    public static void Launch(GpuDevice device, DType dtype, GateKind kind, ref GateBackwardArgs args, ReadOnlySpan<Access> accesses)
    {
        if (args.Sums != 0) device.Launch(BackwardSums[(int)kind], LaunchShape.Linear(RowChunks.Count(args.Rows), Threads), ref args, accesses);
        else device.Launch(Backward[(int)kind][dtype], Shape(device, args.Rows, args.Columns, args.Quads), ref args, accesses);
    }

    private static LaunchShape Shape(GpuDevice device, long rows, long columns, int quads) =>
        LaunchShape.Linear(device.Driver.GridStrideBlocks(rows * (quads != 0 ? columns / 4 : columns), Threads), Threads);

    private static RealKernels[] Kernels(string entry, Type argsType) =>
        [.. Enum.GetValues<GateKind>().Select(kind => new RealKernels("Gate/gate.cu", entry, argsType, $"KIND={(int)kind}") { TakesBFloat16 = true })];
}

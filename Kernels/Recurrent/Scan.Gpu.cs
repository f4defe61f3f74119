using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Recurrent;

/// <summary>
/// Launches scan.cu: with images enough for the device (or little work a front) all fronts in one launch, a block an image; else a launch a front with
/// several blocks an image, since a launch is then the only barrier between them.
/// </summary>
public sealed class ScanGpu : IGpuKernelFamily
{
    private const string File = "Recurrent/scan.cu";
    private const int Threads = 256, CellsALane = 4, MostImages = 65535;

    private static readonly RealKernels TurnKernels = new(File, "scan_turn", typeof(ScanArgs));
    private static readonly RealKernels ForwardKernels = new(File, "scan", typeof(ScanArgs));
    private static readonly RealKernels BackwardKernels = new(File, "scan_backward", typeof(ScanArgs));

    public static IEnumerable<GpuKernel> Variants => [.. TurnKernels.All, .. ForwardKernels.All, .. BackwardKernels.All];

    /// <summary>Whether every launch of this thread does one front (true) or all (false); null chooses. For tests that both give the same bits.</summary>
    [field: ThreadStatic]
    public static bool? ForcedFronts { get; set; }

    internal static void Forward(
        GpuDevice device, DType dtype, ref ScanArgs args, BufferRange gates, BufferRange filter, BufferRange hidden, BufferRange cell, BufferRange? acts, BufferRange scratch)
    {
        long weights = 4L * args.Channels * args.Channels * args.Taps;
        var turn = args with { End = 0 }; // no front, no arithmetic
        device.Launch(TurnKernels[dtype], LaunchShape.Linear(device.Driver.GridStrideBlocks(weights, Threads), Threads), ref turn, [Access.Read(filter), Access.Write(scratch)]);
        bool fronts = InFronts(device, args, out int blocks);
        Span<Access> accesses = [Access.Read(gates), Access.Read(scratch), Written(hidden, fronts), Written(cell, fronts), Written(acts ?? default, fronts)];
        if (acts is null) accesses = accesses[..4];
        for (int t = 0; t < args.Fronts; t += args.End - args.First)
        {
            if (fronts) (args.First, args.End) = (t, t + 1);
            device.Launch(ForwardKernels[dtype], Shape(args, blocks), ref args, accesses);
        }
    }

    internal static void Backward(
        GpuDevice device, DType dtype, ref ScanArgs args, BufferRange dHidden, BufferRange filter, BufferRange cell, BufferRange acts, BufferRange dGates, BufferRange carry)
    {
        bool fronts = InFronts(device, args, out int blocks);
        // a diagonal's front does not touch all of the carry, and reads what the one behind it left
        ReadOnlySpan<Access> accesses =
        [
            Access.Read(dHidden), Access.Read(filter), Access.Read(cell), Access.Read(acts), Written(dGates, fronts), Access.Update(carry),
        ];
        for (int t = args.Fronts; t > 0; t -= args.End - args.First)
        {
            if (fronts) (args.First, args.End) = (t - 1, t);
            device.Launch(BackwardKernels[dtype], Shape(args, blocks), ref args, accesses);
        }
    }

    // one launch writes every element once; a front writes its own part and reads the one before
    private static Access Written(BufferRange range, bool fronts) => fronts ? Access.Update(range) : Access.Write(range);

    private static bool InFronts(GpuDevice device, in ScanArgs args, out int blocks)
    {
        long items = (args.Cells + CellsALane - 1L) / CellsALane * args.Channels;
        blocks = (int)((items + Threads - 1) / Threads);
        bool fronts = ForcedFronts ?? (blocks > 1 && 2 * args.Images <= device.Driver.MultiprocessorCount);
        if (!fronts) blocks = 1;
        return fronts;
    }

    private static LaunchShape Shape(in ScanArgs args, int blocks) => new(blocks, Math.Min(args.Images, MostImages), 1, Threads);
}

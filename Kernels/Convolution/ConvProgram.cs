using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GenEngine.Kernels.Devices;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// A plan with its parts and taps in device memory, where every kernel reads them: argument blocks stay small however many taps there are.
/// Made outside captures; freed with its device at the latest.
/// </summary>
public sealed class ConvProgram : IDisposable
{
    private const int BrickChannels = 64;

    private readonly DeviceBuffer _table;

    public ConvProgram(Device device, ConvPlan plan)
    {
        Plan = plan;
        var parts = new List<ConvTablePart>();
        var taps = new List<ConvTableTap>();
        foreach (var part in plan.Parts)
        {
            int first = taps.Count, k = 0;
            foreach (var tap in part.Taps)
            {
                taps.Add(new ConvTableTap { Dy = tap.Dy, Dx = tap.Dx, Filter = tap.Filter, First = tap.First, End = tap.End, K = k });
                k += tap.End - tap.First;
            }

            parts.Add(new ConvTablePart
            {
                OffsetY = part.OffsetY,
                OffsetX = part.OffsetX,
                CountY = part.CountY,
                CountX = part.CountX,
                FirstOutput = part.FirstOutput,
                EndOutput = part.EndOutput,
                FirstTap = first,
                EndTap = taps.Count,
                K = k,
            });
        }

        taps.Add(new ConvTableTap { End = int.MaxValue }); // the CUDA kernels' walk over the taps stops here
        long partBytes = parts.Count * (long)Unsafe.SizeOf<ConvTablePart>(), tapBytes = taps.Count * (long)Unsafe.SizeOf<ConvTableTap>();
        _table = device.Allocate(partBytes + tapBytes, $"plan {plan}");
        Parts = _table.Range(0, partBytes);
        Taps = _table.Range(partBytes, tapBytes);
        device.Upload<ConvTablePart>(parts.ToArray(), Parts);
        device.Upload<ConvTableTap>(taps.ToArray(), Taps);
        Fingerprint = FingerprintOf(plan, parts, taps);
        var all = plan.Parts.SelectMany(part => part.Taps).ToList();
        InputQuads = plan.Input.Channels % 4 == 0 && all.All(tap => (tap.First | tap.End) % 4 == 0);
        OutputQuads = plan.Output.Channels % 4 == 0 && plan.Parts.All(part => (part.FirstOutput | part.EndOutput) % 4 == 0);
        OutputEights = plan.Output.Channels % 8 == 0 && plan.Parts.All(part => (part.FirstOutput | part.EndOutput) % 8 == 0);
        WholeBricks = all.Count > 0 && plan.Input.Channels % BrickChannels == 0 && all.All(tap => (tap.First | tap.End) % BrickChannels == 0);
        if (all.Count == 0) return;
        MinDy = all.Min(tap => tap.Dy);
        MaxDy = all.Max(tap => tap.Dy);
        MinDx = all.Min(tap => tap.Dx);
        MaxDx = all.Max(tap => tap.Dx);
    }

    /// <summary>What was uploaded; its images have no batch, so one program serves every batch.</summary>
    public ConvPlan Plan { get; }

    /// <summary>The parts, as <see cref="ConvTablePart"/>.</summary>
    internal BufferRange Parts { get; }

    /// <summary>The taps of all parts, as <see cref="ConvTableTap"/>, and one without end.</summary>
    internal BufferRange Taps { get; }

    // how far taps reach, over all parts
    internal int MinDy { get; }

    internal int MaxDy { get; }

    internal int MinDx { get; }

    internal int MaxDx { get; }

    // whether all ranges of input and of output channels begin and end at multiples of 4
    internal bool InputQuads { get; }

    internal bool OutputQuads { get; }

    // the same of 8 for output channels, 16 bytes of BF16
    internal bool OutputEights { get; }

    // whether all ranges of input channels begin and end at multiples of 64, so that conv_wgmma.cu may take them
    internal bool WholeBricks { get; }

    /// <summary>How filter gradients of warp groups are shared out, by batch, where that has been asked; <see cref="ConvWeightWgmmaGpu"/>'s.</summary>
    internal Dictionary<int, WgmmaChunks> WgmmaChunks { get; } = [];

    /// <summary>Tells plans apart whose images are alike: of all that the kernels are told. The same in every process.</summary>
    internal long Fingerprint { get; }

    public void Dispose() => _table.Dispose();

    // FNV-1a
    private static long FingerprintOf(ConvPlan plan, List<ConvTablePart> parts, List<ConvTableTap> taps)
    {
        ulong hash = 14695981039346656037;
        Add([plan.Output.Height, plan.Output.Width, plan.StepY, plan.StepX, plan.InStepY, plan.InStepX]);
        Add(MemoryMarshal.Cast<ConvTablePart, int>(CollectionsMarshal.AsSpan(parts)));
        Add(MemoryMarshal.Cast<ConvTableTap, int>(CollectionsMarshal.AsSpan(taps)));
        return (long)hash;

        void Add(ReadOnlySpan<int> words)
        {
            foreach (byte value in MemoryMarshal.AsBytes(words)) hash = (hash ^ value) * 1099511628211;
        }
    }
}

/// <summary>A part in device memory; mirrors ConvPart in conv.cuh.</summary>
internal struct ConvTablePart
{
    public int OffsetY;
    public int OffsetX;
    public int CountY;
    public int CountX;
    public int FirstOutput;
    public int EndOutput;
    public int FirstTap;
    public int EndTap;
    public int K; // products that each output sums
}

/// <summary>A tap in device memory; mirrors ConvTap in conv.cuh.</summary>
internal struct ConvTableTap
{
    public int Dy;
    public int Dx;
    public int Filter;
    public int First;
    public int End;
    public int K; // products of the part's earlier taps
}

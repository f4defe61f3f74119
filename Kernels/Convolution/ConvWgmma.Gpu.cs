using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// Launches conv_round.cu, conv_pack.cu and conv_wgmma.cu: large float32 convolutions and input gradients on the tensor cores of an sm_90a, where
/// input channels come in whole bricks. Images are first rounded and the filter laid out as the kernel's shared memory wants it, into scratch of the caller's.
/// </summary>
public sealed class ConvWgmmaGpu : IGpuKernelFamily
{
    private const int Threads = 256;

    private static readonly Dictionary<(Precision Precision, int Tile), GpuKernel> Kernels = (
        from precision in Precisions.OfTensorCores
        from tile in WgmmaTile.Serving(precision)
        select (Key: (precision, tile), Kernel: Variant(precision, WgmmaTile.All[tile]))).ToDictionary(x => x.Key, x => x.Kernel);

    private static readonly Dictionary<int, GpuKernel> StoredKernels =
        WgmmaTile.Serving(Precision.BFloat16).ToDictionary(tile => tile, tile => Variant(Precision.BFloat16, WgmmaTile.All[tile], "STORED=bf16"));

    private static readonly GpuKernel WidenKernel = new("Convolution/conv_widen.cu", "conv_widen", typeof(ConvWidenArgs)) { MinArch = MmaTile.MinArch };

    private static readonly Dictionary<Precision, GpuKernel> RoundKernels =
        Precisions.OfTensorCores.ToDictionary(precision => precision, precision => Before("Convolution/conv_round.cu", "conv_round", typeof(ConvRoundArgs), precision));

    private static readonly Dictionary<(Precision Precision, bool Transposed), GpuKernel> PackKernels = (
        from precision in Precisions.OfTensorCores
        from transposed in new[] { false, true }
        select (Key: (precision, transposed), Kernel: Before("Convolution/conv_pack.cu", "conv_pack", typeof(ConvPackArgs), precision, $"TRANSPOSED={(transposed ? 1 : 0)}"))).ToDictionary(x => x.Key, x => x.Kernel);

    public static IEnumerable<GpuKernel> Variants => [.. Kernels.Values, .. StoredKernels.Values, .. RoundKernels.Values, .. PackKernels.Values, WidenKernel];

    /// <summary>Index into <see cref="WgmmaTile.All"/> of the tile that every convolution of this thread takes, however small, if channels fit and it gets its scratch; null chooses. For tests.</summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    /// <param name="rounded">The images come rounded.</param>
    internal static long ScratchBytes(GpuDevice device, ConvProgram program, int batch, bool rounded) =>
        Suits(device, program, batch) && (Pays(device, program.Plan, batch) || (rounded && PaysBFloat16(device, program.Plan, batch))) ? PackedBytes(device.Precision, program.Plan, batch, rounded) : 0;

    /// <summary>Whether it takes BF16 and gives BF16, where it gets its scratch.</summary>
    internal static bool ServesBFloat16(GpuDevice device, ConvProgram program, int batch) =>
        Suits(device, program, batch) && program.OutputEights && PaysBFloat16(device, program.Plan, batch);

    /// <summary>Whether this scratch was meant for it: who gives that much has asked <see cref="ScratchBytes"/>.</summary>
    internal static bool Serves(GpuDevice device, ConvProgram program, int batch, long scratchBytes, bool rounded) =>
        Suits(device, program, batch) && scratchBytes >= PackedBytes(device.Precision, program.Plan, batch, rounded);

    /// <param name="rounded">The images come as BF16.</param>
    /// <param name="results">What y, residual and activations are stored as.</param>
    internal static void Launch(GpuDevice device, ConvProgram program, ConvArgs args, ReadOnlySpan<Access> accesses, BufferRange scratch, bool rounded, DType results)
    {
        var precision = device.Precision;
        var plan = program.Plan;
        int index = Choose(device, plan, args.Batch);
        var tile = WgmmaTile.All[index];
        long imageBytes = rounded ? 0 : ImageBytes(precision, plan, args.Batch), filterBytes = FilterBytes(precision, plan, tile);
        BufferRange images = rounded ? accesses[0].Range : scratch.Slice(0, imageBytes), filter = scratch.Slice(imageBytes, filterBytes);
        if (!rounded) Round(device, accesses[0].Range, images, args.Batch * plan.Input.Count);
        var pack = new ConvPackArgs
        {
            W = args.W,
            Y = filter.Address,
            Parts = args.Parts,
            Taps = args.Taps,
            InC = args.InC,
            OutC = args.OutC,
            FilterTaps = args.FilterTaps,
            PartCount = args.PartCount,
            Columns = tile.Columns,
        };
        long bricks = filterBytes / WgmmaTile.BrickBytes / WgmmaTile.Parts(precision);
        device.Launch(PackKernels[(precision, plan.FilterTransposed)], LaunchShape.Linear(bricks, Threads), ref pack, [accesses[1], Access.Write(filter), accesses[3], accesses[4]]);
        args.X = images.Address;
        args.W = filter.Address;
        args.Tiles = Tiles(tile, plan, args.Batch);
        var shape = LaunchShape.Linear(Math.Min(args.Tiles, device.Driver.MultiprocessorCount), WgmmaTile.Threads) with { SharedBytes = tile.SharedBytes(precision) };
        device.Launch(results == DType.BFloat16 ? StoredKernels[index] : Kernels[(precision, index)], shape, ref args, [Access.Read(images), Access.Read(filter), .. accesses[2..]]);
    }

    /// <summary>So many numbers, a multiple of 8, as the device's precision has them.</summary>
    internal static void Round(GpuDevice device, BufferRange x, BufferRange y, long count)
    {
        var args = new ConvRoundArgs { X = x.Address, Y = y.Address, Count = count };
        device.Launch(RoundKernels[device.Precision], LaunchShape.Linear(device.Driver.GridStrideBlocks((count + 7) / 8, Threads), Threads), ref args, [Access.Read(x), Access.Write(y)]);
    }

    /// <summary>So many numbers, a multiple of 8, as float32.</summary>
    internal static void Widen(GpuDevice device, BufferRange x, BufferRange y, long count)
    {
        var args = new ConvWidenArgs { X = x.Address, Y = y.Address, Count = count };
        device.Launch(WidenKernel, LaunchShape.Linear(device.Driver.GridStrideBlocks(count / 8, Threads), Threads), ref args, [Access.Read(x), Access.Write(y)]);
    }

    /// <summary>Operations a second that the choice between the kernels of mma.sync and of warp groups assumes, whatever the pass.</summary>
    internal static (double Mma, double Wgmma) Rates(Precision precision) =>
        precision switch { Precision.Tf32 => (120e12, 280e12), Precision.BFloat16 => (120e12, 500e12), _ => (55e12, 95e12) };

    // channels in whole bricks of the narrowest chunk that all precisions share, so that the rule does not depend on it
    private static bool Suits(GpuDevice device, ConvProgram program, int batch)
    {
        var plan = program.Plan;
        if (device.Precision == Precision.Float32 || !WgmmaTile.RunsOn(device.Driver)) return false;
        if (!ConvMmaGpu.Serves(plan) || !program.WholeBricks || !program.InputQuads || !program.OutputQuads) return false;
        return (long)batch * plan.Input.Height * plan.Input.Width < int.MaxValue; // a pixel's number
    }

    private static bool Pays(GpuDevice device, ConvPlan plan, int batch)
    {
        if (ForcedTile is not null) return true;
        var precision = device.Precision;
        var (mma, wgmma) = Rates(precision);
        var tile = WgmmaTile.All[Choose(device, plan, batch)];
        double flops = 2.0 * batch * plan.Products;
        double moved = (sizeof(float) * (double)batch * plan.Input.Count) + ImageBytes(precision, plan, batch) + (sizeof(float) * (double)plan.FilterCount) + FilterBytes(precision, plan, tile);
        return tile.Pays(Work(device, tile, plan, batch), moved, wgmma, flops / mma);
    }

    // with nothing to round, what is saved is bytes: half of what mma.sync reads and writes
    private static bool PaysBFloat16(GpuDevice device, ConvPlan plan, int batch)
    {
        if (ForcedTile is not null) return true;
        var (mma, wgmma) = Rates(Precision.BFloat16);
        var tile = WgmmaTile.All[Choose(device, plan, batch)];
        long elements = batch * (plan.Input.Count + plan.Output.Count), packed = (sizeof(float) * plan.FilterCount) + FilterBytes(Precision.BFloat16, plan, tile);
        return tile.Pays(Work(device, tile, plan, batch), elements * sizeof(ushort), packed, 1, wgmma, 2.0 * batch * plan.Products / mma, elements * sizeof(float));
    }

    // operations of all tiles, what edges and idle multiprocessors waste included
    private static double Work(GpuDevice device, WgmmaTile tile, ConvPlan plan, int batch)
    {
        double rounds = 0, slots = device.Driver.MultiprocessorCount, tiles = Tiles(tile, plan, batch), filled = Math.Ceiling(tiles / slots) * slots / tiles;
        for (int i = 0; i < plan.Parts.Count; i++) rounds += 2.0 * plan.Parts[i].K * PartTiles(tile, plan.Parts[i], batch) * WgmmaTile.Rows * tile.Columns;
        return rounds * filled;
    }

    private static int Choose(GpuDevice device, ConvPlan plan, int batch) =>
        WgmmaTile.Choose(device.Precision, ForcedTile, device.Driver.MultiprocessorCount, (Plan: plan, Batch: batch), static (tile, of) => Tiles(tile, of.Plan, of.Batch));

    private static long Tiles(WgmmaTile tile, ConvPlan plan, int batch) => ConvTiles.Blocks(plan, batch, tile, static (tile, rows, columns) => tile.Tiles(rows, columns));

    private static long PartTiles(WgmmaTile tile, ConvPart part, int batch) => tile.Tiles((long)batch * part.CountY * part.CountX, part.EndOutput - part.FirstOutput);

    // for the widest tile, so that the scratch does not depend on the choice
    private static long PackedBytes(Precision precision, ConvPlan plan, int batch, bool rounded) =>
        (rounded ? 0 : ImageBytes(precision, plan, batch)) + FilterBytes(precision, plan, WgmmaTile.All[0]);

    private static long ImageBytes(Precision precision, ConvPlan plan, int batch) => batch * plan.Input.Count / WgmmaTile.Chunk(precision) * 128 * WgmmaTile.Parts(precision);

    private static long FilterBytes(Precision precision, ConvPlan plan, WgmmaTile tile)
    {
        long bricks = 0;
        for (int i = 0; i < plan.Parts.Count; i++)
            bricks += tile.BrickBlocks(plan.Parts[i].EndOutput - plan.Parts[i].FirstOutput) * (plan.Parts[i].K / WgmmaTile.Chunk(precision));
        return bricks * WgmmaTile.Parts(precision) * WgmmaTile.BrickBytes;
    }

    private static GpuKernel Before(string file, string entry, Type argsType, Precision precision, params string[] defines) =>
        new(file, entry, argsType, [$"PRECISION={(int)precision}", .. defines]) { MinArch = MmaTile.MinArch, FollowsSummationLaw = false };

    private static GpuKernel Variant(Precision precision, WgmmaTile tile, params string[] defines) =>
        new("Convolution/conv_wgmma.cu", "conv_wgmma", typeof(ConvArgs), [.. tile.Defines(precision), .. defines])
        {
            MinArch = WgmmaTile.Arch,
            ArchSpecific = true,
            FollowsSummationLaw = false,
            DynamicSharedBytes = tile.SharedBytes(precision),
        };
}

/// <summary>The argument block of conv_round.cu; mirrors CONV_ROUND_ARGS.</summary>
public struct ConvRoundArgs
{
    /// <summary>Address of the numbers, read.</summary>
    public ulong X;

    /// <summary>Address of the rounded ones, and of what rounding left behind them; written.</summary>
    public ulong Y;

    /// <summary>How many, a multiple of 8.</summary>
    public long Count;
}

/// <summary>The argument block of conv_widen.cu; mirrors CONV_WIDEN_ARGS.</summary>
public struct ConvWidenArgs
{
    /// <summary>Address of the numbers in BF16, read.</summary>
    public ulong X;

    /// <summary>Address of their float32, written.</summary>
    public ulong Y;

    /// <summary>How many, a multiple of 8.</summary>
    public long Count;
}

/// <summary>The argument block of conv_pack.cu; mirrors CONV_PACK_ARGS.</summary>
public struct ConvPackArgs
{
    /// <summary>Address of the filter, read.</summary>
    public ulong W;

    /// <summary>Address of the bricks, written.</summary>
    public ulong Y;

    /// <summary>Address of the plan's parts, read.</summary>
    public ulong Parts;

    /// <summary>Address of the taps of all parts, read.</summary>
    public ulong Taps;

    /// <summary>Channels of an input pixel.</summary>
    public int InC;

    /// <summary>Channels of a result pixel.</summary>
    public int OutC;

    /// <summary>Filter positions, masked ones included.</summary>
    public int FilterTaps;

    /// <summary>Parts of the plan.</summary>
    public int PartCount;

    /// <summary>Columns of the tile that takes the bricks.</summary>
    public int Columns;
}

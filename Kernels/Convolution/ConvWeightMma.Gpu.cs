using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>Launches conv_weight_mma.cu: the chunks' sums of a filter gradient on tensor cores, where the device's precision asks for them.</summary>
public sealed class ConvWeightMmaGpu : ITiledKernelFamily
{
    private static readonly Dictionary<(Precision Precision, int Tile, bool Quads), GpuKernel> Kernels =
        ConvTiles.AllMma.ToDictionary(x => x, x => Variant(x.Precision, x.Tile, x.Quads));

    private static readonly Func<MmaTile, (ConvPlan Plan, int Chunks), long> BlocksOf = static (tile, shape) => shape.Chunks * Blocks(tile, shape.Plan);

    public static IEnumerable<GpuKernel> Variants => Kernels.Values;

    /// <summary>Index into <see cref="MmaTile.All"/> of the tile that every launch of this thread takes, the next that serves where it does not; null chooses. For tests that all tiles give the same bits.</summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    public static int MostTiles => MmaTile.All.Count;

    /// <param name="quads">Input channels move in fours.</param>
    internal static void Launch(GpuDevice device, ConvProgram program, bool quads, ref ConvWeightArgs args, ReadOnlySpan<Access> accesses)
    {
        var tiles = MmaTile.Serving(device.Precision, quads);
        int index = ForcedTile is { } forced ? MmaTile.Nearest(tiles, forced) : tiles[Choose(device, program, quads, tiles, args)];
        device.Launch(Kernels[(device.Precision, index, quads)], Shape(MmaTile.All[index], program.Plan, args.Chunks), ref args, accesses);
    }

    private static int Choose(GpuDevice device, ConvProgram program, bool quads, IReadOnlyList<int> tiles, in ConvWeightArgs args)
    {
        int analytic = MmaTile.Choose(device.Driver, tiles, (program.Plan, args.Chunks), BlocksOf);
        var key = ConvTuning.Key("conv_weight_mma", device.Precision, program, args.Batch, quads, args.OutQuads != 0);
        return TileTuning.IsSettled(device, key, analytic, out int choice)
            ? choice
            : TileTuning.Measure(device, key, args, analytic, Candidates(device.Precision, program.Plan, quads, tiles, args.Chunks));
    }

    private static TileCandidate[] Candidates(Precision precision, ConvPlan plan, bool quads, IReadOnlyList<int> tiles, int chunks) =>
        [.. tiles.Select(i => new TileCandidate(MmaTile.All[i].Name, Kernels[(precision, i, quads)], Shape(MmaTile.All[i], plan, chunks)))];

    private static LaunchShape Shape(MmaTile tile, ConvPlan plan, int chunks) => new(checked((int)Blocks(tile, plan)), chunks, 1, tile.Threads, tile.SharedBytes);

    private static long Blocks(MmaTile tile, ConvPlan plan) => ConvTiles.FilterBlocks(plan, tile, static (tile, rows, columns) => tile.Blocks(rows, columns));

    private static GpuKernel Variant(Precision precision, int index, bool quads)
    {
        var tile = MmaTile.All[index];
        return new("Convolution/conv_weight_mma.cu", "conv_weight_mma", typeof(ConvWeightArgs), [$"PRECISION={(int)precision}", .. tile.Defines(quads)])
        {
            MinArch = MmaTile.MinArch,
            FollowsSummationLaw = false,
            DynamicSharedBytes = tile.SharedBytes,
        };
    }
}

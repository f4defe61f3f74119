using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>Launches conv_mma.cu: float32 convolutions on tensor cores, where the device's <see cref="GpuDevice.Precision"/> asks for them.</summary>
public sealed class ConvMmaGpu : ITiledKernelFamily
{
    // where parts have no more channels than this, a tile of 64 is mostly empty and memory is what takes time: float32 is as fast
    private const int FewOutputs = 8;

    private static readonly Dictionary<(Precision Precision, bool Transposed, int Tile, bool Quads), GpuKernel> Kernels = (
        from variant in ConvTiles.AllMma
        from transposed in new[] { false, true }
        select (Key: (variant.Precision, transposed, variant.Tile, variant.Quads), Kernel: Variant(variant.Precision, transposed, variant.Tile, variant.Quads)))
        .ToDictionary(x => x.Key, x => x.Kernel);

    private static readonly Func<MmaTile, (ConvPlan Plan, int Batch), long> BlocksOf = static (tile, shape) => Blocks(tile, shape.Plan, shape.Batch);

    public static IEnumerable<GpuKernel> Variants => Kernels.Values;

    /// <summary>Index into <see cref="MmaTile.All"/> of the tile that every launch of this thread takes, the next that serves where it does not; null chooses. For tests that all tiles give the same bits.</summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    public static int MostTiles => MmaTile.All.Count;

    /// <summary>Whether the plan is one for tensor cores at all.</summary>
    internal static bool Serves(ConvPlan plan)
    {
        for (int i = 0; i < plan.Parts.Count; i++)
        {
            if (plan.Parts[i].EndOutput - plan.Parts[i].FirstOutput > FewOutputs) return true;
        }

        return false;
    }

    /// <param name="quads">Input channels move in fours.</param>
    internal static void Launch(GpuDevice device, ConvProgram program, bool quads, ref ConvArgs args, ReadOnlySpan<Access> accesses)
    {
        var tiles = MmaTile.Serving(device.Precision, quads);
        int index = ForcedTile is { } forced ? MmaTile.Nearest(tiles, forced) : tiles[Choose(device, program, quads, tiles, args)];
        device.Launch(Kernels[(device.Precision, args.FilterTransposed != 0, index, quads)], Shape(MmaTile.All[index], program.Plan, args.Batch), ref args, accesses);
    }

    private static int Choose(GpuDevice device, ConvProgram program, bool quads, IReadOnlyList<int> tiles, in ConvArgs args)
    {
        int analytic = MmaTile.Choose(device.Driver, tiles, (program.Plan, args.Batch), BlocksOf);
        var key = ConvTuning.Key("conv_mma", device.Precision, program, args.Batch, quads, args.OutQuads != 0);
        return TileTuning.IsSettled(device, key, analytic, out int choice)
            ? choice
            : ConvTuning.Measure(device, key, args, analytic, Candidates(device.Precision, program.Plan, quads, tiles, args));
    }

    private static TileCandidate[] Candidates(Precision precision, ConvPlan plan, bool quads, IReadOnlyList<int> tiles, ConvArgs args) =>
    [
        .. tiles.Select(i => new TileCandidate(MmaTile.All[i].Name, Kernels[(precision, args.FilterTransposed != 0, i, quads)], Shape(MmaTile.All[i], plan, args.Batch))),
    ];

    private static LaunchShape Shape(MmaTile tile, ConvPlan plan, int batch) =>
        LaunchShape.Linear(Blocks(tile, plan, batch), tile.Threads) with { SharedBytes = tile.SharedBytes };

    private static long Blocks(MmaTile tile, ConvPlan plan, int batch) => ConvTiles.Blocks(plan, batch, tile, static (tile, rows, columns) => tile.Blocks(rows, columns));

    private static GpuKernel Variant(Precision precision, bool transposed, int index, bool quads)
    {
        var tile = MmaTile.All[index];
        return new("Convolution/conv_mma.cu", "conv_mma", typeof(ConvArgs), [$"PRECISION={(int)precision}", $"TRANSPOSED={(transposed ? 1 : 0)}", .. tile.Defines(quads)])
        {
            MinArch = MmaTile.MinArch,
            FollowsSummationLaw = false,
            DynamicSharedBytes = tile.SharedBytes,
        };
    }
}

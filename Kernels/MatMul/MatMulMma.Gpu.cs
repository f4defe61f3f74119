using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.MatMul;

/// <summary>Launches matmul_mma.cu: float32 products on tensor cores, where the device's <see cref="GpuDevice.Precision"/> asks for them.</summary>
public sealed class MatMulMmaGpu : ITiledKernelFamily
{
    private static readonly Dictionary<(Precision Precision, int Op, int Tile, bool Quads), GpuKernel> Kernels = (
        from precision in Precisions.OfTensorCores
        from op in Enum.GetValues<MatMulOp>()
        from quads in new[] { false, true }
        from tile in MmaTile.Serving(precision, quads)
        select (Key: (precision, (int)op, tile, quads), Kernel: Variant(precision, op, MmaTile.All[tile], quads))).ToDictionary(x => x.Key, x => x.Kernel);

    public static IEnumerable<GpuKernel> Variants => Kernels.Values;

    /// <summary>Index into <see cref="MmaTile.All"/> of the tile that every launch of this thread takes, the next that serves where it does not; null chooses. For tests that all tiles give the same bits.</summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    public static int MostTiles => MmaTile.All.Count;

    internal static void Launch(GpuDevice device, Precision precision, bool quads, ref MatMulArgs args, ReadOnlySpan<Access> accesses)
    {
        var tiles = MmaTile.Serving(precision, quads);
        int index = ForcedTile is { } forced ? MmaTile.Nearest(tiles, forced) : tiles[Choose(device, precision, quads, tiles, args)];
        device.Launch(Kernels[(precision, args.Op, index, quads)], Shape(MmaTile.All[index], args), ref args, accesses);
    }

    private static int Choose(GpuDevice device, Precision precision, bool quads, IReadOnlyList<int> tiles, in MatMulArgs args)
    {
        int analytic = MmaTile.Choose(device.Driver, tiles, args.Batch, args.M, args.N);
        var key = MatMulTuning.Key("matmul_mma", precision, quads, args);
        return TileTuning.IsSettled(device, key, analytic, out int choice) ? choice : MatMulTuning.Measure(device, key, args, analytic, Candidates(precision, quads, tiles, args));
    }

    private static TileCandidate[] Candidates(Precision precision, bool quads, IReadOnlyList<int> tiles, MatMulArgs args) =>
        [.. tiles.Select(i => new TileCandidate(MmaTile.All[i].Name, Kernels[(precision, args.Op, i, quads)], Shape(MmaTile.All[i], args)))];

    private static LaunchShape Shape(MmaTile tile, in MatMulArgs args) =>
        LaunchShape.Linear(args.Batch * tile.Blocks(args.M, args.N), tile.Threads) with { SharedBytes = tile.SharedBytes };

    private static GpuKernel Variant(Precision precision, MatMulOp op, MmaTile tile, bool quads) =>
        new("MatMul/matmul_mma.cu", "matmul_mma", typeof(MatMulArgs), [$"PRECISION={(int)precision}", $"OP={(int)op}", .. tile.Defines(quads)])
        {
            MinArch = MmaTile.MinArch,
            FollowsSummationLaw = false,
            DynamicSharedBytes = tile.SharedBytes,
        };
}

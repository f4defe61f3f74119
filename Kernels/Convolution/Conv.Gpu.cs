using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// Launches conv.cu, or conv_narrow.cu for few output channels: one block a tile, all parts of the plan in one grid; the tile is chosen by shape, by measurement where the device can.
/// Float32 goes to <see cref="ConvMmaGpu"/> where the device's precision says so.
/// </summary>
public sealed class ConvGpu : ITiledKernelFamily
{
    private static readonly Dictionary<(DType Dtype, bool Transposed, int Tile, bool Quads), GpuKernel> Kernels = (
        from variant in ConvTiles.All
        from transposed in new[] { false, true }
        select (Key: (variant.Dtype, transposed, variant.Tile, variant.Quads), Kernel: Variant(variant.Dtype, transposed, variant.Tile, variant.Quads)))
        .ToDictionary(x => x.Key, x => x.Kernel);

    private static readonly Func<SimtTile, (ConvPlan Plan, int Batch), long> BlocksOf = static (tile, shape) => Blocks(tile, shape.Plan, shape.Batch);

    public static IEnumerable<GpuKernel> Variants => Kernels.Values;

    /// <summary>Index of the tile that every launch of this thread takes, the last for any beyond; null chooses. For tuning, and for tests that all tiles give the same bits.</summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    /// <summary>How many tiles there are to force.</summary>
    public static int TileCount(DType dtype) => ConvTiles.Of(dtype).Length;

    public static int MostTiles => TileCount(DType.Float32);

    /// <summary>The tiles.</summary>
    public static IReadOnlyList<SimtTile> Tiles(DType dtype) => ConvTiles.Of(dtype);

    /// <param name="accesses">The last is that of the partial statistics, where they are asked for.</param>
    /// <returns>Whether the launch leaves partial statistics.</returns>
    internal static bool Launch(GpuDevice device, DType dtype, ConvProgram program, ref ConvArgs args, ReadOnlySpan<Access> accesses, BufferRange? scratch, bool rounded, DType results)
    {
        bool aligned = dtype == DType.Float32 && (args.X | args.W | args.Y) % 16 == 0, quads = aligned && program.InputQuads;
        args.OutQuads = aligned && program.OutputQuads && (args.Residual | args.Through | args.Rectified | (results == dtype ? 0 : args.Bias)) % 16 == 0 ? 1 : 0;
        if (dtype == DType.Float32 && device.Precision != Precision.Float32 && ConvMmaGpu.Serves(program.Plan))
        {
            if (scratch is { } room && quads && args.OutQuads != 0 && ConvWgmmaGpu.Serves(device, program, args.Batch, room.Bytes, rounded))
            {
                bool leavesThem = LeavesStatistics(program.Plan, RowChunks.Rows, RowChunks.Rows, ref args, ref accesses); // a warp group has a chunk
                ConvWgmmaGpu.Launch(device, program, args, accesses, room, rounded, results);
                return leavesThem;
            }

            if (rounded || results != dtype) throw new EngineException($"conv {program.Plan}: numbers in BF16 without the scratch of ScratchBytes, or at addresses that are no multiples of 16.");

            bool left = LeavesStatistics(program.Plan, RowChunks.Rows, RowChunks.Rows, ref args, ref accesses); // every tile has whole chunks
            ConvMmaGpu.Launch(device, program, quads, ref args, accesses);
            return left;
        }

        var tiles = ConvTiles.Of(dtype);
        int index = ForcedTile is { } forced ? Math.Min(forced, tiles.Length - 1) : Choose(device, dtype, program, quads, args);
        bool leaves = LeavesStatistics(program.Plan, tiles[index].Rows, tiles[index].Columns, ref args, ref accesses);
        device.Launch(Kernels[(dtype, args.FilterTransposed != 0, index, quads)], Shape(tiles[index], program.Plan, args.Batch), ref args, accesses);
        return leaves;
    }

    /// <summary>
    /// Tiles hold whole chunks of 64 pixels where their rows do and the plan has no phases, which leave gaps between a tile's pixels. Tiles of few columns have
    /// no registers or no lanes for it.
    /// </summary>
    private static bool LeavesStatistics(ConvPlan plan, int tileRows, int tileColumns, ref ConvArgs args, ref ReadOnlySpan<Access> accesses)
    {
        if (args.HasPartials == 0) return false;
        if (plan.StepY == 1 && plan.StepX == 1 && tileRows % RowChunks.Rows == 0 && tileRows <= 2 * tileColumns) return true;
        args.HasPartials = 0;
        accesses = accesses[..^1];
        return false;
    }

    private static int Choose(GpuDevice device, DType dtype, ConvProgram program, bool quads, in ConvArgs args)
    {
        int analytic = SimtTile.Choose(ConvTiles.Of(dtype), device.Driver, (program.Plan, args.Batch), BlocksOf);
        if (dtype != DType.Float32) return analytic; // float64 is a gradient check's
        var key = ConvTuning.Key("conv", Precision.Float32, program, args.Batch, quads, args.OutQuads != 0);
        return TileTuning.IsSettled(device, key, analytic, out int choice) ? choice : ConvTuning.Measure(device, key, args, analytic, Candidates(program.Plan, quads, analytic, args));
    }

    private static TileCandidate[] Candidates(ConvPlan plan, bool quads, int analytic, ConvArgs args)
    {
        var tiles = ConvTiles.Of(DType.Float32);
        return
        [
            .. tiles.Take(ConvTuning.Candidates(plan, tiles.Length, analytic)).Select((tile, i) =>
                new TileCandidate(tile.Name, Kernels[(DType.Float32, args.FilterTransposed != 0, i, quads)], Shape(tile, plan, args.Batch))),
        ];
    }

    private static LaunchShape Shape(SimtTile tile, ConvPlan plan, int batch) => LaunchShape.Linear(Blocks(tile, plan, batch), tile.Threads);

    private static long Blocks(SimtTile tile, ConvPlan plan, int batch) => ConvTiles.Blocks(plan, batch, tile, static (tile, rows, columns) => tile.Blocks(rows, columns));

    private static GpuKernel Variant(DType dtype, bool transposed, int index, bool quads)
    {
        var tile = ConvTiles.Of(dtype)[index];
        var (file, entry) = ConvTiles.IsNarrow(tile) ? ("Convolution/conv_narrow.cu", "conv_narrow") : ("Convolution/conv.cu", "conv");
        return new(file, entry, typeof(ConvArgs), [$"REAL={dtype.CName()}", $"TRANSPOSED={(transposed ? 1 : 0)}", .. tile.Defines(quads)]);
    }
}

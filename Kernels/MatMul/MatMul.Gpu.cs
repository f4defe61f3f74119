using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.MatMul;

/// <summary>
/// Launches matmul.cu: one block a tile of C, in a linear grid over tiles and batches; the tile is chosen by shape. Float32 products go to
/// <see cref="MatMulMmaGpu"/> where the device's precision says so.
/// </summary>
public sealed class MatMulGpu : ITiledKernelFamily
{
    private static readonly Dictionary<(DType Dtype, int Op, int Tile, bool Quads), GpuKernel> Kernels = (
        from dtype in new[] { DType.Float32, DType.Float64 }
        from op in Enum.GetValues<MatMulOp>()
        from tile in Enumerable.Range(0, Tiles(dtype).Count)
        from quads in dtype == DType.Float32 ? new[] { false, true } : [false]
        select (Key: (dtype, (int)op, tile, quads), Kernel: Variant(dtype, op, Tiles(dtype)[tile], quads))).ToDictionary(x => x.Key, x => x.Kernel);

    public static IEnumerable<GpuKernel> Variants => Kernels.Values;

    /// <summary>
    /// Index into <see cref="Tiles"/> of the tile that every launch of this thread takes, the last for any beyond; null chooses by shape. For tuning, and
    /// for tests that all tiles give the same bits.
    /// </summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    public static int MostTiles => SimtTile.Float.Count;

    /// <summary>The tiles to choose from.</summary>
    public static IReadOnlyList<SimtTile> Tiles(DType dtype) => dtype == DType.Float32 ? SimtTile.Float : SimtTile.Double;

    internal static void Launch(GpuDevice device, DType dtype, ref MatMulArgs args, ReadOnlySpan<Access> accesses, BufferRange? scratch)
    {
        if (dtype == DType.Float32 && device.Precision != Precision.Float32)
        {
            if (scratch is { } room && MatMulWgmmaGpu.Serves(device, args, room.Bytes))
            {
                MatMulWgmmaGpu.Launch(device, args, accesses, room);
                return;
            }

            MatMulMmaGpu.Launch(device, device.Precision, InQuads(args), ref args, accesses);
            return;
        }

        bool quads = dtype == DType.Float32 && InQuads(args);
        int index = ForcedTile is { } forced ? Math.Min(forced, Tiles(dtype).Count - 1) : Choose(device, dtype, quads, args);
        device.Launch(Kernels[(dtype, args.Op, index, quads)], Shape(Tiles(dtype)[index], args), ref args, accesses);
    }

    private static int Choose(GpuDevice device, DType dtype, bool quads, in MatMulArgs args)
    {
        int analytic = SimtTile.Choose(Tiles(dtype), device.Driver, args.Batch, args.M, args.N);
        if (dtype != DType.Float32) return analytic; // float64 is a gradient check's
        var key = MatMulTuning.Key("matmul", Precision.Float32, quads, args);
        return TileTuning.IsSettled(device, key, analytic, out int choice) ? choice : MatMulTuning.Measure(device, key, args, analytic, Candidates(quads, args));
    }

    private static TileCandidate[] Candidates(bool quads, MatMulArgs args) =>
        [.. Tiles(DType.Float32).Select((tile, i) => new TileCandidate(tile.Name, Kernels[(DType.Float32, args.Op, i, quads)], Shape(tile, args)))];

    private static LaunchShape Shape(SimtTile tile, in MatMulArgs args) => LaunchShape.Linear(args.Batch * tile.Blocks(args.M, args.N), tile.Threads);

    /// <summary>Whether all rows come in fours of floats that begin on 16-byte boundaries, so that four neighbours are one access.</summary>
    internal static bool InQuads(in MatMulArgs args)
    {
        var op = (MatMulOp)args.Op;
        long a = op == MatMulOp.TN ? args.M : args.K, b = op == MatMulOp.NT ? args.K : args.N;
        return (a | b | args.N) % 4 == 0 && (args.A | args.B | args.C | args.Through) % 16 == 0;
    }

    private static GpuKernel Variant(DType dtype, MatMulOp op, SimtTile tile, bool quads) =>
        new("MatMul/matmul.cu", "matmul", typeof(MatMulArgs), [$"REAL={dtype.CName()}", $"OP={(int)op}", .. tile.Defines(quads)]);
}

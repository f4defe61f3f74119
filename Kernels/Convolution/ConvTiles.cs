using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>The tiles of the convolution kernels. Any tile gives the same bits.</summary>
internal static class ConvTiles
{
    // the kernels for few output channels: a row a lane, the depth in shared memory
    private static readonly SimtTile s_narrow = new(128, 4, 256, 1, 4, 8, 0.25);

    private static readonly SimtTile[] s_float =
    [
        // as for products, but none wider: convolutions have fewer columns, and the gathering takes registers
        new(128, 64, 8, 8, 8, 3, 1),
        new(64, 64, 16, 8, 4, 4, 0.8),
        new(128, 32, 16, 8, 4, 4, 0.7),
        new(32, 32, 16, 2, 4, 8, 0.5),
        new(16, 32, 32, 1, 4, 8, 0.3),
        s_narrow,
    ];

    private static readonly SimtTile[] s_double = [.. SimtTile.Double, s_narrow];

    private static readonly bool[] s_withAndWithout = [false, true];

    public static SimtTile[] Of(DType dtype) => dtype == DType.Float32 ? s_float : s_double;

    /// <summary>Whether the tile is that of the kernels for few output channels.</summary>
    public static bool IsNarrow(SimtTile tile) => tile.Columns < 32;

    /// <summary>Tiles of all parts of a plan, whose rows are the pixels of a part's lattice over all images and whose columns its output channels.</summary>
    /// <param name="blocks">Of one product, with a tile.</param>
    public static long Blocks<TTile>(ConvPlan plan, int batch, TTile tile, Func<TTile, long, long, long> blocks)
    {
        long sum = 0;
        for (int i = 0; i < plan.Parts.Count; i++)
        {
            var part = plan.Parts[i];
            sum += blocks(tile, (long)batch * part.CountY * part.CountX, part.EndOutput - part.FirstOutput);
        }

        return sum;
    }

    /// <summary>Tiles of a filter's gradient, of one chunk: rows are the (tap, channel) pairs of a part, columns its output channels.</summary>
    /// <param name="blocks">Of one product, with a tile.</param>
    public static long FilterBlocks<TTile>(ConvPlan plan, TTile tile, Func<TTile, long, long, long> blocks)
    {
        long sum = 0;
        for (int i = 0; i < plan.Parts.Count; i++)
        {
            var part = plan.Parts[i];
            sum += blocks(tile, part.K, part.EndOutput - part.FirstOutput);
        }

        return sum;
    }

    /// <summary>Every variant of a kernel that takes a tile: for float with and without quads.</summary>
    public static IEnumerable<(DType Dtype, int Tile, bool Quads)> All =>
        from dtype in new[] { DType.Float32, DType.Float64 }
        from tile in Enumerable.Range(0, Of(dtype).Length)
        from quads in dtype == DType.Float32 ? s_withAndWithout : [false]
        select (dtype, tile, quads);

    /// <summary>Every variant of a tensor-core kernel that takes a tile.</summary>
    public static IEnumerable<(Precision Precision, int Tile, bool Quads)> AllMma =>
        from precision in Precisions.OfTensorCores
        from quads in s_withAndWithout
        from tile in MmaTile.Serving(precision, quads)
        select (precision, tile, quads);
}

using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Common;

/// <summary>
/// A block's tile of outputs in kernels built on Common/tile_mma.cuh. Any tile of one precision gives the same bits; which is fastest
/// depends on the shape and the GPU.
/// </summary>
/// <param name="Depth">Steps of k in a panel.</param>
/// <param name="WarpRows">Warps along the rows; a warp owns Rows / WarpRows x Columns / WarpColumns outputs.</param>
/// <param name="Stages">Panels in shared memory, all but one under way.</param>
/// <param name="Group">Rows of tiles that blocks which run together share.</param>
/// <param name="MinBlocks">Blocks that a multiprocessor must be able to hold; bounds the registers.</param>
/// <param name="Efficiency">Rate while the device is full, relative to the best tile.</param>
public sealed record MmaTile(int Rows, int Columns, int Depth, int WarpRows, int WarpColumns, int Stages, int Group, int MinBlocks, double Efficiency)
{
    /// <summary>Compute capability times ten from which on there are the instructions.</summary>
    public const int MinArch = 80;

    /// <summary>
    /// Tiles in falling size. All but the first keep to 48 KB, so that two blocks share the 100 KB of an sm_86 or sm_89. The last ones also serve rows that are not whole quads; see <see cref="SingleFrom"/>.
    /// </summary>
    public static IReadOnlyList<MmaTile> All { get; } =
    [
        new(128, 128, 32, 2, 4, 3, 8, 1, 1),
        new(128, 128, 16, 2, 2, 3, 8, 2, 1),
        new(128, 64, 16, 2, 2, 4, 8, 2, 0.85),
        new(64, 64, 32, 2, 2, 3, 8, 2, 0.6),
    ];

    /// <summary>The first tile that comes without quads too: single words move slowly, however large the tile.</summary>
    public const int SingleFrom = 2;

    // 64 x 64 sums a warp leave no room for split operands: registers would spill
    private const int SplitSumsPerWarp = 64 * 32;

    private static readonly int[][] s_serving = [.. from precision in Enum.GetValues<Precision>() from quads in (bool[])[false, true] select Indices(precision, quads)];

    /// <summary>Indices into <see cref="All"/> of the tiles that there are for a precision of the tensor cores, in falling size; the last tile always is one.</summary>
    /// <param name="quads">Four neighbours are one access.</param>
    public static IReadOnlyList<int> Serving(Precision precision, bool quads) => s_serving[((int)precision * 2) + (quads ? 1 : 0)];

    /// <summary>The tile to take for one that was asked for: itself, or the next that serves, or the last.</summary>
    /// <param name="serving">As <see cref="Serving"/> gives them.</param>
    internal static int Nearest(IReadOnlyList<int> serving, int index)
    {
        int i = 0;
        while (i < serving.Count - 1 && serving[i] < index) i++;
        return serving[i];
    }

    /// <summary>Threads a block.</summary>
    public int Threads => 32 * WarpRows * WarpColumns;

    /// <summary>Dynamic shared memory a block, bytes.</summary>
    public int SharedBytes => Stages * Depth * (Rows + Columns) * sizeof(float);

    /// <summary>Rows, columns, depth, stages: the name in tables and in stored choices.</summary>
    public string Name => FormattableString.Invariant($"{Rows}x{Columns}x{Depth}/{WarpRows}x{WarpColumns}s{Stages}g{Group}");

    /// <summary>The constants that tell the source which tile it is.</summary>
    /// <param name="quads">Four neighbours are one access.</param>
    public string[] Defines(bool quads) =>
    [
        $"TILE_M={Rows}", $"TILE_N={Columns}", $"TILE_K={Depth}", $"TILE_WARPS_M={WarpRows}", $"TILE_WARPS_N={WarpColumns}",
        $"TILE_STAGES={Stages}", $"TILE_GROUP={Group}", $"MIN_BLOCKS={MinBlocks}", $"QUADS={(quads ? 1 : 0)}",
    ];

    /// <summary>Blocks of one product.</summary>
    public long Blocks(long rows, long columns) => (rows + Rows - 1) / Rows * ((columns + Columns - 1) / Columns);

    /// <summary>Of the tiles that serve, the one with the least work on the busiest multiprocessor; blocks that share one share its tensor cores.</summary>
    /// <param name="serving">As <see cref="Serving"/> gives them.</param>
    /// <returns>Its position among them.</returns>
    public static int Choose(IGpuDriver driver, IReadOnlyList<int> serving, long batch, long rows, long columns) =>
        Choose(driver, serving, (batch, rows, columns), static (tile, shape) => shape.batch * tile.Blocks(shape.rows, shape.columns));

    /// <summary>The same for launches whose blocks are counted otherwise.</summary>
    /// <param name="blocks">Blocks of the whole launch with a tile.</param>
    public static int Choose<TShape>(IGpuDriver driver, IReadOnlyList<int> serving, in TShape shape, Func<MmaTile, TShape, long> blocks) =>
        TileChoice.Least(0, serving.Count, (driver, serving, shape, blocks), static (i, of) =>
        {
            var tile = All[of.serving[i]];
            long slots = (long)of.driver.MultiprocessorCount * tile.MinBlocks;
            return (of.blocks(tile, of.shape), slots, (double)tile.MinBlocks * tile.Rows * tile.Columns / tile.Efficiency);
        });

    private static int[] Indices(Precision precision, bool quads) =>
    [
        .. Enumerable.Range(0, All.Count).Where(i =>
            (quads || i >= SingleFrom) && (precision != Precision.Tf32x3 || All[i].Rows / All[i].WarpRows * (All[i].Columns / All[i].WarpColumns) <= SplitSumsPerWarp)),
    ];
}

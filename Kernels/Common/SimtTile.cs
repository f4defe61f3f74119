using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Common;

/// <summary>
/// A block's tile of outputs in kernels built on Common/tile_simt.cuh. Any tile gives the same bits; which is fastest depends on
/// the shape and on how many multiprocessors want work.
/// </summary>
/// <param name="Depth">Steps of k that lie in shared memory at once.</param>
/// <param name="ThreadRows">Outputs of a thread: ThreadRows x ThreadColumns.</param>
/// <param name="MinBlocks">Blocks that a multiprocessor must be able to hold; bounds the registers.</param>
/// <param name="Efficiency">Rate while the device is full, relative to the largest tile.</param>
public sealed record SimtTile(int Rows, int Columns, int Depth, int ThreadRows, int ThreadColumns, int MinBlocks, double Efficiency)
{
    /// <summary>Threads a block.</summary>
    public int Threads => Rows / ThreadRows * (Columns / ThreadColumns);

    /// <summary>Rows, columns, depth and a thread's outputs: the name in stored choices.</summary>
    public string Name => FormattableString.Invariant($"{Rows}x{Columns}x{Depth}/{ThreadRows}x{ThreadColumns}");

    /// <summary>
    /// The constants that tell the source which tile it is. Without quads (four neighbours as one access) the addresses of single elements take
    /// more registers, so fewer blocks share a multiprocessor.
    /// </summary>
    public string[] Defines(bool quads) =>
    [
        $"TILE_M={Rows}", $"TILE_N={Columns}", $"TILE_K={Depth}", $"THREAD_M={ThreadRows}", $"THREAD_N={ThreadColumns}",
        $"QUADS={(quads ? 1 : 0)}", $"MIN_BLOCKS={(quads ? MinBlocks : (MinBlocks + 1) / 2)}",
    ];

    /// <summary>Tiles for float, largest first.</summary>
    public static IReadOnlyList<SimtTile> Float { get; } =
    [
        new(128, 128, 8, 8, 8, 2, 1),
        new(64, 64, 16, 8, 4, 4, 0.8),
        new(32, 32, 16, 2, 4, 8, 0.5),
        new(16, 32, 32, 1, 4, 8, 0.3),
    ];

    /// <summary>Tiles for double: a gradient check's, so two are enough.</summary>
    public static IReadOnlyList<SimtTile> Double { get; } =
    [
        new(64, 64, 8, 8, 4, 2, 1),
        new(32, 32, 16, 2, 4, 4, 0.6),
    ];

    /// <summary>Blocks of one product.</summary>
    public long Blocks(long rows, long columns) => (rows + Rows - 1) / Rows * ((columns + Columns - 1) / Columns);

    /// <summary>The index of the tile with the least work on the busiest multiprocessor.</summary>
    public static int Choose(IReadOnlyList<SimtTile> tiles, IGpuDriver driver, long batch, long rows, long columns) =>
        Choose(tiles, driver, (batch, rows, columns), static (tile, shape) => shape.batch * tile.Blocks(shape.rows, shape.columns));

    /// <summary>The same for launches whose blocks are counted otherwise.</summary>
    /// <param name="blocks">Blocks of the whole launch with a tile.</param>
    public static int Choose<TShape>(IReadOnlyList<SimtTile> tiles, IGpuDriver driver, in TShape shape, Func<SimtTile, TShape, long> blocks) =>
        TileChoice.Least(0, tiles.Count, (tiles, driver, shape, blocks), static (i, of) =>
        {
            var tile = of.tiles[i];
            return (of.blocks(tile, of.shape), of.driver.MultiprocessorCount, (double)tile.Rows * tile.Columns / tile.Efficiency);
        });
}

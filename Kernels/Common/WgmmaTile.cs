using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Common;

/// <summary>A block's tile of outputs in kernels built on the products of warp groups (wgmma, sm_90a): 128 rows, three warp groups. Any tile of one precision gives the same bits.</summary>
/// <param name="Columns">Columns of outputs: 64, 128 or 256.</param>
/// <param name="Group">Rows of tiles that blocks which run together share.</param>
/// <param name="Efficiency">Rate while the device is full, relative to the best tile.</param>
public sealed record WgmmaTile(int Columns, int Group, double Efficiency)
{
    /// <summary>The only compute capability (times ten) that has the instructions.</summary>
    public const int Arch = 90;

    /// <summary>Whether a device has the instructions, and a compiler for them.</summary>
    public static bool RunsOn(IGpuDriver driver) => driver.Arch == Arch && driver.CompilesArchSpecific;

    /// <summary>Rows of outputs.</summary>
    public const int Rows = 128;

    /// <summary>Rows of an operand in a brick, see matmul_pack.cu.</summary>
    public const int BrickRows = 128;

    /// <summary>Bytes of a brick.</summary>
    public const int BrickBytes = BrickRows * 128;

    /// <summary>Threads a block: a warp group that fetches, two that multiply.</summary>
    public const int Threads = 384;

    // assumed until a GPU has measured them; they decide which kernel runs and thereby bits, so they are constants and not timings
    private const double Bandwidth = 3.5e12, LaunchSeconds = 3e-6;

    private const int MaxShared = 227 * 1024, Spare = 2048; // to the next 1024 bytes, and mbarriers

    private static readonly int[] s_all = [0, 1, 2], s_split = [1, 2];

    /// <summary>In falling size.</summary>
    public static IReadOnlyList<WgmmaTile> All { get; } = [new(256, 8, 1), new(128, 8, 0.8), new(64, 8, 0.45)];

    /// <summary>Indices into <see cref="All"/> of the tiles that there are for a precision, in falling size: sums of split operands take three times the registers.</summary>
    public static IReadOnlyList<int> Serving(Precision precision) => precision == Precision.Tf32x3 ? s_split : s_all;

    /// <summary>Numbers of k in a brick.</summary>
    public static int Chunk(Precision precision) => precision == Precision.BFloat16 ? 64 : 32;

    /// <summary>Bricks that one of the operand's becomes: two where numbers are split.</summary>
    public static int Parts(Precision precision) => precision == Precision.Tf32x3 ? 2 : 1;

    /// <summary>Stages of operands in shared memory: as many as there is room for.</summary>
    public int Stages(Precision precision) => (MaxShared - Spare) / StageBytes(precision);

    /// <summary>Dynamic shared memory a block, bytes.</summary>
    public int SharedBytes(Precision precision) => (Stages(precision) * StageBytes(precision)) + Spare;

    /// <summary>Blocks of one product, were each to take one tile.</summary>
    public long Tiles(long rows, long columns) => (rows + Rows - 1) / Rows * ((columns + Columns - 1) / Columns);

    /// <summary>Rows of bricks that so many rows, in tiles of clusters of so many blocks, take.</summary>
    public static long RowBlocks(long rows, int cluster) => (rows + (Rows * cluster) - 1) / (Rows * cluster) * cluster;

    /// <summary>Rows of bricks that so many columns take.</summary>
    public long BrickBlocks(long columns) => (((columns + Columns - 1) / Columns * Columns) + BrickRows - 1) / BrickRows;

    /// <summary>The constants that tell the source which tile it is.</summary>
    public string[] Defines(Precision precision) => [$"PRECISION={(int)precision}", $"TILE_N={Columns}", $"TILE_GROUP={Group}", $"TILE_STAGES={Stages(precision)}"];

    /// <summary>Of the tiles that serve a precision, the index into <see cref="All"/> of the one with the least work on the busiest of so many slots.</summary>
    /// <param name="forced">The index to take instead, or the next that serves; null chooses.</param>
    /// <param name="tiles">What is handed out to the slots with a tile.</param>
    internal static int Choose<TShape>(Precision precision, int? forced, long slots, in TShape shape, Func<WgmmaTile, TShape, long> tiles)
    {
        var serving = Serving(precision);
        if (forced is { } index) return MmaTile.Nearest(serving, index);
        return serving[TileChoice.Least(0, serving.Count, (Slots: slots, Serving: serving, Shape: shape, Tiles: tiles), static (i, of) =>
        {
            var tile = All[of.Serving[i]];
            return (of.Tiles(tile, of.Shape), of.Slots, tile.Columns / tile.Efficiency);
        })];
    }

    /// <summary>
    /// Whether these kernels are the faster ones, by arithmetic alone: they and those of mma.sync differ in the order of their sums, so a
    /// measurement must not choose between them.
    /// </summary>
    /// <param name="flops">Of all tiles, what edges and idle slots waste included.</param>
    /// <param name="moved">Bytes that rounding and rearranging read and write.</param>
    /// <param name="rate">Operations a second of the best tile.</param>
    /// <param name="seconds">What mma.sync takes.</param>
    internal bool Pays(double flops, double moved, double rate, double seconds) => (flops / (rate * Efficiency)) + (moved / Bandwidth) + LaunchSeconds < seconds;

    /// <summary>The same where images are stored as these kernels read them, so that memory counts: each side takes as long as its arithmetic or its bytes, whichever is more.</summary>
    /// <param name="bytes">That these kernels read and write.</param>
    /// <param name="more">Bytes that they move beyond these, each behind a launch of its own.</param>
    /// <param name="launches">How many launches more than those of mma.sync.</param>
    /// <param name="theirs">Bytes that those of mma.sync read and write.</param>
    internal bool Pays(double flops, double bytes, double more, int launches, double rate, double seconds, double theirs) =>
        Math.Max(flops / (rate * Efficiency), bytes / Bandwidth) + (more / Bandwidth) + (launches * LaunchSeconds) < Math.Max(seconds, theirs / Bandwidth);

    private int StageBytes(Precision precision) => Parts(precision) * (BrickBytes + (Columns * 128));
}

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

    private int StageBytes(Precision precision) => Parts(precision) * (BrickBytes + (Columns * 128));
}

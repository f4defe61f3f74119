using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.MatMul;

/// <summary>
/// Launches matmul_pack.cu and matmul_wgmma.cu: large float32 products on the tensor cores of an sm_90a. Both operands are first rounded and
/// laid out as the kernel's shared memory wants them, whatever their order was, into scratch of the caller's.
/// </summary>
public sealed class MatMulWgmmaGpu : IGpuKernelFamily
{
    private const int PackThreads = 256;

    // blocks that share the bricks of B
    private const int Cluster = 2;

    private static readonly Dictionary<(Precision Precision, int Tile), GpuKernel> Kernels = (
        from precision in Precisions.OfTensorCores
        from tile in WgmmaTile.Serving(precision)
        select (Key: (precision, tile), Kernel: Variant(precision, WgmmaTile.All[tile]))).ToDictionary(x => x.Key, x => x.Kernel);

    private static readonly Dictionary<(Precision Precision, bool AlongK), GpuKernel> PackKernels = (
        from precision in Precisions.OfTensorCores
        from alongK in new[] { false, true }
        select (Key: (precision, alongK), Kernel: new GpuKernel("MatMul/matmul_pack.cu", "matmul_pack", typeof(MatMulPackArgs), $"PRECISION={(int)precision}", $"ALONG_K={(alongK ? 1 : 0)}")
        {
            MinArch = MmaTile.MinArch,
            FollowsSummationLaw = false,
        })).ToDictionary(x => x.Key, x => x.Kernel);

    public static IEnumerable<GpuKernel> Variants => Kernels.Values.Concat(PackKernels.Values);

    /// <summary>Index into <see cref="WgmmaTile.All"/> of the tile that every product of this thread takes, however small, if it gets its scratch; null chooses. For tests.</summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    internal static long ScratchBytes(GpuDevice device, MatMulOp op, in MatMulShape shape)
    {
        var args = new MatMulArgs { Batch = shape.Batch, M = shape.M, N = shape.N, K = shape.K, Op = (int)op };
        return Suits(device, args) && Pays(device, args) ? PackedBytes(device.Precision, args) : 0;
    }

    /// <summary>Whether this scratch was meant for it: who gives that much has asked <see cref="ScratchBytes"/>.</summary>
    internal static bool Serves(GpuDevice device, in MatMulArgs args, long scratchBytes) => Suits(device, args) && scratchBytes >= PackedBytes(device.Precision, args);

    internal static void Launch(GpuDevice device, MatMulArgs args, ReadOnlySpan<Access> accesses, BufferRange scratch)
    {
        var precision = device.Precision;
        int index = Choose(device, args);
        var tile = WgmmaTile.All[index];
        var op = (MatMulOp)args.Op;
        long sizeA = OperandBytes(precision, args.Batch, WgmmaTile.RowBlocks(args.M, Cluster), args.K), sizeB = OperandBytes(precision, args.Batch, tile.BrickBlocks(args.N), args.K);
        BufferRange a = scratch.Slice(0, sizeA), b = scratch.Slice(sizeA, sizeB);
        Pack(device, precision, accesses[0], a, op != MatMulOp.TN, args.Batch, args.M, args.K, WgmmaTile.RowBlocks(args.M, Cluster));
        Pack(device, precision, accesses[1], b, op == MatMulOp.NT, args.Batch, args.N, args.K, tile.BrickBlocks(args.N));
        args.A = a.Address;
        args.B = b.Address;
        // as many clusters as run at once; multiprocessors come in groups, of which one may have an odd number and leave one idle
        long clusters = Math.Min(Clusters(tile, args), Slots(device));
        var shape = LaunchShape.Linear(clusters * Cluster, WgmmaTile.Threads) with { SharedBytes = tile.SharedBytes(precision) };
        device.Launch(Kernels[(precision, index)], shape, ref args, [Access.Read(a), Access.Read(b), .. accesses[2..]]);
    }

    private static void Pack(GpuDevice device, Precision precision, in Access source, BufferRange target, bool alongK, long batch, long rows, long k, long blocks)
    {
        int chunks = checked((int)Chunks(precision, k));
        var args = new MatMulPackArgs
        {
            X = source.Range.Address,
            Y = target.Address,
            Rows = rows,
            K = k,
            Blocks = checked((int)blocks),
            Chunks = chunks,
        };
        device.Launch(PackKernels[(precision, alongK)], LaunchShape.Linear(batch * args.Blocks * chunks, PackThreads), ref args, [source, Access.Write(target)]);
    }

    private static bool Suits(GpuDevice device, in MatMulArgs args) =>
        device.Precision != Precision.Float32 && WgmmaTile.RunsOn(device.Driver) && MatMulGpu.InQuads(args);

    private static bool Pays(GpuDevice device, in MatMulArgs args)
    {
        if (ForcedTile is not null) return true;
        if (args.M < WgmmaTile.Rows || args.N < WgmmaTile.Rows || args.K < 256) return false;
        var precision = device.Precision;
        var (mma, wgmma) = precision switch { Precision.Tf32 => (180e12, 330e12), Precision.BFloat16 => (180e12, 600e12), _ => (70e12, 110e12) };
        var tile = WgmmaTile.All[Choose(device, args)];
        long slots = Slots(device), tiles = Clusters(tile, args);
        double rounds = (double)((tiles + slots - 1) / slots * slots) * Cluster * WgmmaTile.Rows * tile.Columns;
        double packed = PackedBytes(precision, args) + (sizeof(float) * (double)args.Batch * args.K * (args.M + args.N));
        return tile.Pays(2 * rounds * args.K, packed, wgmma, args.Flops / mma);
    }

    private static int Choose(GpuDevice device, in MatMulArgs args) =>
        WgmmaTile.Choose(device.Precision, ForcedTile, Slots(device), args, static (tile, args) => Clusters(tile, args));

    // clusters that run at once
    private static long Slots(GpuDevice device) => Math.Max(1, device.Driver.MultiprocessorCount / Cluster);

    private static long Clusters(WgmmaTile tile, in MatMulArgs args) => args.Batch * (WgmmaTile.RowBlocks(args.M, Cluster) / Cluster) * ((args.N + tile.Columns - 1) / tile.Columns);

    // for the widest tile, so that the scratch does not depend on the choice
    private static long PackedBytes(Precision precision, in MatMulArgs args) =>
        OperandBytes(precision, args.Batch, WgmmaTile.RowBlocks(args.M, Cluster), args.K) + OperandBytes(precision, args.Batch, WgmmaTile.All[0].BrickBlocks(args.N), args.K);

    private static long OperandBytes(Precision precision, long batch, long blocks, long k) =>
        batch * blocks * Chunks(precision, k) * WgmmaTile.Parts(precision) * WgmmaTile.BrickBytes;

    private static long Chunks(Precision precision, long k) => (k + WgmmaTile.Chunk(precision) - 1) / WgmmaTile.Chunk(precision);

    private static GpuKernel Variant(Precision precision, WgmmaTile tile) =>
        new("MatMul/matmul_wgmma.cu", "matmul_wgmma", typeof(MatMulArgs), [.. tile.Defines(precision), $"TILE_CLUSTER={Cluster}"])
        {
            MinArch = WgmmaTile.Arch,
            ArchSpecific = true,
            FollowsSummationLaw = false,
            DynamicSharedBytes = tile.SharedBytes(precision),
        };
}

/// <summary>The argument block of matmul_pack.cu; mirrors MATMUL_PACK_ARGS.</summary>
public struct MatMulPackArgs
{
    /// <summary>Address of the operand, [product, rows, K] or [product, K, rows], read.</summary>
    public ulong X;

    /// <summary>Address of the bricks, written.</summary>
    public ulong Y;

    /// <summary>Rows of the operand.</summary>
    public long Rows;

    /// <summary>Numbers a row.</summary>
    public long K;

    /// <summary>Rows of bricks a product; those beyond the operand are zero.</summary>
    public int Blocks;

    /// <summary>Bricks along k.</summary>
    public int Chunks;
}

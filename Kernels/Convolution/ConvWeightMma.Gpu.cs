using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>Launches conv_weight_mma.cu: the chunks' sums of a filter gradient on tensor cores, where the device's precision asks for them.</summary>
public sealed class ConvWeightMmaGpu : IGpuKernelFamily
{
    private static readonly Dictionary<(Precision Precision, int Tile, bool Quads), GpuKernel> Kernels =
        ConvTiles.AllMma.ToDictionary(x => x, x => Variant(x.Precision, x.Tile, x.Quads));

    private static readonly Func<MmaTile, (ConvPlan Plan, int Chunks), long> BlocksOf = static (tile, shape) => shape.Chunks * Blocks(tile, shape.Plan);

    public static IEnumerable<GpuKernel> Variants => Kernels.Values;

    /// <summary>Index into <see cref="MmaTile.All"/> of the tile that every launch of this thread takes; null chooses. For tests that all tiles give the same bits.</summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    /// <param name="quads">Input channels move in fours.</param>
    internal static void Launch(GpuDevice device, ConvPlan plan, bool quads, ref ConvWeightArgs args, ReadOnlySpan<Access> accesses)
    {
        int first = quads ? 0 : MmaTile.SingleFrom;
        int index = ForcedTile is { } forced ? Math.Max(first, forced) : MmaTile.Choose(device.Driver, first, (plan, args.Chunks), BlocksOf);
        var tile = MmaTile.All[index];
        var shape = new LaunchShape(checked((int)Blocks(tile, plan)), args.Chunks, 1, tile.Threads, tile.SharedBytes);
        device.Launch(Kernels[(device.Precision, index, quads)], shape, ref args, accesses);
    }

    /// <summary>Tiles of one chunk.</summary>
    private static long Blocks(MmaTile tile, ConvPlan plan)
    {
        long blocks = 0;
        for (int i = 0; i < plan.Parts.Count; i++)
        {
            var part = plan.Parts[i];
            blocks += tile.Blocks(part.K, part.EndOutput - part.FirstOutput);
        }

        return blocks;
    }

    private static GpuKernel Variant(Precision precision, int index, bool quads)
    {
        var tile = MmaTile.All[index];
        return new("Convolution/conv_weight_mma.cu", "conv_weight_mma", typeof(ConvWeightArgs), [$"PRECISION={(int)precision}", .. tile.Defines(quads)])
        {
            MinArch = MmaTile.MinArch,
            FollowsSummationLaw = false,
            DynamicSharedBytes = tile.SharedBytes,
        };
    }
}

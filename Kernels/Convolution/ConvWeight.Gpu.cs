using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// Launches conv_weight.cu (conv_weight_narrow.cu for few output channels), one block a tile of the filter and chunk of pixels, and
/// conv_weight_sum.cu, which adds the chunks. Float32 sums of chunks go to <see cref="ConvWeightMmaGpu"/> where the device's precision says so.
/// </summary>
public sealed class ConvWeightGpu : IGpuKernelFamily
{
    private const int SumThreads = 256;

    private static readonly RealKernels Sum = new("Convolution/conv_weight_sum.cu", "conv_weight_sum", typeof(ConvWeightArgs));

    private static readonly Dictionary<(DType Dtype, int Tile, bool Quads), GpuKernel> Kernels =
        ConvTiles.All.Where(x => !x.Quads || !ConvTiles.IsNarrow(ConvTiles.Of(x.Dtype)[x.Tile])).ToDictionary(x => x, x => Variant(x.Dtype, x.Tile, x.Quads));

    private static readonly Func<SimtTile, (ConvPlan Plan, int Chunks), long> BlocksOf = static (tile, shape) => shape.Chunks * Blocks(tile, shape.Plan);

    public static IEnumerable<GpuKernel> Variants => Kernels.Values.Concat(Sum.All);

    /// <summary>Index of the tile that every launch of this thread takes; null chooses by shape. For tests that all tiles give the same bits.</summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    /// <summary>How many tiles there are to force.</summary>
    public static int TileCount(DType dtype) => ConvTiles.Of(dtype).Length;

    internal static void Launch(GpuDevice device, DType dtype, ConvProgram program, ref ConvWeightArgs args, BufferRange x, BufferRange dy, BufferRange dw, BufferRange scratch)
    {
        bool aligned = dtype == DType.Float32 && (args.X | args.Dy | args.Scratch) % 16 == 0, accumulate = args.Accumulate != 0;
        args.OutQuads = aligned && program.OutputQuads ? 1 : 0;
        var tiles = ConvTiles.Of(dtype);
        int index = ForcedTile ?? SimtTile.Choose(tiles, device.Driver, (program.Plan, args.Chunks), BlocksOf);
        long blocks = Blocks(tiles[index], program.Plan);
        if (blocks > 0) // else no weight has a tap
        {
            bool quads = aligned && program.InputQuads;
            ReadOnlySpan<Access> first =
            [
                Access.Read(x), Access.Read(dy), args.Masked != 0 ? Access.Update(scratch) : Access.Write(scratch), Access.Read(program.Parts), Access.Read(program.Taps),
            ];
            if (dtype == DType.Float32 && device.Precision != Precision.Float32 && ConvMmaGpu.Serves(program.Plan)) ConvWeightMmaGpu.Launch(device, program.Plan, quads, ref args, first);
            else device.Launch(Kernels[(dtype, index, quads && !ConvTiles.IsNarrow(tiles[index]))], new LaunchShape(checked((int)blocks), args.Chunks, 1, tiles[index].Threads), ref args, first);
        }

        ReadOnlySpan<Access> second =
        [
            Access.Read(scratch), accumulate ? Access.Update(dw) : Access.Write(dw), Access.Read(program.Parts), Access.Read(program.Taps),
        ];
        long weights = program.Plan.FilterCount;
        device.Launch(Sum[dtype], LaunchShape.Linear(device.Driver.GridStrideBlocks(weights, SumThreads), SumThreads), ref args, second);
    }

    /// <summary>Tiles of one chunk.</summary>
    private static long Blocks(SimtTile tile, ConvPlan plan)
    {
        long blocks = 0;
        for (int i = 0; i < plan.Parts.Count; i++)
        {
            var part = plan.Parts[i];
            blocks += tile.Blocks(part.K, part.EndOutput - part.FirstOutput);
        }

        return blocks;
    }

    private static GpuKernel Variant(DType dtype, int index, bool quads)
    {
        var tile = ConvTiles.Of(dtype)[index];
        var (file, entry) = ConvTiles.IsNarrow(tile) ? ("Convolution/conv_weight_narrow.cu", "conv_weight_narrow") : ("Convolution/conv_weight.cu", "conv_weight");
        return new(file, entry, typeof(ConvWeightArgs), [$"REAL={dtype.CName()}", .. tile.Defines(quads)]);
    }
}

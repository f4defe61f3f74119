using System.Numerics;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// Launches conv_weight.cu (conv_weight_narrow.cu for few output channels), one block a tile of the filter and chunk of pixels, and
/// conv_weight_sum.cu, which adds the chunks. Float32 sums of chunks go to <see cref="ConvWeightMmaGpu"/> or <see cref="ConvWeightWgmmaGpu"/> where the device's precision says so.
/// </summary>
public sealed class ConvWeightGpu : ITiledKernelFamily
{
    private const int SumThreads = 256;

    private static readonly RealKernels Sum = new("Convolution/conv_weight_sum.cu", "conv_weight_sum", typeof(ConvWeightArgs));

    private static readonly Dictionary<(DType Dtype, int Tile, bool Quads), GpuKernel> Kernels =
        ConvTiles.All.Where(x => !x.Quads || !ConvTiles.IsNarrow(ConvTiles.Of(x.Dtype)[x.Tile])).ToDictionary(x => x, x => Variant(x.Dtype, x.Tile, x.Quads));

    private static readonly Func<SimtTile, (ConvPlan Plan, int Chunks), long> BlocksOf = static (tile, shape) => shape.Chunks * Blocks(tile, shape.Plan);

    public static IEnumerable<GpuKernel> Variants => Kernels.Values.Concat(Sum.All);

    /// <summary>Index of the tile that every launch of this thread takes, the last for any beyond; null chooses. For tests that all tiles give the same bits.</summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    /// <summary>How many tiles there are to force.</summary>
    public static int TileCount(DType dtype) => ConvTiles.Of(dtype).Length;

    public static int MostTiles => TileCount(DType.Float32);

    /// <param name="sums">Of the chunks, the beginning of the scratch.</param>
    internal static void Launch(GpuDevice device, DType dtype, ConvProgram program, ref ConvWeightArgs args, BufferRange x, BufferRange dy, BufferRange dw, BufferRange sums, BufferRange scratch,
        bool roundedX, bool roundedDy)
    {
        bool aligned = dtype == DType.Float32 && (args.X | args.Dy | args.Scratch) % 16 == 0, accumulate = args.Accumulate != 0;
        args.OutQuads = aligned && program.OutputQuads ? 1 : 0;
        var tiles = ConvTiles.Of(dtype);
        if (Blocks(tiles[0], program.Plan) > 0) // else no weight has a tap
        {
            bool quads = aligned && program.InputQuads;
            ReadOnlySpan<Access> first = [Access.Read(x), Access.Read(dy), args.Masked != 0 ? Access.Update(sums) : Access.Write(sums), Access.Read(program.Parts), Access.Read(program.Taps)];
            bool tensorCores = dtype == DType.Float32 && device.Precision != Precision.Float32 && ConvMmaGpu.Serves(program.Plan);
            if (tensorCores && aligned && ConvWeightWgmmaGpu.ScratchBytes(device, program, args.Batch, roundedX, roundedDy) is > 0 and var bytes && scratch.Bytes >= bytes)
            {
                sums = ConvWeightWgmmaGpu.Launch(device, program, ref args, (x, roundedX), (dy, roundedDy), scratch, first[3..]);
            }
            else if (roundedX || roundedDy)
            {
                throw new EngineException($"conv_weight {program.Plan}: numbers in BF16 without the scratch of ScratchBytes, or at addresses that are no multiples of 16.");
            }
            else if (tensorCores)
            {
                ConvWeightMmaGpu.Launch(device, program, quads, ref args, first);
            }
            else
            {
                int index = ForcedTile is { } forced ? Math.Min(forced, tiles.Length - 1) : Choose(device, dtype, program, quads, args);
                device.Launch(Kernel(dtype, index, quads), Shape(tiles[index], program.Plan, args.Chunks), ref args, first);
            }
        }

        args.Products = 0;
        ReadOnlySpan<Access> second =
        [
            Access.Read(sums), accumulate ? Access.Update(dw) : Access.Write(dw), Access.Read(program.Parts), Access.Read(program.Taps),
        ];
        long wide = Math.Min(BitOperations.RoundUpToPowerOf2((uint)args.OutC), 32), high = SumThreads / wide, rows = (long)args.FilterTaps * args.InC;
        long blocks = (args.OutC + wide - 1) / wide * ((rows + high - 1) / high);
        device.Launch(Sum[dtype], LaunchShape.Linear(device.Driver.GridStrideBlocks(blocks * SumThreads, SumThreads), SumThreads), ref args, second);
    }

    private static int Choose(GpuDevice device, DType dtype, ConvProgram program, bool quads, in ConvWeightArgs args)
    {
        int analytic = SimtTile.Choose(ConvTiles.Of(dtype), device.Driver, (program.Plan, args.Chunks), BlocksOf);
        if (dtype != DType.Float32) return analytic; // float64 is a gradient check's
        var key = ConvTuning.Key("conv_weight", Precision.Float32, program, args.Batch, quads, args.OutQuads != 0);
        // the chunks' sums are overwritten: they may be measured where they lie
        return TileTuning.IsSettled(device, key, analytic, out int choice) ? choice : TileTuning.Measure(device, key, args, analytic, Candidates(program.Plan, quads, analytic, args.Chunks));
    }

    private static TileCandidate[] Candidates(ConvPlan plan, bool quads, int analytic, int chunks)
    {
        var tiles = ConvTiles.Of(DType.Float32);
        return
        [
            .. tiles.Take(ConvTuning.Candidates(plan, tiles.Length, analytic)).Select((tile, i) =>
                new TileCandidate(tile.Name, Kernel(DType.Float32, i, quads), Shape(tile, plan, chunks))),
        ];
    }

    private static GpuKernel Kernel(DType dtype, int tile, bool quads) => Kernels[(dtype, tile, quads && !ConvTiles.IsNarrow(ConvTiles.Of(dtype)[tile]))];

    private static LaunchShape Shape(SimtTile tile, ConvPlan plan, int chunks) => new(checked((int)Blocks(tile, plan)), chunks, 1, tile.Threads);

    private static long Blocks(SimtTile tile, ConvPlan plan) => ConvTiles.FilterBlocks(plan, tile, static (tile, rows, columns) => tile.Blocks(rows, columns));

    private static GpuKernel Variant(DType dtype, int index, bool quads)
    {
        var tile = ConvTiles.Of(dtype)[index];
        var (file, entry) = ConvTiles.IsNarrow(tile) ? ("Convolution/conv_weight_narrow.cu", "conv_weight_narrow") : ("Convolution/conv_weight.cu", "conv_weight");
        return new(file, entry, typeof(ConvWeightArgs), [$"REAL={dtype.CName()}", .. tile.Defines(quads)]);
    }
}

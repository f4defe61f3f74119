using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// Launches conv_weight_wgmma.cu: the chunks' sums of a large filter gradient in BF16 on the tensor cores of an sm_90a, where input channels come in slices of 64. Images and
/// dy are rounded first, into scratch of the caller's. Chunks are not those of <see cref="ConvWeight.Split"/>: a tile has eight times the outputs, and
/// fewer, longer sums fill the device.
/// </summary>
public sealed class ConvWeightWgmmaGpu : IGpuKernelFamily
{
    private const int Pieces = 8; // channels in 16 bytes
    private const int LeastPixels = 256, MostChunks = 256;

    private static readonly GpuKernel[] Kernels = [.. WgmmaTile.Serving(Precision.BFloat16).Select(tile => Variant(WgmmaTile.All[tile]))];

    public static IEnumerable<GpuKernel> Variants => Kernels;

    /// <summary>Index into <see cref="WgmmaTile.All"/> of the tile that every filter gradient of this thread takes, however small, if channels fit and it gets its scratch; null chooses. For tests.</summary>
    [field: ThreadStatic]
    public static int? ForcedTile { get; set; }

    /// <summary>Bytes of scratch, the chunks' sums included; 0 where other kernels are the faster ones.</summary>
    /// <param name="roundedX">The images come rounded.</param>
    /// <param name="roundedDy">The gradient does.</param>
    internal static long ScratchBytes(GpuDevice device, ConvProgram program, int batch, bool roundedX, bool roundedDy) =>
        Suits(device, program, batch) && (Pays(device, program, batch) || (roundedX && roundedDy && PaysBFloat16(device, program, batch))) ? Layout.Of(device, program, batch, roundedX, roundedDy).Bytes : 0;

    /// <summary>Whether it computes this gradient, given <see cref="ScratchBytes"/>.</summary>
    internal static bool Serves(GpuDevice device, ConvProgram program, int batch) => Suits(device, program, batch) && Pays(device, program, batch);

    /// <summary>Whether it takes images and gradient in BF16, given its scratch.</summary>
    internal static bool ServesBFloat16(GpuDevice device, ConvProgram program, int batch) => Suits(device, program, batch) && PaysBFloat16(device, program, batch);

    /// <summary>Sums of chunks, and how many: into args, with where they lie.</summary>
    /// <param name="x">The images, and whether they are BF16.</param>
    /// <param name="dy">The gradient, likewise.</param>
    /// <param name="tables">Accesses of the plan's parts and taps.</param>
    /// <returns>The chunks' sums.</returns>
    internal static BufferRange Launch(GpuDevice device, ConvProgram program, ref ConvWeightArgs args, (BufferRange Range, bool Rounded) x, (BufferRange Range, bool Rounded) dy, BufferRange scratch, ReadOnlySpan<Access> tables)
    {
        var plan = program.Plan;
        var layout = Layout.Of(device, program, args.Batch, x.Rounded, dy.Rounded);
        BufferRange sums = scratch.Slice(0, layout.Sums), images = x.Rounded ? x.Range : scratch.Slice(layout.ImagesAt, layout.Images), gradient = dy.Rounded ? dy.Range : scratch.Slice(layout.GradientAt, layout.Gradient);
        if (!x.Rounded) ConvWgmmaGpu.Round(device, x.Range, images, args.Batch * plan.Input.Count);
        if (!dy.Rounded) ConvWgmmaGpu.Round(device, dy.Range, gradient, args.Batch * plan.Output.Count);
        args.X = images.Address;
        args.Dy = gradient.Address;
        args.Scratch = sums.Address;
        (args.ChunkPixels, args.Chunks) = (layout.Chunks.Pixels, layout.Chunks.Count);
        int index = ForcedTile ?? layout.Chunks.Tile;
        var tile = WgmmaTile.All[index];
        var shape = new LaunchShape(checked((int)Tiles(tile, plan)), args.Chunks, 1, WgmmaTile.Threads, tile.SharedBytes(Precision.BFloat16));
        device.Launch(Kernels[index], shape, ref args, [Access.Read(images), Access.Read(gradient), args.Masked != 0 ? Access.Update(sums) : Access.Write(sums), .. tables]);
        return sums;
    }

    private static bool Suits(GpuDevice device, ConvProgram program, int batch)
    {
        var plan = program.Plan;
        if (device.Precision != Precision.BFloat16 || !WgmmaTile.RunsOn(device.Driver) || !program.WholeBricks || !ConvMmaGpu.Serves(plan) || plan.Output.Channels % Pieces != 0) return false;
        for (int i = 0; i < plan.Parts.Count; i++)
        {
            if (plan.Parts[i].FirstOutput % Pieces != 0 || plan.Parts[i].EndOutput % 4 != 0) return false;
        }

        return (long)batch * plan.Input.Height * plan.Input.Width < int.MaxValue; // a pixel's number
    }

    private static bool Pays(GpuDevice device, ConvProgram program, int batch)
    {
        if (ForcedTile is not null) return true;
        var plan = program.Plan;
        var (mma, wgmma) = ConvWgmmaGpu.Rates(device.Precision);
        var chunks = ChunksOf(device, program, batch);
        double moved = 1.5 * sizeof(float) * batch * ((double)plan.Input.Count + plan.Output.Count), flops = 2.0 * batch * plan.Products;
        return WgmmaTile.All[chunks.Tile].Pays(chunks.Work * device.Driver.MultiprocessorCount, moved + MoreSums(plan, batch, chunks), wgmma, flops / mma);
    }

    // with nothing to round, what is saved is bytes
    private static bool PaysBFloat16(GpuDevice device, ConvProgram program, int batch)
    {
        if (ForcedTile is not null) return true;
        var plan = program.Plan;
        var (mma, wgmma) = ConvWgmmaGpu.Rates(device.Precision);
        var chunks = ChunksOf(device, program, batch);
        long elements = batch * (plan.Input.Count + plan.Output.Count);
        return WgmmaTile.All[chunks.Tile].Pays(
            chunks.Work * device.Driver.MultiprocessorCount, elements * sizeof(ushort), MoreSums(plan, batch, chunks), 0, wgmma, 2.0 * batch * plan.Products / mma, elements * sizeof(float));
    }

    // bytes of the chunks' sums beyond those of the other kernels
    private static double MoreSums(ConvPlan plan, int batch, WgmmaChunks chunks) =>
        2.0 * sizeof(float) * plan.FilterCount * Math.Max(0, chunks.Count - ConvWeight.Split(plan, batch).Chunks);

    // searched once a program and batch: every pass asks several times
    private static WgmmaChunks ChunksOf(GpuDevice device, ConvProgram program, int batch)
    {
        if (!program.WgmmaChunks.TryGetValue(batch, out var chunks))
            program.WgmmaChunks[batch] = chunks = Split(program.Plan, batch, device.Driver.MultiprocessorCount);
        return chunks;
    }

    /// <summary>
    /// The tile and the chunks of whole stages of 64 pixels with the least work on the busiest multiprocessor, the chunks' sums counted as what it could have multiplied meanwhile. Which
    /// chunks there are decides bits, so a forced tile does not change them.
    /// </summary>
    internal static WgmmaChunks Split(ConvPlan plan, int batch, int slots)
    {
        const double OperationsAByte = 150; // of the device, at the rates that are assumed
        int stage = WgmmaTile.Chunk(Precision.BFloat16);
        long pixels = (long)batch * plan.Output.Height * plan.Output.Width, stages = (pixels + stage - 1) / stage, most = Math.Clamp(pixels / LeastPixels, 1, MostChunks);
        var best = default(WgmmaChunks);
        double least = double.PositiveInfinity;
        foreach (int index in WgmmaTile.Serving(Precision.BFloat16))
        {
            var tile = WgmmaTile.All[index];
            long tiles = Tiles(tile, plan);
            for (int wanted = 1; wanted <= most; wanted++)
            {
                long each = (stages + wanted - 1) / wanted, chunks = (stages + each - 1) / each, rounds = ((tiles * chunks) + slots - 1) / slots;
                double work = 2.0 * rounds * each * stage * WgmmaTile.Rows * tile.Columns;
                double cost = (work / tile.Efficiency) + (2.0 * sizeof(float) * chunks * plan.FilterCount * OperationsAByte / slots);
                if (cost < least) (least, best) = (cost, new WgmmaChunks(index, checked((int)(each * stage)), (int)chunks, work));
            }
        }

        return best;
    }

    private static long Tiles(WgmmaTile tile, ConvPlan plan) => ConvTiles.FilterBlocks(plan, tile, static (tile, rows, columns) => tile.Tiles(rows, columns));

    private static GpuKernel Variant(WgmmaTile tile) =>
        new("Convolution/conv_weight_wgmma.cu", "conv_weight_wgmma", typeof(ConvWeightArgs), tile.Defines(Precision.BFloat16))
        {
            MinArch = WgmmaTile.Arch,
            ArchSpecific = true,
            FollowsSummationLaw = false,
            DynamicSharedBytes = tile.SharedBytes(Precision.BFloat16),
        };

    // where the scratch has what, bytes
    private readonly record struct Layout(WgmmaChunks Chunks, long Sums, long Images, long Gradient)
    {
        public long ImagesAt => Ranges.Align(Sums);

        public long GradientAt => ImagesAt + Ranges.Align(Images);

        public long Bytes => GradientAt + Gradient;

        public static Layout Of(GpuDevice device, ConvProgram program, int batch, bool roundedX, bool roundedDy)
        {
            var plan = program.Plan;
            var chunks = ChunksOf(device, program, batch);
            long images = roundedX ? 0 : batch * plan.Input.Count * sizeof(ushort), gradient = roundedDy ? 0 : batch * plan.Output.Count * sizeof(ushort);
            return new Layout(chunks, chunks.Count * plan.FilterCount * sizeof(float), images, gradient);
        }
    }
}

/// <summary>How conv_weight_wgmma.cu shares a filter gradient out.</summary>
/// <param name="Tile">Index into <see cref="WgmmaTile.All"/>.</param>
/// <param name="Pixels">Of a chunk, whole stages.</param>
/// <param name="Count">Chunks.</param>
/// <param name="Work">Operations of the busiest multiprocessor, those with padding included.</param>
internal readonly record struct WgmmaChunks(int Tile, int Pixels, int Count, double Work);

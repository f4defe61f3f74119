using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// The gradient to the filter: dW[k, tap, c] = sum over pixels p of dy[p, k] x[p at tap, c], over the convolution's plan, so that a mask holds
/// here too: masked weights get +0. Pixels (image, row, column) are cut into chunks whose number depends on the shape alone
/// (<see cref="Split"/>); a chunk's sum is one chain of fused multiply-adds over ascending pixels from +0, padding entering as +0; the chunks' sums are added
/// ascending from +0; an accumulating launch adds the total to what was there. A GPU whose precision is not float32 sums chunks on tensor cores, as <see cref="Conv"/>, in BF16 perhaps other chunks.
/// </summary>
public static class ConvWeight
{
    private const string Name = "conv_weight";

    /// <summary>Pixels a chunk, and how many chunks: enough for a GPU to be busy, and not more than the pixels are worth.</summary>
    public static (int Pixels, int Chunks) Split(ConvPlan plan, int batch)
    {
        const long Blocks = 256, LeastPixels = 256, Multiple = 32;
        long pixels = (long)batch * plan.Output.Height * plan.Output.Width;
        long tiles = Ceiling(plan.Output.Channels, 64) * Ceiling((long)plan.FilterTaps * plan.Input.Channels, 64);
        long chunks = Math.Clamp(Blocks / tiles, 1, Ceiling(pixels, LeastPixels));
        long chunk = Ceiling(Ceiling(pixels, chunks), Multiple) * Multiple;
        return (checked((int)chunk), (int)Ceiling(pixels, chunk));
    }

    /// <summary>
    /// Bytes of the scratch that <see cref="Run"/> wants: one filter a chunk; more where rounding images and gradient for the tensor cores of an sm_90a first pays.
    /// </summary>
    /// <param name="roundedX">x comes rounded.</param>
    /// <param name="roundedDy">dy does.</param>
    public static long ScratchBytes(Device device, DType dtype, ConvProgram program, int batch, bool roundedX = false, bool roundedDy = false)
    {
        long sums = ScratchCount(program.Plan, batch) * dtype.Size();
        return device is GpuDevice gpu && dtype == DType.Float32 ? Math.Max(sums, ConvWeightWgmmaGpu.ScratchBytes(gpu, program, batch, roundedX, roundedDy)) : sums;
    }

    /// <param name="dtype">Float32 or Float64, of all four.</param>
    /// <param name="program">The convolution's plan (not an adjoint) on this device.</param>
    /// <param name="batch">Images.</param>
    /// <param name="x">[batch, plan.Input], read; BF16 where it comes rounded.</param>
    /// <param name="dy">[batch, plan.Output], read: the gradient behind the convolution, before bias and activation; likewise.</param>
    /// <param name="dw">[output channel, tap, input channel], written.</param>
    /// <param name="scratch"><see cref="ScratchBytes"/>, overwritten.</param>
    /// <param name="accumulate">Add to what dw holds; else dw is only written.</param>
    /// <param name="roundedX">x is BF16, as <see cref="RoundedImages"/> leaves it; where <see cref="TakesRounded"/> or <see cref="ServesBFloat16"/> says so.</param>
    /// <param name="roundedDy">dy likewise.</param>
    /// <exception cref="EngineException">The plan is an adjoint, an element type is not floating point, a range is too short, or rounded images come where they are not taken.</exception>
    public static void Run(
        Device device, DType dtype, ConvProgram program, int batch, BufferRange x, BufferRange dy, BufferRange dw, BufferRange scratch, bool accumulate = false,
        bool roundedX = false, bool roundedDy = false)
    {
        var plan = program.Plan;
        if (dtype is not (DType.Float32 or DType.Float64)) throw new EngineException($"{Name} takes float or double, not {dtype.CName()}.");
        if (plan.FilterTransposed) throw new EngineException($"{Name} {plan}: give the convolution's plan, not its adjoint; a transposed convolution swaps x and dy.");
        if (batch <= 0) throw new EngineException($"{Name} {plan}: a batch of {batch} images; it must be positive.");
        var (pixels, chunks) = Split(plan, batch);
        if ((roundedX || roundedDy) && !TakesRounded(device, dtype, program, batch) && !(roundedX && roundedDy && ServesBFloat16(device, dtype, program, batch)))
            throw new EngineException($"{Name} {plan}: rounded images, which it does not take here: ask TakesRounded.");
        x = x.First(Name, "x", roundedX ? DType.BFloat16 : dtype, batch * plan.Input.Count);
        dy = dy.First(Name, "dy", roundedDy ? DType.BFloat16 : dtype, batch * plan.Output.Count);
        dw = dw.First(Name, "dw", dtype, plan.FilterCount);
        var sums = scratch.First(Name, "scratch", dtype, ScratchCount(plan, batch));
        var args = new ConvWeightArgs
        {
            X = x.Address,
            Dy = dy.Address,
            Dw = dw.Address,
            Scratch = sums.Address,
            Parts = program.Parts.Address,
            Taps = program.Taps.Address,
            Batch = batch,
            InH = plan.Input.Height,
            InW = plan.Input.Width,
            InC = plan.Input.Channels,
            OutH = plan.Output.Height,
            OutW = plan.Output.Width,
            OutC = plan.Output.Channels,
            FilterTaps = plan.FilterTaps,
            PartCount = plan.Parts.Count,
            InStepY = plan.InStepY,
            InStepX = plan.InStepX,
            MinDy = program.MinDy,
            MaxDy = program.MaxDy,
            MinDx = program.MinDx,
            MaxDx = program.MaxDx,
            ChunkPixels = pixels,
            Chunks = chunks,
            Accumulate = accumulate ? 1 : 0,
            Masked = plan.Parts.Sum(part => (long)part.K * (part.EndOutput - part.FirstOutput)) == plan.FilterCount ? 0 : 1,
            Products = plan.Products,
        };
        if (device is CpuDevice cpu)
        {
            ReadOnlySpan<Access> accesses =
            [
                Access.Read(x), Access.Read(dy), accumulate ? Access.Update(dw) : Access.Write(dw), Access.Update(sums), Access.Read(program.Parts), Access.Read(program.Taps),
            ];
            cpu.Launch<ConvWeightCpu, ConvWeightArgs>(Name, dtype, ref args, accesses);
            return;
        }

        ConvWeightGpu.Launch((GpuDevice)device, dtype, program, ref args, x, dy, dw, sums, scratch, roundedX, roundedDy);
    }

    /// <summary>Whether <see cref="Run"/> takes both x and dy in BF16, given its scratch: where warp groups are the faster ones once nothing has to be rounded for them.</summary>
    public static bool ServesBFloat16(Device device, DType dtype, ConvProgram program, int batch) =>
        device is GpuDevice gpu && dtype == DType.Float32 && ConvWeightWgmmaGpu.ServesBFloat16(gpu, program, batch);

    /// <summary>Whether <see cref="Run"/> with its scratch would begin by rounding x and dy to BF16, and so can be spared it.</summary>
    public static bool TakesRounded(Device device, DType dtype, ConvProgram program, int batch) =>
        device is GpuDevice gpu && dtype == DType.Float32 && ConvWeightWgmmaGpu.Serves(gpu, program, batch);

    // elements: one filter a chunk
    private static long ScratchCount(ConvPlan plan, int batch) => Split(plan, batch).Chunks * plan.FilterCount;

    private static long Ceiling(long a, long b) => (a + b - 1) / b;
}

/// <summary>The argument block of the weight-gradient kernels, the same on every device; mirrors CONV_WEIGHT_ARGS in conv_weight.cuh.</summary>
public struct ConvWeightArgs : IArithmetic
{
    /// <summary>Address of the images, [batch, inH, inW, inC], read.</summary>
    public ulong X;

    /// <summary>Address of the gradient behind the convolution, [batch, outH, outW, outC], read.</summary>
    public ulong Dy;

    /// <summary>Address of the gradient to the filter, [outC, filterTaps, inC], written; also read where Accumulate is 1.</summary>
    public ulong Dw;

    /// <summary>Address of the chunks' sums, [chunks, filterTaps, inC, outC], overwritten; where no tap is, it stays as it was.</summary>
    public ulong Scratch;

    /// <summary>Address of the plan's parts, [partCount], as <see cref="ConvProgram"/> uploads them; read.</summary>
    public ulong Parts;

    /// <summary>Address of the taps of all parts, one part after another, and a last one without end; read.</summary>
    public ulong Taps;

    /// <summary>Images.</summary>
    public int Batch;

    /// <summary>Rows of an input image, without padding.</summary>
    public int InH;

    /// <summary>Columns of an input image, without padding.</summary>
    public int InW;

    /// <summary>Channels of an input pixel.</summary>
    public int InC;

    /// <summary>Rows of an image of the gradient Dy.</summary>
    public int OutH;

    /// <summary>Columns of an image of the gradient Dy.</summary>
    public int OutW;

    /// <summary>Channels of a pixel of the gradient Dy.</summary>
    public int OutC;

    /// <summary>Filter positions, R * S, masked ones included.</summary>
    public int FilterTaps;

    /// <summary>Parts of the plan.</summary>
    public int PartCount;

    /// <summary>Input rows from one output row to the next: the stride.</summary>
    public int InStepY;

    /// <summary>Input columns likewise.</summary>
    public int InStepX;

    /// <summary>Least offset of a tap, in input rows; 0 without taps. With the next three it bounds what a CPU copies with its padding.</summary>
    public int MinDy;

    /// <summary>Greatest offset of a tap, in input rows.</summary>
    public int MaxDy;

    /// <summary>Least offset of a tap, in input columns.</summary>
    public int MinDx;

    /// <summary>Greatest offset of a tap, in input columns.</summary>
    public int MaxDx;

    /// <summary>Pixels of a chunk, counted over all images; a multiple of 32, the last chunk may have fewer.</summary>
    public int ChunkPixels;

    /// <summary>Chunks of pixels; see <see cref="ConvWeight.Split"/>.</summary>
    public int Chunks;

    /// <summary>1 to add to what Dw holds; 0 only writes it.</summary>
    public int Accumulate;

    /// <summary>1 where some weights have no tap: they get +0, or stay as they are when accumulating.</summary>
    public int Masked;

    /// <summary>1 where four neighbouring output channels are one access, in Dy and in Scratch; a CPU ignores it.</summary>
    public int OutQuads;

    /// <summary>Multiply-adds of one image, as of <see cref="ConvArgs.Products"/>; 0 of the launch that adds the chunks' sums. Kernels ignore it, profiles read it.</summary>
    public long Products;

    public readonly double Flops => 2.0 * Batch * Products;
}

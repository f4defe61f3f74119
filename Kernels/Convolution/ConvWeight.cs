using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// The gradient to the filter: dW[k, tap, c] = sum over pixels p of dy[p, k] x[p at tap, c], over the convolution's plan, so that a mask holds
/// here too: masked weights get +0. Pixels (image, row, column) are cut into chunks whose number depends on the shape alone
/// (<see cref="Split"/>); a chunk's sum is one chain of fused multiply-adds over ascending pixels from +0, padding entering as +0; the chunks' sums are added
/// ascending from +0; an accumulating launch adds the total to what was there. A GPU whose precision is not float32 sums chunks on tensor cores, as <see cref="Conv"/>.
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

    /// <summary>Elements of the scratch that <see cref="Run"/> wants: one filter a chunk.</summary>
    public static long ScratchCount(ConvPlan plan, int batch) => Split(plan, batch).Chunks * plan.FilterCount;

    /// <param name="dtype">Float32 or Float64, of all four.</param>
    /// <param name="program">The convolution's plan (not an adjoint) on this device.</param>
    /// <param name="batch">Images.</param>
    /// <param name="x">[batch, plan.Input], read.</param>
    /// <param name="dy">[batch, plan.Output], read: the gradient behind the convolution, before bias and activation.</param>
    /// <param name="dw">[output channel, tap, input channel], written.</param>
    /// <param name="scratch"><see cref="ScratchCount"/> elements, overwritten.</param>
    /// <param name="accumulate">Add to what dw holds; else dw is only written.</param>
    /// <exception cref="EngineException">The plan is an adjoint, an element type is not floating point, or a range is too short.</exception>
    public static void Run(
        Device device, DType dtype, ConvProgram program, int batch, BufferRange x, BufferRange dy, BufferRange dw, BufferRange scratch, bool accumulate = false)
    {
        var plan = program.Plan;
        if (dtype is not (DType.Float32 or DType.Float64)) throw new EngineException($"{Name} takes float or double, not {dtype.CName()}.");
        if (plan.FilterTransposed) throw new EngineException($"{Name} {plan}: give the convolution's plan, not its adjoint; a transposed convolution swaps x and dy.");
        if (batch <= 0) throw new EngineException($"{Name} {plan}: a batch of {batch} images; it must be positive.");
        var (pixels, chunks) = Split(plan, batch);
        x = x.First(Name, "x", dtype, batch * plan.Input.Count);
        dy = dy.First(Name, "dy", dtype, batch * plan.Output.Count);
        dw = dw.First(Name, "dw", dtype, plan.FilterCount);
        scratch = scratch.First(Name, "scratch", dtype, ScratchCount(plan, batch));
        var args = new ConvWeightArgs
        {
            X = x.Address,
            Dy = dy.Address,
            Dw = dw.Address,
            Scratch = scratch.Address,
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
        };
        if (device is CpuDevice cpu)
        {
            ReadOnlySpan<Access> accesses =
            [
                Access.Read(x), Access.Read(dy), accumulate ? Access.Update(dw) : Access.Write(dw), Access.Update(scratch), Access.Read(program.Parts), Access.Read(program.Taps),
            ];
            cpu.Launch<ConvWeightCpu, ConvWeightArgs>(Name, dtype, ref args, accesses);
            return;
        }

        ConvWeightGpu.Launch((GpuDevice)device, dtype, program, ref args, x, dy, dw, scratch);
    }

    private static long Ceiling(long a, long b) => (a + b - 1) / b;
}

/// <summary>The argument block of the weight-gradient kernels, the same on every device; mirrors CONV_WEIGHT_ARGS in conv_weight.cuh.</summary>
public struct ConvWeightArgs
{
    public ulong X;
    public ulong Dy;
    public ulong Dw;
    public ulong Scratch;
    public ulong Parts;
    public ulong Taps;
    public int Batch;
    public int InH;
    public int InW;
    public int InC;
    public int OutH;
    public int OutW;
    public int OutC;
    public int FilterTaps;
    public int PartCount;
    public int InStepY;
    public int InStepX;
    public int MinDy;
    public int MaxDy;
    public int MinDx;
    public int MaxDx;
    public int ChunkPixels;
    public int Chunks;
    public int Accumulate;
    public int Masked; // some weights have no tap and get zeros
    public int OutQuads; // for CUDA: four neighbouring output channels are one access
}

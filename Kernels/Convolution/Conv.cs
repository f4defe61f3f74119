using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// y = activation(plan applied to x + bias): every kind of convolution, its transpose and their input gradients, by one core. Images are NHWC.
/// By the summation law each output is one chain of fused multiply-adds, taps in plan order, channels ascending, from +0 (from y when it
/// accumulates), then the bias, then the activation: the same bits on every device, for every tile, batch and number of threads.
/// A GPU whose precision is not float32 rounds float32 operands instead, and adds in another order (what y held after the product); plans with few output
/// channels keep float32.
/// </summary>
/// <remarks>
/// What follows a convolution can be done while its results are at hand: a residual is added last, y = (chain + bias) + residual; the statistics of
/// a batch norm are made of y as the batch norm's own kernel makes them, to the bit; an input gradient goes on through the activation that made the input,
/// y = fma(chain, derivative, residual), which is what that activation's own kernel would make of it.
/// </remarks>
public static class Conv
{
    private const string Name = "conv";

    /// <param name="dtype">Float32 or Float64, of all ranges but those that are BF16.</param>
    /// <param name="program">The plan on this device.</param>
    /// <param name="batch">Images.</param>
    /// <param name="x">[batch, plan.Input], read; BF16 where it comes rounded.</param>
    /// <param name="filter">plan.FilterCount weights, laid out as plan.FilterTransposed says; read.</param>
    /// <param name="y">[batch, plan.Output], written; every element once.</param>
    /// <param name="epilogue">What is done with the sums: bias, activation, residual and more.</param>
    /// <param name="scratch">At least <see cref="ScratchBytes"/>, overwritten; null computes without, by another kernel where that is more than 0.</param>
    /// <param name="rounded">x is BF16, as <see cref="RoundedImages"/> leaves it, and scratch is for the rest; where <see cref="TakesRounded"/> or <see cref="ServesBFloat16"/> says so.</param>
    /// <param name="stored">What y and the epilogue's images are stored as: dtype (null), or BF16 where x is and <see cref="ServesBFloat16"/> says so, behind no activation or a rectifier.</param>
    /// <returns>Whether partials or sums have been written: a GPU's tile or a plan with phases may not allow it, and somebody else must make them.</returns>
    /// <exception cref="EngineException">
    /// An element type is not floating point, the batch is not positive, a range is too short, the epilogue's parts do not go together, or BF16 comes where it is not taken.
    /// </exception>
    public static bool Run(
        Device device, DType dtype, ConvProgram program, int batch, BufferRange x, BufferRange filter, BufferRange y, ConvEpilogue epilogue = default,
        BufferRange? scratch = null, bool rounded = false, DType? stored = null)
    {
        var plan = program.Plan;
        if (dtype is not (DType.Float32 or DType.Float64)) throw new EngineException($"{Name} takes float or double, not {dtype.CName()}.");
        if (batch <= 0) throw new EngineException($"{Name} {plan}: a batch of {batch} images; it must be positive.");
        var results = stored ?? dtype;
        var after = epilogue.Checked(Name, plan, dtype, results, batch * plan.Output.Count);
        if (rounded && !TakesRounded(device, dtype, program, batch) && !ServesBFloat16(device, dtype, program, batch)) throw new EngineException($"{Name} {plan}: rounded images, which this convolution does not take here: ask TakesRounded.");
        if (results != dtype && (results != DType.BFloat16 || !rounded || !ServesBFloat16(device, dtype, program, batch))) throw new EngineException($"{Name} {plan}: results of {results.CName()}, which this convolution does not give here: ask ServesBFloat16.");
        x = x.First(Name, "x", rounded ? DType.BFloat16 : dtype, batch * plan.Input.Count);
        filter = filter.First(Name, "filter", dtype, plan.FilterCount);
        y = y.First(Name, "y", results, batch * plan.Output.Count);
        var beside = after.Partials ?? after.Sums;
        var args = new ConvArgs
        {
            X = x.Address,
            W = filter.Address,
            Bias = after.Bias?.Address ?? 0,
            Y = y.Address,
            Parts = program.Parts.Address,
            Taps = program.Taps.Address,
            Residual = after.Residual?.Address ?? 0,
            Partials = beside?.Address ?? 0,
            Through = after.Through?.Output.Address ?? 0,
            Rectified = after.Rectified?.Address ?? 0,
            Slope = after.Through?.Slope ?? after.Slope,
            Batch = batch,
            InH = plan.Input.Height,
            InW = plan.Input.Width,
            InC = plan.Input.Channels,
            OutH = plan.Output.Height,
            OutW = plan.Output.Width,
            OutC = plan.Output.Channels,
            FilterTaps = plan.FilterTaps,
            PartCount = plan.Parts.Count,
            StepY = plan.StepY,
            StepX = plan.StepX,
            InStepY = plan.InStepY,
            InStepX = plan.InStepX,
            MinDy = program.MinDy,
            MaxDy = program.MaxDy,
            MinDx = program.MinDx,
            MaxDx = program.MaxDx,
            FilterTransposed = plan.FilterTransposed ? 1 : 0,
            Activation = (int)after.Activation,
            HasBias = after.Bias is null ? 0 : 1,
            Accumulate = after.Accumulate ? 1 : 0,
            HasResidual = after.Residual is null ? 0 : 1,
            HasPartials = after.Partials is not null ? 1 : after.Sums is not null ? 2 : 0,
            ThroughActivation = (int)(after.Through?.Activation ?? Activation.None),
            HasRectified = after.Rectified is null ? 0 : 1,
            Products = plan.Products,
        };
        // the CUDA kernel applies the costly activations to what it has stored, so it writes those outputs twice
        bool twice = after.Accumulate || after.Activation >= Activation.Elu;
        Span<Access> accesses =
        [
            Access.Read(x), Access.Read(filter), twice ? Access.Update(y) : Access.Write(y), Access.Read(program.Parts), Access.Read(program.Taps),
            default, default, default, default, default,
        ];
        int used = 5;
        if (after.Bias is { } added) accesses[used++] = Access.Read(added);
        if (after.Residual is { } last) accesses[used++] = Access.Read(last);
        if (after.Through is { } through) accesses[used++] = Access.Read(through.Output);
        if (after.Rectified is { } rectified) accesses[used++] = Access.Write(rectified);
        if (beside is { } left) accesses[used++] = Access.Write(left); // the last one: a launch that leaves none drops it
        accesses = accesses[..used];
        if (device is not CpuDevice cpu) return ConvGpu.Launch((GpuDevice)device, dtype, program, ref args, accesses, scratch, rounded, results);
        cpu.Launch<ConvCpu, ConvArgs>(Name, dtype, ref args, accesses);
        return after.Partials is not null;
    }

    /// <summary>
    /// Bytes of the scratch that <see cref="Run"/> wants, 0 mostly: room for images and filter as the tensor cores of an sm_90a read them, where
    /// rearranging them first pays.
    /// </summary>
    /// <param name="rounded">x comes rounded.</param>
    public static long ScratchBytes(Device device, DType dtype, ConvProgram program, int batch, bool rounded = false) =>
        device is GpuDevice gpu && dtype == DType.Float32 ? ConvWgmmaGpu.ScratchBytes(gpu, program, batch, rounded) : 0;

    /// <summary>
    /// Whether <see cref="Run"/> takes x and gives y in BF16, given its scratch: where warp groups are the faster ones once nothing has to be rounded for them, and channels come in eights.
    /// </summary>
    public static bool ServesBFloat16(Device device, DType dtype, ConvProgram program, int batch) =>
        device is GpuDevice { Precision: Precision.BFloat16 } gpu && dtype == DType.Float32 && ConvWgmmaGpu.ServesBFloat16(gpu, program, batch);

    /// <summary>Whether <see cref="Run"/> with its scratch would begin by rounding x to BF16, and so can be spared it.</summary>
    public static bool TakesRounded(Device device, DType dtype, ConvProgram program, int batch) =>
        device is GpuDevice { Precision: Precision.BFloat16 } && ScratchBytes(device, dtype, program, batch) > 0;
}

/// <summary>The argument block of the convolution kernels, the same on every device; mirrors CONV_ARGS in conv.cuh.</summary>
public struct ConvArgs : IArithmetic
{
    /// <summary>Address of the images, [batch, inH, inW, inC], read.</summary>
    public ulong X;

    /// <summary>Address of the filter, filterTaps * inC * outC weights, laid out as FilterTransposed says; read.</summary>
    public ulong W;

    /// <summary>Address of the bias, [outC], read; 0 where HasBias is 0.</summary>
    public ulong Bias;

    /// <summary>Address of the result, [batch, outH, outW, outC], written; also read where Accumulate is 1.</summary>
    public ulong Y;

    /// <summary>Address of the plan's parts, [partCount], as <see cref="ConvProgram"/> uploads them; read.</summary>
    public ulong Parts;

    /// <summary>Address of the taps of all parts, one part after another, and a last one without end; read.</summary>
    public ulong Taps;

    /// <summary>Address of what is added last, laid out as Y; 0 where HasResidual is 0.</summary>
    public ulong Residual;

    /// <summary>Address of the partial statistics of Y, [chunks of 64 pixels, 3, outC], written; 0 where none are asked for.</summary>
    public ulong Partials;

    /// <summary>Address of the activation's outputs that a gradient goes on through, laid out as Y; 0 where ThroughActivation is 0.</summary>
    public ulong Through;

    /// <summary>Address of max(Y, 0), laid out as Y, written; 0 where HasRectified is 0.</summary>
    public ulong Rectified;

    /// <summary>Of LeakyRelu, alpha of Elu; others ignore it.</summary>
    public double Slope;

    /// <summary>Images.</summary>
    public int Batch;

    /// <summary>Rows of an input image, without padding.</summary>
    public int InH;

    /// <summary>Columns of an input image, without padding.</summary>
    public int InW;

    /// <summary>Channels of an input pixel.</summary>
    public int InC;

    /// <summary>Rows of a result image.</summary>
    public int OutH;

    /// <summary>Columns of a result image.</summary>
    public int OutW;

    /// <summary>Channels of a result pixel.</summary>
    public int OutC;

    /// <summary>Filter positions, R * S, masked ones included.</summary>
    public int FilterTaps;

    /// <summary>Parts of the plan.</summary>
    public int PartCount;

    /// <summary>Result rows from one lattice point of a part to the next; 1 except in the adjoint of a strided convolution.</summary>
    public int StepY;

    /// <summary>Result columns likewise.</summary>
    public int StepX;

    /// <summary>Input rows from one lattice point to the next: the stride of a convolution.</summary>
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

    /// <summary>0: the filter is [outC, filterTaps, inC]; 1: [inC, filterTaps, outC].</summary>
    public int FilterTransposed;

    /// <summary>Number of the <see cref="Common.Activation"/> behind the bias.</summary>
    public int Activation;

    /// <summary>1 where Bias is added.</summary>
    public int HasBias;

    /// <summary>1 to add to what Y holds; 0 only writes it.</summary>
    public int Accumulate;

    /// <summary>1 where Residual is added; Activation is then None.</summary>
    public int HasResidual;

    /// <summary>1 where the launch leaves Partials, 2 where these are sums, which BF16 alone leaves; a GPU launcher sets it to 0 where its tile cannot.</summary>
    public int HasPartials;

    /// <summary>Number of the <see cref="Common.Activation"/> whose derivative, told from Through, the sums are multiplied by; 0 for none, and Activation is None where there is one.</summary>
    public int ThroughActivation;

    /// <summary>1 where the launch leaves Rectified, which BF16 alone does.</summary>
    public int HasRectified;

    /// <summary>1 where four neighbouring output channels are one access, in Y, in Residual and in a transposed filter; a CPU ignores it.</summary>
    public int OutQuads;

    /// <summary>Tiles of a GPU's launch whose blocks take several; others ignore it.</summary>
    public long Tiles;

    /// <summary>Multiply-adds of one image, those with padding included and those with what a mask hides left out; kernels ignore it, profiles read it.</summary>
    public long Products;

    public readonly double Flops => 2.0 * Batch * Products;
}

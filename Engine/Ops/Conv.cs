using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Elementwise;
using BatchNormKernel = GenEngine.Kernels.Normalization.BatchNorm;
using ConvKernel = GenEngine.Kernels.Convolution.Conv;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// activation(convolution of x with the filter + bias), one kernel forward: x [N, H, W, C], filter [K, R, S, C], bias [K] or none; result [N, H', W', K].
    /// Stride, padding, dilation, masks: see <see cref="ConvSpec"/>, whose kernel must be the filter's. A signal over time is an image of height 1.
    /// </summary>
    /// <param name="x">May be compact itself, and the residual too.</param>
    /// <param name="residual">Of the result's shape, added to it behind the bias (a residual network's x + f(x)); not behind an activation. Or null.</param>
    /// <param name="compact">
    /// The result may be stored in BF16: where a GPU computes in BF16, its warp groups take all three passes, and no activation but a rectifier follows; elsewhere it is float32 all the same. Convolutions,
    /// rectifiers, gates, batch norm and <see cref="Concat"/> take it; <see cref="ToFloat32"/> is for the others.
    /// </param>
    /// <exception cref="EngineException">Shapes or geometry do not fit; names the values.</exception>
    public static Tensor Conv2d(
        this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, Activation activation = Activation.None, double slope = 0, Tensor? residual = null, bool compact = false) =>
        Convolve("conv2d", x, filter, bias, spec, activation, slope, transposed: false, 0, 0, residual, compact);

    /// <summary>A convolution, and max(result, 0) beside it: what a network of pre-activations (He et al. 2016, "Identity Mappings in Deep Residual Networks") goes on with. One kernel where the result is compact.</summary>
    /// <param name="residual">Of the result's shape, added to it before it is rectified; or null.</param>
    /// <exception cref="EngineException">Shapes or geometry do not fit; names the values.</exception>
    public static (Tensor Result, Tensor Rectified) Conv2dRectified(this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, Tensor? residual = null, bool compact = false)
    {
        Tensor? rectified = null;
        var y = Convolve("conv2d", x, filter, bias, spec, Activation.None, 0, transposed: false, 0, 0, residual, compact, rectify: result => rectified = x.Context.NewTensor(result.Shape, "relu", result.DType));
        return (y, rectified is null ? y.Relu() : RecordUnary(y, rectified, UnaryOp.Relu, 0, 0, Activation.Relu));
    }

    /// <summary>As the other <see cref="Conv2d(Tensor, Tensor, Tensor?, ConvSpec, Activation, double, Tensor?, bool)"/>, with what a batch norm behind it would read the result for.</summary>
    /// <param name="partials">[chunks of 64 pixels, 3, K]: the partial statistics that <see cref="BatchNorm"/> takes, made while the result is at hand.</param>
    public static Tensor Conv2d(this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, out Tensor partials, bool compact = false) =>
        Convolve("conv2d", x, filter, bias, spec, false, 0, 0, out partials, compact);

    /// <summary>
    /// The transpose of the convolution with this geometry (stride above 1 enlarges): x [N, H, W, C], filter [C, R, S, K] (that of the convolution from K
    /// to C channels), bias [K] or none; result [N, (H - 1) * stride - padding + dilation * (R - 1) + outputPad + 1, ..., K].
    /// </summary>
    /// <exception cref="EngineException">Shapes or geometry do not fit, or the output padding is not below the stride; names the values.</exception>
    public static Tensor ConvTranspose2d(
        this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, int outputPadY = 0, int outputPadX = 0, Activation activation = Activation.None, double slope = 0, bool compact = false) =>
        Convolve("conv transpose 2d", x, filter, bias, spec, activation, slope, transposed: true, outputPadY, outputPadX, compact: compact);

    /// <summary>With the partial statistics for a batch norm behind it, as <see cref="Conv2d(Tensor, Tensor, Tensor?, ConvSpec, out Tensor, bool)"/> leaves them.</summary>
    public static Tensor ConvTranspose2d(this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, int outputPadY, int outputPadX, out Tensor partials, bool compact = false) =>
        Convolve("conv transpose 2d", x, filter, bias, spec, true, outputPadY, outputPadX, out partials, compact);

    private static Tensor Convolve(
        string name, Tensor x, Tensor filter, Tensor? bias, in ConvSpec spec, bool transposed, int outputPadY, int outputPadX, out Tensor partials, bool compact)
    {
        Tensor? left = null;
        var y = Convolve(name, x, filter, bias, spec, Activation.None, 0, transposed, outputPadY, outputPadX, compact: compact, statistics: shape =>
            left = x.Context.NewTensor(new Shape((int)BatchNormKernel.PartialElements(shape.Rows, 1) / 3, 3, shape.Columns), "partial batch norm statistics"));
        partials = left!;
        return y;
    }

    /// <param name="rectify">Makes what takes the rectified result, where one kernel leaves both.</param>
    /// <param name="statistics">Makes the partial statistics' tensor for a result of this shape, where they are asked for.</param>
    private static Tensor Convolve(
        string name, Tensor x, Tensor filter, Tensor? bias, in ConvSpec spec, Activation activation, double slope, bool transposed, int outputPadY, int outputPadX,
        Tensor? residual = null, bool compact = false, Func<Shape, Tensor>? statistics = null, Func<Tensor, Tensor>? rectify = null)
    {
        Shapes.Image(x, name);
        Shapes.Real(filter, name);
        Shapes.Slope(slope, name);
        if (x.Shape.Rank != 4 || filter.Shape.Rank != 4) throw Shapes.Mismatch(name, x, filter, "images [N, H, W, C] and a filter [K, R, S, C] are asked for");
        int channels = x.Shape[3], inputs = filter.Shape[transposed ? 0 : 3], outputs = filter.Shape[transposed ? 3 : 0];
        if (inputs != channels) throw Shapes.Mismatch(name, x, filter, $"the images have {channels} channels, the filter takes {inputs}");
        if (filter.Shape[1] != spec.KernelHeight || filter.Shape[2] != spec.KernelWidth)
            throw new EngineException($"{name}: the filter {filter.Shape} has {filter.Shape[1]}x{filter.Shape[2]} taps, the geometry {spec} has {spec.KernelHeight}x{spec.KernelWidth}.");
        if (bias is not null && (bias.DType != filter.DType || bias.Count != outputs)) throw Shapes.Mismatch(name, filter, bias, $"the bias must have {outputs} values, one an output channel");

        var context = x.Context;
        var programs = context.Convolution(new ConvKey(spec, new ConvImage(x.Shape[1], x.Shape[2], channels), outputs, transposed, outputPadY, outputPadX));
        int batch = x.Shape[0];
        var size = programs.Plan.Output;
        // whether both sides may be BF16; what may not be, comes as float32
        bool serves = ServesBFloat16(context, programs, batch);
        if (!serves) x = x.ToFloat32();
        var stored = compact && context.StoresCompact && serves && (activation == Activation.None || ActivationGradient.Serves(activation)) ? DType.BFloat16 : context.Real;
        bool isCompact = x.DType == DType.BFloat16 || stored == DType.BFloat16;
        var y = context.NewTensor(new Shape(batch, size.Height, size.Width, outputs), name, stored);
        if (residual is not null)
        {
            Shapes.Same(y, residual, name);
            Shapes.Image(residual, name);
            residual = residual.StoredAs(stored);
        }

        var partials = statistics?.Invoke(y.Shape);
        // where tensor cores want x in BF16, and want it again for the filter's gradient, it is rounded once and kept
        bool FilterTakes() => ConvWeight.TakesRounded(context.Device, context.Real, programs.Convolution, batch);
        bool again = context.Recording && filter.RequiresGradient;
        var rounded = x.DType == DType.BFloat16 ? x : isCompact || (again && FilterTakes() && ConvKernel.TakesRounded(context.Device, context.Real, programs.Forward, batch)) ? CopiedAs(x, DType.BFloat16) : null;
        var beside = stored == DType.BFloat16 ? rectify?.Invoke(y) : null;
        context.Label(name);
        var epilogue = new ConvEpilogue { Bias = bias?.Range, Activation = activation, Slope = slope, Residual = residual?.Range, Rectified = beside?.Range, Partials = partials?.Range };
        bool left = Convolve(context, programs.Forward, batch, (rounded ?? x).Range, filter.Range, y.Range, epilogue, rounded is not null, stored);
        if (!again && rounded is not null && !ReferenceEquals(rounded, x)) rounded.Block!.Release();
        if (partials is not null && !left) BatchNormKernel.Statistics(context.Device, stored, y.Range, partials.Range, y.Shape.Rows, outputs);
        context.Trace?.Add(y, new Traced.Conv(spec, transposed, outputPadY, outputPadX, activation, slope), x, filter, bias, residual);
        Tensor[] inputsOf = [x, filter, .. bias is null ? (ReadOnlySpan<Tensor>)[] : [bias], .. residual is null ? (ReadOnlySpan<Tensor>)[] : [residual]];
        Tensor[] saved = [x, filter, .. activation == Activation.None ? (ReadOnlySpan<Tensor>)[] : [y], .. rounded is null || !again ? (ReadOnlySpan<Tensor>)[] : [rounded]];
        y.Summed = activation == Activation.None || ActivationGradient.Serves(activation) ? bias : null;
        var back = new ConvBackward(name, programs, transposed, batch, x, again ? rounded : null, filter, bias, y, activation, slope, residual);
        context.Tape.Record(name, [y], inputsOf, saved, back.Run, activation, slope);
        return y;
    }

    internal static bool Convolve(Context context, ConvProgram program, int batch, BufferRange x, BufferRange filter, BufferRange y, in ConvEpilogue epilogue, bool rounded, DType stored)
    {
        long bytes = ConvKernel.ScratchBytes(context.Device, context.Real, program, batch, rounded);
        using Scratch? scratch = bytes == 0 ? null : new Scratch(context, bytes, "conv");
        return ConvKernel.Run(context.Device, context.Real, program, batch, x, filter, y, epilogue, scratch?.Range, rounded, stored);
    }
}

using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Reduction;
using BatchNormKernel = GenEngine.Kernels.Normalization.BatchNorm;
using ConvKernel = GenEngine.Kernels.Convolution.Conv;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// activation(convolution of x with the filter + bias), one kernel forward: x [N, H, W, C], filter [K, R, S, C], bias [K] or none; result [N, H', W', K].
    /// Stride, padding, dilation, masks: see <see cref="ConvSpec"/>, whose kernel must be the filter's. A signal over time is an image of height 1.
    /// </summary>
    /// <param name="residual">Of the result's shape, added to it behind the bias (a residual network's x + f(x)); not behind an activation. Or null.</param>
    /// <exception cref="EngineException">Shapes or geometry do not fit; names the values.</exception>
    public static Tensor Conv2d(
        this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, Activation activation = Activation.None, double slope = 0, Tensor? residual = null) =>
        Convolve("conv2d", x, filter, bias, spec, activation, slope, transposed: false, 0, 0, residual);

    /// <summary>As the other <see cref="Conv2d(Tensor, Tensor, Tensor?, ConvSpec, Activation, double, Tensor?)"/>, with what a batch norm behind it would read the result for.</summary>
    /// <param name="partials">[chunks of 64 pixels, 3, K]: the partial statistics that <see cref="BatchNorm"/> takes, made while the result is at hand.</param>
    public static Tensor Conv2d(this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, out Tensor partials) =>
        Convolve("conv2d", x, filter, bias, spec, false, 0, 0, out partials);

    /// <summary>
    /// The transpose of the convolution with this geometry (stride above 1 enlarges): x [N, H, W, C], filter [C, R, S, K] (that of the convolution from K
    /// to C channels), bias [K] or none; result [N, (H - 1) * stride - padding + dilation * (R - 1) + outputPad + 1, ..., K].
    /// </summary>
    /// <exception cref="EngineException">Shapes or geometry do not fit, or the output padding is not below the stride; names the values.</exception>
    public static Tensor ConvTranspose2d(
        this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, int outputPadY = 0, int outputPadX = 0, Activation activation = Activation.None, double slope = 0) =>
        Convolve("conv transpose 2d", x, filter, bias, spec, activation, slope, transposed: true, outputPadY, outputPadX);

    /// <summary>With the partial statistics for a batch norm behind it, as <see cref="Conv2d(Tensor, Tensor, Tensor?, ConvSpec, out Tensor)"/> leaves them.</summary>
    public static Tensor ConvTranspose2d(this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, int outputPadY, int outputPadX, out Tensor partials) =>
        Convolve("conv transpose 2d", x, filter, bias, spec, true, outputPadY, outputPadX, out partials);

    private static Tensor Convolve(
        string name, Tensor x, Tensor filter, Tensor? bias, in ConvSpec spec, bool transposed, int outputPadY, int outputPadX, out Tensor partials)
    {
        Tensor? left = null;
        var y = Convolve(name, x, filter, bias, spec, Activation.None, 0, transposed, outputPadY, outputPadX, statistics: shape =>
            left = x.Context.NewTensor(new Shape((int)BatchNormKernel.PartialElements(shape.Rows, 1) / 3, 3, shape.Columns), "partial batch norm statistics"));
        partials = left!;
        return y;
    }

    /// <param name="statistics">Makes the partial statistics' tensor for a result of this shape, where they are asked for.</param>
    private static Tensor Convolve(
        string name, Tensor x, Tensor filter, Tensor? bias, in ConvSpec spec, Activation activation, double slope, bool transposed, int outputPadY, int outputPadX,
        Tensor? residual = null, Func<Shape, Tensor>? statistics = null)
    {
        Shapes.Real(x, name);
        Shapes.Real(filter, name);
        Shapes.Slope(slope, name);
        if (x.Shape.Rank != 4 || filter.Shape.Rank != 4) throw Shapes.Mismatch(name, x, filter, "images [N, H, W, C] and a filter [K, R, S, C] are asked for");
        int channels = x.Shape[3], inputs = filter.Shape[transposed ? 0 : 3], outputs = filter.Shape[transposed ? 3 : 0];
        if (inputs != channels) throw Shapes.Mismatch(name, x, filter, $"the images have {channels} channels, the filter takes {inputs}");
        if (filter.Shape[1] != spec.KernelHeight || filter.Shape[2] != spec.KernelWidth)
            throw new EngineException($"{name}: the filter {filter.Shape} has {filter.Shape[1]}x{filter.Shape[2]} taps, the geometry {spec} has {spec.KernelHeight}x{spec.KernelWidth}.");
        if (bias is not null && (bias.DType != x.DType || bias.Count != outputs)) throw Shapes.Mismatch(name, filter, bias, $"the bias must have {outputs} values, one an output channel");

        var context = x.Context;
        var programs = context.Convolution(new ConvKey(spec, new ConvImage(x.Shape[1], x.Shape[2], channels), outputs, transposed, outputPadY, outputPadX));
        int batch = x.Shape[0];
        var size = programs.Plan.Output;
        var y = context.NewTensor(new Shape(batch, size.Height, size.Width, outputs), name);
        if (residual is not null)
        {
            Shapes.Same(y, residual, name);
            Shapes.Real(residual, name);
        }

        var partials = statistics?.Invoke(y.Shape);
        // where tensor cores want x in BF16, and want it again for the filter's gradient, it is rounded once and kept
        bool FilterTakes() => ConvWeight.TakesRounded(context.Device, context.Real, programs.Convolution, batch);
        var rounded = context.Recording && filter.RequiresGradient && FilterTakes() && ConvKernel.TakesRounded(context.Device, context.Real, programs.Forward, batch)
            ? context.NewTensor(x.Shape, $"rounded {x.Op}", DType.BFloat16)
            : null;
        if (rounded is not null) RoundedImages.Run(context.Device, x.Range, rounded.Range, x.Count);
        bool left = Convolve(
            context, programs.Forward, batch, x.Range, filter.Range, bias?.Range, y.Range, activation, slope, residual: residual?.Range, partials: partials?.Range, rounded: rounded?.Range);
        if (partials is not null && !left) BatchNormKernel.Statistics(context.Device, context.Real, y.Range, partials.Range, y.Shape.Rows, outputs);
        context.Trace?.Add(y, new Traced.Conv(spec, transposed, outputPadY, outputPadX, activation, slope), x, filter, bias, residual);
        Tensor[] inputsOf = [x, filter, .. bias is null ? (ReadOnlySpan<Tensor>)[] : [bias], .. residual is null ? (ReadOnlySpan<Tensor>)[] : [residual]];
        Tensor[] saved = [x, filter, .. activation == Activation.None ? (ReadOnlySpan<Tensor>)[] : [y], .. rounded is null ? (ReadOnlySpan<Tensor>)[] : [rounded]];
        context.Tape.Record(name, [y], inputsOf, saved, (node, sink) =>
        {
            var dz = node.GradientOf(y);
            if (activation != Activation.None) dz = sink.ThroughActivation(y, dz, activation, slope);
            // and dz, where both gradients want it so; asked anew, since the precision may be another by now
            bool filterTakes = sink.Wants(filter) && FilterTakes(), shares = filterTakes && sink.Wants(x) && ConvKernel.TakesRounded(context.Device, context.Real, programs.Backward, batch);
            using Scratch? roundedDz = shares ? new Scratch(context, dz.Count * DType.BFloat16.Size(), name) : null;
            if (roundedDz is { } copy) RoundedImages.Run(context.Device, dz.Range, copy.Range, dz.Count);
            sink.Add(filter, (range, accumulate) =>
            {
                var convolution = programs.Convolution;
                var (seen, gradient) = transposed ? (dz, x) : (x, dz);
                var roundedX = filterTakes ? rounded?.Range : null;
                var (roundedSeen, roundedGradient) = transposed ? (roundedDz?.Range, roundedX) : (roundedX, roundedDz?.Range);
                using var scratch = new Scratch(context, ConvWeight.ScratchBytes(context.Device, context.Real, convolution, batch, roundedSeen is not null, roundedGradient is not null), name);
                ConvWeight.Run(context.Device, context.Real, convolution, batch, seen.Range, gradient.Range, range, scratch.Range, accumulate, roundedSeen, roundedGradient);
            });
            if (bias is not null) sink.Add(bias, (range, accumulate) => ReduceInto(context, ReduceOp.Sum, ReduceAxis.Rows, dz, range, y.Shape.Rows, outputs, accumulate));
            // first, so that what x adds to it through an activation is added on the way; where x is the residual itself, its share is added last
            bool apart = residual is not null && !ReferenceEquals(residual, x);
            if (apart) sink.Pass(residual!, dz);
            sink.AddThrough(x, adds: true, (range, accumulate, through, onto) =>
                Convolve(context, programs.Backward, batch, dz.Range, filter.Range, null, range, accumulate: accumulate, residual: onto, rounded: roundedDz?.Range, through: through));
            if (residual is not null && !apart) sink.Pass(residual, dz);
        }, activation, slope);
        return y;
    }

    private static bool Convolve(
        Context context, ConvProgram program, int batch, BufferRange x, BufferRange filter, BufferRange? bias, BufferRange y,
        Activation activation = Activation.None, double slope = 0, bool accumulate = false, BufferRange? residual = null, BufferRange? partials = null, BufferRange? rounded = null,
        ActivationGradient? through = null)
    {
        long bytes = ConvKernel.ScratchBytes(context.Device, context.Real, program, batch, rounded is not null);
        using Scratch? scratch = bytes == 0 ? null : new Scratch(context, bytes, "conv");
        return ConvKernel.Run(context.Device, context.Real, program, batch, x, filter, bias, y, activation, slope, accumulate, residual, partials, scratch?.Range, rounded, through);
    }
}

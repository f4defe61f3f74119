using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Reduction;
using ConvKernel = GenEngine.Kernels.Convolution.Conv;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// activation(convolution of x with the filter + bias), one kernel forward: x [N, H, W, C], filter [K, R, S, C], bias [K] or none; result [N, H', W', K].
    /// Stride, padding, dilation, masks: see <see cref="ConvSpec"/>, whose kernel must be the filter's. A signal over time is an image of height 1.
    /// </summary>
    /// <exception cref="EngineException">Shapes or geometry do not fit; names the values.</exception>
    public static Tensor Conv2d(this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, Activation activation = Activation.None, double slope = 0) =>
        Convolve("conv2d", x, filter, bias, spec, activation, slope, transposed: false, 0, 0);

    /// <summary>
    /// The transpose of the convolution with this geometry (stride above 1 enlarges): x [N, H, W, C], filter [C, R, S, K] (that of the convolution from K
    /// to C channels), bias [K] or none; result [N, (H - 1) * stride - padding + dilation * (R - 1) + outputPad + 1, ..., K].
    /// </summary>
    /// <exception cref="EngineException">Shapes or geometry do not fit, or the output padding is not below the stride; names the values.</exception>
    public static Tensor ConvTranspose2d(
        this Tensor x, Tensor filter, Tensor? bias, ConvSpec spec, int outputPadY = 0, int outputPadX = 0, Activation activation = Activation.None, double slope = 0) =>
        Convolve("conv transpose 2d", x, filter, bias, spec, activation, slope, transposed: true, outputPadY, outputPadX);

    private static Tensor Convolve(
        string name, Tensor x, Tensor filter, Tensor? bias, in ConvSpec spec, Activation activation, double slope, bool transposed, int outputPadY, int outputPadX)
    {
        Shapes.Real(x, name);
        Shapes.Real(filter, name);
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
        ConvKernel.Run(context.Device, context.Real, programs.Forward, batch, x.Range, filter.Range, bias?.Range, y.Range, activation, slope);
        Tensor[] inputsOf = bias is null ? [x, filter] : [x, filter, bias];
        Tensor[] saved = activation == Activation.None ? [x, filter] : [x, filter, y];
        context.Tape.Record(name, [y], inputsOf, saved, (node, sink) =>
        {
            var dz = node.GradientOf(y);
            if (activation != Activation.None) dz = sink.ThroughActivation(y, dz, activation, slope);
            sink.Add(filter, (range, accumulate) =>
            {
                var convolution = programs.Convolution;
                using var scratch = new Scratch(context, ConvWeight.ScratchCount(convolution.Plan, batch) * context.Real.Size(), name);
                var (seen, gradient) = transposed ? (dz, x) : (x, dz);
                ConvWeight.Run(context.Device, context.Real, convolution, batch, seen.Range, gradient.Range, range, scratch.Range, accumulate);
            });
            if (bias is not null) sink.Add(bias, (range, accumulate) => ReduceInto(context, ReduceOp.Sum, ReduceAxis.Rows, dz, range, y.Shape.Rows, outputs, accumulate));
            sink.Add(x, (range, accumulate) =>
                ConvKernel.Run(context.Device, context.Real, programs.Backward, batch, dz.Range, filter.Range, null, range, accumulate: accumulate));
        });
        return y;
    }
}

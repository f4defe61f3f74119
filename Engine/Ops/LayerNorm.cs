using GenEngine.Kernels;
using GenEngine.Kernels.Normalization;
using LayerNormKernel = GenEngine.Kernels.Normalization.LayerNorm;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// (x - mean) / sqrt(variance + epsilon) * gamma + beta, mean and biased variance over the last dimension (Ba, Kiros and Hinton 2016, eq. 4).
    /// </summary>
    /// <param name="x">[.., features].</param>
    /// <param name="gamma">[features].</param>
    /// <param name="beta">[features].</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="EngineException">Shapes that do not fit.</exception>
    public static Tensor LayerNorm(this Tensor x, Tensor gamma, Tensor beta, double epsilon = 1e-5)
    {
        CheckChannels("layer norm", x, gamma, beta);
        int rows = x.Shape.Rows, columns = x.Shape.Columns;
        var context = x.Context;
        var (device, real) = (context.Device, context.Real);
        var y = context.NewTensor(x.Shape, "layer norm");
        var statistics = context.NewTensor(new Shape(2, rows), "layer norm statistics");
        LayerNormKernel.Forward(device, real, x.Range, gamma.Range, beta.Range, statistics.Range, y.Range, rows, columns, epsilon);
        context.Trace?.Add(y, new Traced.LayerNorm(epsilon), x, gamma, beta);
        context.Tape.Record("layer norm", [y], [x, gamma, beta], [x, gamma, statistics], (node, sink) =>
        {
            if (sink.Wants(gamma) || sink.Wants(beta))
            {
                using var partials = new Scratch(context, BatchNormBackward.PartialElements(rows, columns) * real.Size(), "layer norm");
                LayerNormKernel.Sums(device, real, node.GradientOf(y).Range, x.Range, statistics.Range, partials.Range, rows, columns);
                FinishParameters(sink, gamma, beta, partials.Range, null, rows, columns);
            }

            sink.Transform(y, x, (dy, dx, accumulate) =>
                LayerNormKernel.Backward(device, real, dy, x.Range, gamma.Range, statistics.Range, dx, rows, columns, accumulate));
        });
        if (!y.RequiresGradient) statistics.Block!.Release();
        return y;
    }
}

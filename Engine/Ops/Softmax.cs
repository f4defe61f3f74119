using SoftmaxKernel = GenEngine.Kernels.Loss.Softmax;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// Probabilities of logits over the last dimension: exp(x) / sum exp(x), of a shape like x. For probabilities that go on into a network; a loss is better taken by <see cref="SoftmaxCrossEntropy"/>,
    /// from the logits themselves.
    /// </summary>
    public static Tensor Softmax(this Tensor x)
    {
        Shapes.Real(x);
        var context = x.Context;
        int rows = x.Shape.Rows, columns = x.Shape.Columns;
        var y = context.NewTensor(x.Shape, "softmax");
        SoftmaxKernel.Forward(context.Device, context.Real, x.Range, y.Range, rows, columns);
        context.Trace?.Add(y, new Traced.Softmax(), x);
        context.Tape.Record("softmax", [y], [x], [y], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.AddWritten(x, range => SoftmaxKernel.Backward(context.Device, context.Real, y.Range, dy.Range, range, rows, columns));
        });
        return y;
    }
}

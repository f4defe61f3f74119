using GenEngine.Kernels;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.Loss;
using BinaryKernel = GenEngine.Kernels.Elementwise.Binary;
using SoftmaxKernel = GenEngine.Kernels.Loss.SoftmaxCrossEntropy;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// Binary cross-entropy with logits, in nats, summed over each row: one value a row. Targets in [0, 1]; no gradient flows to them.
    /// </summary>
    public static Tensor BceWithLogits(this Tensor logits, Tensor target) => RowLossOf(logits, target, RowLossKind.BceWithLogits, "bce with logits");

    /// <summary>Squared error summed over each row: one value a row. No gradient flows to the target.</summary>
    public static Tensor SquaredError(this Tensor prediction, Tensor target) => RowLossOf(prediction, target, RowLossKind.Mse, "squared error");

    /// <summary>Absolute error summed over each row: one value a row. No gradient flows to the target.</summary>
    public static Tensor AbsoluteError(this Tensor prediction, Tensor target) => RowLossOf(prediction, target, RowLossKind.L1, "absolute error");

    /// <summary>-log softmax(logits)[label] in nats: logits [.., classes], int32 labels one a row; one value a row.</summary>
    public static Tensor SoftmaxCrossEntropy(this Tensor logits, Tensor labels)
    {
        Shapes.Real(logits);
        if (labels.DType != DType.Int32 || labels.Count != logits.Shape.Rows)
            throw new EngineException($"softmax cross-entropy: logits {logits.Shape} want {logits.Shape.Rows} int32 labels, not {labels.DType} {labels.Shape}.");
        var context = logits.Context;
        int rows = logits.Shape.Rows, classes = logits.Shape.Columns;
        bool train = context.Recording && logits.RequiresGradient;
        var loss = context.NewTensor(new Shape(rows), "softmax cross-entropy");
        var gradient = train ? context.NewTensor(logits.Shape, "softmax gradient") : null;
        SoftmaxKernel.Forward(context.Device, context.Real, logits.Range, labels.Range, loss.Range, gradient?.Range, rows, classes);
        if (gradient is null) return loss;
        context.Tape.Record("softmax cross-entropy", [loss], [logits], [gradient], (node, sink) =>
        {
            // the forward pass has left softmax - onehot; not scaled in place, since a retained tape may come here again
            var dLoss = node.GradientOf(loss);
            sink.AddWritten(logits, range => BinaryKernel.Run(
                context.Device, context.Real, BinaryOp.Mul, gradient.Range, dLoss.Range, range, rows, classes, Broadcast.Row));
        });
        return loss;
    }

    private static Tensor RowLossOf(Tensor prediction, Tensor target, RowLossKind kind, string name)
    {
        Shapes.Real(prediction, name);
        Shapes.Real(target, name);
        if (prediction.Count != target.Count || prediction.Shape.Rows != target.Shape.Rows) throw Shapes.Mismatch(name, prediction, target, "both must be the same");
        var context = prediction.Context;
        int rows = prediction.Shape.Rows, columns = prediction.Shape.Columns;
        var loss = context.NewTensor(new Shape(rows), name);
        RowLoss.Forward(context.Device, context.Real, kind, prediction.Range, target.Range, loss.Range, rows, columns);
        context.Tape.Record(name, [loss], [prediction], [prediction, target], (node, sink) =>
        {
            var dLoss = node.GradientOf(loss);
            sink.AddWritten(prediction, range =>
                RowLoss.Backward(context.Device, context.Real, kind, prediction.Range, target.Range, dLoss.Range, range, rows, columns));
        });
        return loss;
    }
}

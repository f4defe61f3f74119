using GenEngine.Kernels;
using GenEngine.Kernels.Loss;

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

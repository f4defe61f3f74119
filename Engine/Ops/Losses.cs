using GenEngine.Kernels;
using GenEngine.Kernels.Loss;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// Binary cross-entropy with logits, in nats, summed over each row: one value a row. Targets in [0, 1]; no gradient flows to them.
    /// </summary>
    public static Tensor BceWithLogits(this Tensor logits, Tensor target) => RowLossOf(logits, target, RowLossKind.BceWithLogits, "bce with logits");

    /// <summary>
    /// The mean of <see cref="BceWithLogits"/> over the rows: one value. The forward pass leaves the finished gradient, so that differentiating
    /// the loss, or a sum that it is part of, is no work at all.
    /// </summary>
    public static Tensor BceWithLogitsMean(this Tensor logits, Tensor target) =>
        RowLossMeanOf(logits, target, RowLossKind.BceWithLogits, "bce with logits mean");

    /// <summary>Squared error summed over each row: one value a row. No gradient flows to the target.</summary>
    public static Tensor SquaredError(this Tensor prediction, Tensor target) => RowLossOf(prediction, target, RowLossKind.Mse, "squared error");

    /// <summary>The mean of <see cref="SquaredError"/> over the rows, its gradient left as by <see cref="BceWithLogitsMean"/>.</summary>
    public static Tensor SquaredErrorMean(this Tensor prediction, Tensor target) =>
        RowLossMeanOf(prediction, target, RowLossKind.Mse, "squared error mean");

    /// <summary>Absolute error summed over each row: one value a row. No gradient flows to the target.</summary>
    public static Tensor AbsoluteError(this Tensor prediction, Tensor target) => RowLossOf(prediction, target, RowLossKind.L1, "absolute error");

    /// <summary>The mean of <see cref="AbsoluteError"/> over the rows, its gradient left as by <see cref="BceWithLogitsMean"/>.</summary>
    public static Tensor AbsoluteErrorMean(this Tensor prediction, Tensor target) =>
        RowLossMeanOf(prediction, target, RowLossKind.L1, "absolute error mean");

    private static Tensor RowLossOf(Tensor prediction, Tensor target, RowLossKind kind, string name)
    {
        CheckTarget(prediction, target, name);
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

    private static Tensor RowLossMeanOf(Tensor prediction, Tensor target, RowLossKind kind, string name)
    {
        CheckTarget(prediction, target, name);
        var context = prediction.Context;
        int rows = prediction.Shape.Rows, columns = prediction.Shape.Columns;
        var gradient = GradientToLeave(prediction, name);
        var loss = MeanOfRows(prediction, rows, name, losses => RowLoss.Forward(
            context.Device, context.Real, kind, prediction.Range, target.Range, losses.Range, rows, columns, gradient?.Range, 1.0 / rows));
        if (gradient is not null) context.Tape.Record(name, [loss], [prediction], [gradient], (node, sink) => LeftGradient(node, sink, loss, prediction, gradient));
        return loss;
    }

    private static void CheckTarget(Tensor prediction, Tensor target, string name)
    {
        Shapes.Real(prediction, name);
        Shapes.Real(target, name);
        if (prediction.Count != target.Count || prediction.Shape.Rows != target.Shape.Rows) throw Shapes.Mismatch(name, prediction, target, "both must be the same");
    }
}

using GenEngine.Kernels;
using SoftmaxKernel = GenEngine.Kernels.Loss.SoftmaxCrossEntropy;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// -log softmax(logits)[label] in nats: logits [.., classes], int32 labels one a row; one value a row. A label without a class
    /// makes its row NaN where only the device knows it.
    /// </summary>
    /// <param name="ignore">Positions at the start of each sequence whose loss and gradient are 0 (WaveNet's first receptive field).</param>
    /// <param name="positions">Rows of a sequence; 0: all extents of the logits between the first and the last, [N, .., classes].</param>
    /// <exception cref="EngineException">Labels that do not fit the logits, or labels from the host that have no class; nothing left to count.</exception>
    public static Tensor SoftmaxCrossEntropy(this Tensor logits, Tensor labels, int ignore = 0, int positions = 0)
    {
        const string Name = "softmax cross-entropy";
        positions = CheckLabels(logits, labels, ignore, positions, Name);
        var context = logits.Context;
        var loss = context.NewTensor(new Shape(logits.Shape.Rows), Name);
        var gradient = GradientToLeave(logits, Name);
        SoftmaxInto(logits, labels, loss, gradient, 1, positions, ignore);
        if (gradient is not null) context.Tape.Record(Name, [loss], [logits], [gradient], (node, sink) => LeftGradient(node, sink, loss, logits, gradient));
        return loss;
    }

    /// <summary>
    /// The mean of <see cref="SoftmaxCrossEntropy"/> over the positions that count: one value. The forward pass leaves the finished gradient, so
    /// that differentiating the loss, or a sum that it is part of, is no work at all.
    /// </summary>
    /// <inheritdoc cref="SoftmaxCrossEntropy"/>
    public static Tensor SoftmaxCrossEntropyMean(this Tensor logits, Tensor labels, int ignore = 0, int positions = 0)
    {
        const string Name = "softmax cross-entropy mean";
        positions = CheckLabels(logits, labels, ignore, positions, Name);
        long counted = logits.Shape.Rows / positions * (long)(positions - ignore);
        var gradient = GradientToLeave(logits, Name);
        var loss = MeanOfRows(logits, counted, Name, rows => SoftmaxInto(logits, labels, rows, gradient, 1.0 / counted, positions, ignore));
        if (gradient is not null)
            logits.Context.Tape.Record(Name, [loss], [logits], [gradient], (node, sink) => LeftGradient(node, sink, loss, logits, gradient));
        return loss;
    }

    private static void SoftmaxInto(Tensor logits, Tensor labels, Tensor loss, Tensor? gradient, double scale, int positions, int ignore) =>
        SoftmaxKernel.Forward(
            logits.Context.Device, logits.DType, logits.Range, labels.Range, loss.Range, gradient?.Range, logits.Shape.Rows, logits.Shape.Columns,
            scale, positions, ignore);

    /// <returns>Rows of a sequence.</returns>
    private static int CheckLabels(Tensor logits, Tensor labels, int ignore, int positions, string name)
    {
        Shapes.Real(logits, name);
        int rows = logits.Shape.Rows, classes = logits.Shape.Columns;
        if (labels.DType != DType.Int32 || labels.Count != rows)
            throw new EngineException($"{name}: logits {logits.Shape} want {rows} int32 labels, not {labels.DType} {labels.Shape}.");
        if (labels.LabelRange is { } range && (range.Least < 0 || range.Greatest >= classes))
            throw new EngineException($"{name}: logits {logits.Shape} have classes 0 to {classes - 1}, but '{labels.Op}' holds labels {range.Least} to {range.Greatest}.");
        if (positions == 0) positions = logits.Shape.Rank > 2 ? rows / logits.Shape[0] : 1;
        if (positions < 0 || rows % positions != 0) throw new EngineException($"{name}: logits {logits.Shape} are not whole sequences of {positions} positions.");
        if (ignore < 0 || ignore >= positions)
            throw new EngineException($"{name}: of logits {logits.Shape}, {positions} positions a sequence, {ignore} cannot be ignored: at least one has to count.");
        return positions;
    }
}

using GenEngine.Kernels.MatMul;
using GenEngine.Kernels.Reduction;

namespace GenEngine.Models;

/// <summary>
/// Moving averages of features, one mean a class: m = m + r (mean of the batch's rows of the class - m), r = max(1 - decay, 1/n) the n-th time that the class is met and 0 when the
/// batch has none of it. So the first mean is taken whole, and early ones weigh alike. They live in a group's state: saved with the weights, owned by the phase that owns the group.
/// </summary>
internal sealed class MovingMeans
{
    private const double Decay = 0.9;
    private const double Many = 1e9;
    private readonly Func<Tensor> _means, _met;

    /// <param name="group">Owner of name.mean [classes, features] and name.met [classes, 1].</param>
    /// <param name="image">The flattened image that the features are, where they are one.</param>
    public MovingMeans(ParameterGroup group, string name, int classes, int features, ImageExtents? image = null)
    {
        var shape = new Shape(classes, features);
        _means = group.DeclareState($"{name}.mean", shape, 0, ParameterLayout.Matrix(shape, null, image));
        _met = group.DeclareState($"{name}.met", new Shape(classes, 1), 0);
    }

    /// <summary>The means with a batch taken in; what is kept does not change until <see cref="Keep"/>. Gradients flow through the batch's own part, r times its mean.</summary>
    /// <param name="features">[n, features].</param>
    /// <param name="classes">[n, classes], rows with a one.</param>
    public Next With(Tensor features, Tensor classes)
    {
        int count = classes.Shape.Columns;
        var inBatch = classes.Sum(ReduceAxis.Rows).Reshape(count, 1);
        var present = inBatch.Clamp(0, 1);
        var batchMeans = classes.MatMul(features, MatMulOp.TN).Div(inBatch.Clamp(1, Many));
        var met = _met().Add(present);
        var often = met.Clamp(1, Many);
        var rate = often.Affine(0, 1).Div(often).Clamp(1 - Decay, 1).Mul(present);
        return new Next(_means().Add(batchMeans.Sub(_means()).Mul(rate)), met);
    }

    /// <summary>Keeps what <see cref="With"/> gave; part of a training step.</summary>
    public void Keep(Next next)
    {
        _means().Assign(next.Means);
        _met().Assign(next.Met);
    }

    /// <summary>Means [classes, features], and how often each class has been met.</summary>
    internal readonly record struct Next(Tensor Means, Tensor Met);
}

namespace GenEngine;

/// <summary>A learned vector for each of a number of indices: int32 [..] -> [.., width]; see <see cref="Ops.Embedding"/>.</summary>
public sealed class Embedding : Layer
{
    private readonly Func<Tensor> _weight;

    /// <param name="group">Owner of the parameter name.weight [count, width].</param>
    /// <param name="name">Prefix of the parameter's name.</param>
    /// <param name="count">Indices are 0 .. count - 1.</param>
    /// <param name="width">Extent of the vectors.</param>
    /// <param name="init">Default: normal with deviation 1, as PyTorch's.</param>
    public Embedding(ParameterGroup group, string name, int count, int width, Initializer? init = null) =>
        _weight = group.Declare($"{name}.weight", new Shape(count, width), init ?? Initializer.Normal(1));

    internal Tensor Weight => _weight();

    /// <param name="x">int32 indices.</param>
    public override Tensor Forward(Tensor x) => _weight().Embedding(x);
}

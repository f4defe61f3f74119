namespace GenEngine;

/// <summary>Layer normalisation over the last dimension.</summary>
public sealed class LayerNorm : Layer
{
    private readonly Func<Tensor> _gamma;
    private readonly Func<Tensor> _beta;
    private readonly double _epsilon;

    /// <param name="group">Owner of name.weight and name.bias [features].</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="features">Extent of the last dimension of x.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public LayerNorm(ParameterGroup group, string name, int features, double epsilon = 1e-5)
    {
        _gamma = group.Declare($"{name}.weight", new Shape(features), Initializer.Constant(1));
        _beta = group.Declare($"{name}.bias", new Shape(features), Initializer.Zeros);
        _epsilon = epsilon;
    }

    public override Tensor Forward(Tensor x) => x.LayerNorm(_gamma(), _beta(), _epsilon);
}

using GenEngine.Kernels.Common;

namespace GenEngine;

/// <summary>act(x*Wᵀ + b), W [out, in]; one kernel forward.</summary>
public sealed class Linear : Layer
{
    private readonly Func<Tensor> _weight;
    private readonly Func<Tensor>? _bias;
    private readonly Activation _activation;
    private readonly double _slope;

    /// <param name="group">Owner of the parameters name.weight [outputs, inputs] and name.bias [outputs].</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="inputs">Extent of the last dimension of x.</param>
    /// <param name="outputs">Extent of the last dimension of the result.</param>
    /// <param name="activation">Fused into the product's epilogue.</param>
    /// <param name="bias">Whether to add one.</param>
    /// <param name="weightInit">Default: uniform within 1/sqrt(inputs), as the bias.</param>
    /// <param name="slope">Of LeakyRelu and Elu.</param>
    /// <param name="weightNorm">Parametrise the weight by direction and length, see <see cref="NormalizedWeight"/>.</param>
    /// <param name="reads">The flattened image that the inputs begin with, where they do: weights that travel to PyTorch are put into its order.</param>
    /// <param name="makes">The image that the outputs are reshaped to, likewise.</param>
    public Linear(
        ParameterGroup group, string name, int inputs, int outputs, Activation activation = Activation.None, bool bias = true, Initializer? weightInit = null,
        double slope = 0, bool weightNorm = false, ImageExtents? reads = null, ImageExtents? makes = null)
    {
        var (shape, init) = (new Shape(outputs, inputs), weightInit ?? Initializer.FanIn(inputs));
        Normalized = weightNorm ? new NormalizedWeight(group, $"{name}.weight", shape, init, reads, makes) : null;
        _weight = Normalized is null ? group.Declare($"{name}.weight", shape, init, ParameterLayout.Matrix(shape, makes, reads)) : Normalized.Weight;
        _bias = bias ? group.Declare($"{name}.bias", new Shape(outputs), Initializer.FanIn(inputs), ParameterLayout.Row(outputs, makes)) : null;
        _activation = activation;
        _slope = slope;
    }

    /// <summary>The weight-normalised weight, where asked for.</summary>
    public NormalizedWeight? Normalized { get; }

    public override Tensor Forward(Tensor x) => x.Linear(_weight(), _bias?.Invoke(), _activation, _slope);
}

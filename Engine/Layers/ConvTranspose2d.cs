using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine;

/// <summary>act(transposed convolution + b) over images [N, H, W, C]: with a stride it enlarges them; one kernel forward.</summary>
public sealed class ConvTranspose2d : Layer
{
    private readonly Func<Tensor> _weight;
    private readonly Func<Tensor>? _bias;
    private readonly ConvSpec _spec;
    private readonly int _outputPad;
    private readonly Activation _activation;
    private readonly double _slope;

    /// <param name="group">Owner of the parameters name.weight [inputs, R, S, outputs] and name.bias [outputs].</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="inputs">Channels of x.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="spec">Geometry of the convolution that this one transposes.</param>
    /// <param name="outputPad">Rows and columns that the result has more than the smallest that fits; below the stride.</param>
    /// <param name="activation">Fused into the convolution.</param>
    /// <param name="bias">Whether to add one.</param>
    /// <param name="weightInit">Default: uniform within 1/sqrt(outputs * R * S), as the bias (PyTorch's default).</param>
    /// <param name="slope">Of LeakyRelu and Elu.</param>
    public ConvTranspose2d(
        ParameterGroup group, string name, int inputs, int outputs, ConvSpec spec, int outputPad = 0, Activation activation = Activation.None, bool bias = true,
        Initializer? weightInit = null, double slope = 0)
    {
        int fanIn = outputs * spec.KernelHeight * spec.KernelWidth;
        var shape = new Shape(inputs, spec.KernelHeight, spec.KernelWidth, outputs);
        _weight = group.Declare($"{name}.weight", shape, weightInit ?? Initializer.FanIn(fanIn), ParameterLayout.Filters(shape));
        _bias = bias ? group.Declare($"{name}.bias", new Shape(outputs), Initializer.FanIn(fanIn)) : null;
        (_spec, _outputPad, _activation, _slope) = (spec, outputPad, activation, slope);
    }

    public override Tensor Forward(Tensor x) => Forward(x, false);

    internal override Compactness Compactness => Compactness.Chosen;

    internal override Tensor Forward(Tensor x, bool compact) => x.ConvTranspose2d(_weight(), _bias?.Invoke(), _spec, _outputPad, _outputPad, _activation, _slope, compact);

    internal override Tensor? ForwardInto(Layer next, Tensor x, bool compact) => next is BatchNorm { Training: true } norm && _activation == Activation.None
        ? norm.Take(x.ConvTranspose2d(_weight(), _bias?.Invoke(), _spec, _outputPad, _outputPad, out var partials, compact && norm.Compactness == Compactness.Kept), partials)
        : null;
}

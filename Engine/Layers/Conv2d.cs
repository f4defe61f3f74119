using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine;

/// <summary>act(convolution + b) over images [N, H, W, C]; one kernel forward. Masks, shifts and causal signals are geometries of <see cref="ConvSpec"/>.</summary>
public sealed class Conv2d : Layer
{
    private readonly Func<Tensor> _weight;
    private readonly Func<Tensor>? _bias;
    private readonly ConvSpec _spec;
    private readonly Activation _activation;
    private readonly double _slope;

    /// <param name="group">Owner of the parameters name.weight [outputs, R, S, inputs] and name.bias [outputs].</param>
    /// <param name="name">Prefix of the parameters' names.</param>
    /// <param name="inputs">Channels of x.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="spec">Kernel, stride, padding, dilation, mask.</param>
    /// <param name="activation">Fused into the convolution.</param>
    /// <param name="bias">Whether to add one.</param>
    /// <param name="weightInit">Default: uniform within 1/sqrt(inputs * R * S), as the bias (PyTorch's default; a mask does not change it).</param>
    /// <param name="slope">Of LeakyRelu and Elu.</param>
    public Conv2d(
        ParameterGroup group, string name, int inputs, int outputs, ConvSpec spec, Activation activation = Activation.None, bool bias = true, Initializer? weightInit = null,
        double slope = 0)
    {
        int fanIn = inputs * spec.KernelHeight * spec.KernelWidth;
        var shape = new Shape(outputs, spec.KernelHeight, spec.KernelWidth, inputs);
        _weight = group.Declare($"{name}.weight", shape, weightInit ?? Initializer.FanIn(fanIn), ParameterLayout.Filters(shape));
        _bias = bias ? group.Declare($"{name}.bias", new Shape(outputs), Initializer.FanIn(fanIn)) : null;
        (_spec, _activation, _slope) = (spec, activation, slope);
    }

    internal Tensor Weight => _weight();

    internal Tensor? Bias => _bias?.Invoke();

    internal ConvSpec Spec => _spec;

    internal Activation Activation => _activation;

    internal double Slope => _slope;

    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <summary>residual + convolution + b, of a layer without activation; the sum is part of the convolution.</summary>
    /// <param name="residual">Of the result's shape; or null.</param>
    /// <param name="compact">The result may be stored in BF16; see <see cref="Ops.Conv2d(Tensor, Tensor, Tensor?, ConvSpec, Activation, double, Tensor?, bool)"/>.</param>
    public Tensor Forward(Tensor x, Tensor? residual, bool compact = false) => x.Conv2d(_weight(), _bias?.Invoke(), _spec, _activation, _slope, residual, compact);

    /// <summary>residual + convolution + b, of a layer without activation, and max(result, 0) beside it; see <see cref="Ops.Conv2dRectified"/>.</summary>
    /// <param name="residual">Of the result's shape; or null.</param>
    /// <exception cref="Kernels.EngineException">The layer has an activation.</exception>
    public (Tensor Result, Tensor Rectified) ForwardRectified(Tensor x, Tensor? residual = null, bool compact = false)
    {
        if (_activation != Activation.None) throw new Kernels.EngineException($"A layer with {_activation} behind it has no rectified result beside that.");
        return x.Conv2dRectified(_weight(), _bias?.Invoke(), _spec, residual, compact);
    }

    internal override Compactness Compactness => Compactness.Chosen;

    internal override Tensor Forward(Tensor x, bool compact) => Forward(x, null, compact);

    internal override Tensor? ForwardInto(Layer next, Tensor x, bool compact) => next is BatchNorm { Training: true } norm && _activation == Activation.None
        ? norm.Take(x.Conv2d(_weight(), _bias?.Invoke(), _spec, out var partials, compact && norm.Compactness == Compactness.Kept), partials)
        : null;

    /// <summary>A convolution of a PixelCNN: mask A for the first layer, B for the others; the image keeps its size.</summary>
    public static Conv2d Masked(
        ParameterGroup group, string name, int inputs, int outputs, ConvMask mask, int kernel, int colours = 1, int outputHalves = 1, Activation activation = Activation.None) =>
        new(group, name, inputs, outputs, ConvSpec.Masked(mask, kernel, colours, outputHalves), activation);

    /// <summary>A causal convolution over signals [N, 1, T, C]; the signal keeps its length.</summary>
    public static Conv2d Causal(
        ParameterGroup group, string name, int inputs, int outputs, int kernel, int dilation = 1, int shift = 0, Activation activation = Activation.None) =>
        new(group, name, inputs, outputs, ConvSpec.Causal(kernel, dilation, shift), activation);
}

using GenEngine.Kernels.Common;

namespace GenEngine;

/// <summary>
/// Batch normalisation over the last dimension with an activation fused: the batch's statistics while training, the running ones otherwise. Running
/// statistics are moved only by a Backward over their own group; networks that are merely passed through keep theirs.
/// </summary>
public sealed class BatchNorm : Layer
{
    private readonly Func<Tensor> _gamma;
    private readonly Func<Tensor> _beta;
    private readonly Func<Tensor> _mean;
    private readonly Func<Tensor> _variance;
    private readonly ParameterGroup _group;
    private readonly Activation _activation;
    private readonly double _slope;
    private readonly double _epsilon;
    private readonly double _momentum;
    private RunningStatistics? _running;

    /// <param name="group">Owner of name.weight and name.bias [channels], and of the state name.running_mean and name.running_var.</param>
    /// <param name="name">Prefix of the names.</param>
    /// <param name="channels">Extent of the last dimension of x.</param>
    /// <param name="activation">Fused behind the normalisation.</param>
    /// <param name="slope">Of LeakyRelu and Elu, at least 0.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="momentum">Share of the batch in the running statistics.</param>
    /// <param name="weightInit">Default: ones.</param>
    /// <param name="image">The image that the channels are, where they are one that lies in a row: weights that travel to PyTorch are put into its order.</param>
    public BatchNorm(
        ParameterGroup group, string name, int channels, Activation activation = Activation.None, double slope = 0, double epsilon = 1e-5, double momentum = 0.1,
        Initializer? weightInit = null, ImageExtents? image = null)
    {
        var (shape, layout) = (new Shape(channels), ParameterLayout.Row(channels, image));
        _group = group;
        _gamma = group.Declare($"{name}.weight", shape, weightInit ?? Initializer.Constant(1), layout);
        _beta = group.Declare($"{name}.bias", shape, Initializer.Zeros, layout);
        _mean = group.DeclareState($"{name}.running_mean", shape, 0, layout);
        _variance = group.DeclareState($"{name}.running_var", shape, 1, layout);
        (_activation, _slope, _epsilon, _momentum) = (activation, slope, epsilon, momentum);
    }

    /// <summary>The running statistics, once the group is built.</summary>
    public RunningStatistics Running => _running ??= new RunningStatistics(_group, _mean(), _variance(), _momentum);

    public override Tensor Forward(Tensor x) => Forward(x, null);

    internal override Compactness Compactness => Kernels.Normalization.BatchNorm.TakesBFloat16(_activation) ? Compactness.Kept : Compactness.None;

    /// <summary>As <see cref="Forward(Tensor)"/>, with the partial statistics that the kernel that made x left in passing; evaluation needs none.</summary>
    public Tensor Forward(Tensor x, Tensor? partials) => Training
        ? x.BatchNorm(_gamma(), _beta(), Running, _activation, _slope, _epsilon, partials)
        : x.BatchNormEval(_gamma(), _beta(), Running.Mean, Running.Variance, _activation, _slope, _epsilon);

    /// <summary>Behind a convolution that made its partial statistics for this layer alone.</summary>
    internal Tensor Take(Tensor x, Tensor partials)
    {
        var y = Forward(x, partials);
        partials.Block?.Release();
        return y;
    }
}

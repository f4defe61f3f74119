namespace GenEngine;

/// <summary>An element-wise function as a layer; fuse activations into <see cref="Linear"/> where they follow one.</summary>
public sealed class ActivationLayer(Func<Tensor, Tensor> function) : Layer
{
    /// <summary>max(x, 0). One layer serves all networks, as it has no parameters; so do the other three.</summary>
    public static ActivationLayer Relu { get; } = new(Ops.Relu) { Keeps = Compactness.Kept };

    /// <summary>tanh(x), in [-1, 1].</summary>
    public static ActivationLayer Tanh { get; } = new(Ops.Tanh);

    /// <summary>1 / (1 + exp(-x)), in [0, 1].</summary>
    public static ActivationLayer Sigmoid { get; } = new(Ops.Sigmoid);

    /// <summary>log(1 + exp(x)), a ReLU without a kink.</summary>
    public static ActivationLayer Softplus { get; } = new(Ops.Softplus);

    /// <summary>x where positive, slope*x elsewhere.</summary>
    /// <param name="slope">At least 0: backward takes the side from the sign of the result.</param>
    public static ActivationLayer LeakyRelu(double slope = 0.2) => new(x => x.LeakyRelu(slope)) { Keeps = Compactness.Kept };

    /// <summary>x where positive, alpha*(exp(x)-1) elsewhere (Clevert et al. 2015).</summary>
    /// <param name="alpha">At least 0: backward takes the side from the sign of the result.</param>
    public static ActivationLayer Elu(double alpha = 1) => new(x => x.Elu(alpha));

    public override Tensor Forward(Tensor x) => function(x);

    internal override Compactness Compactness => Keeps;

    private Compactness Keeps { get; init; }
}

/// <summary>Zeroes elements at random while training, does nothing otherwise.</summary>
public sealed class DropoutLayer(double rate) : Layer
{
    public override Tensor Forward(Tensor x) => Training && rate > 0 ? x.Dropout(rate) : x;
}

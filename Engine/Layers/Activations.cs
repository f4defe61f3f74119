namespace GenEngine;

/// <summary>An element-wise function as a layer; fuse activations into <see cref="Linear"/> where they follow one.</summary>
public sealed class ActivationLayer(Func<Tensor, Tensor> function) : Layer
{
    public static ActivationLayer Relu { get; } = new(Ops.Relu);

    public static ActivationLayer Tanh { get; } = new(Ops.Tanh);

    public static ActivationLayer Sigmoid { get; } = new(Ops.Sigmoid);

    public static ActivationLayer Softplus { get; } = new(Ops.Softplus);

    public static ActivationLayer LeakyRelu(double slope = 0.2) => new(x => x.LeakyRelu(slope));

    public static ActivationLayer Elu(double alpha = 1) => new(x => x.Elu(alpha));

    public override Tensor Forward(Tensor x) => function(x);
}

/// <summary>Zeroes elements at random while training, does nothing otherwise.</summary>
public sealed class DropoutLayer(double rate) : Layer
{
    public override Tensor Forward(Tensor x) => Training && rate > 0 ? x.Dropout(rate) : x;
}

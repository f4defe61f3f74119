namespace GenEngine;

/// <summary>A piece of a network: it declares its parameters in a group and maps a tensor to a tensor.</summary>
public abstract class Layer
{
    /// <summary>True while training: dropout drops. Set it with <see cref="SetTraining"/>.</summary>
    public bool Training { get; private set; } = true;

    public abstract Tensor Forward(Tensor x);

    public virtual void SetTraining(bool training) => Training = training;
}

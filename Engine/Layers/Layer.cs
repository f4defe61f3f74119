namespace GenEngine;

/// <summary>A piece of a network: it declares its parameters in a group and maps a tensor to a tensor.</summary>
public abstract class Layer
{
    /// <summary>True while training: dropout drops. Set it with <see cref="SetTraining"/>.</summary>
    public bool Training { get; private set; } = true;

    public abstract Tensor Forward(Tensor x);

    /// <summary>This layer and the next one in one, where they have a common way that is faster; null where not.</summary>
    internal virtual Tensor? ForwardInto(Layer next, Tensor x) => null;

    public virtual void SetTraining(bool training) => Training = training;
}

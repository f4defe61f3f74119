namespace GenEngine;

/// <summary>A piece of a network: it declares its parameters in a group and maps a tensor to a tensor.</summary>
public abstract class Layer
{
    /// <summary>True while training: dropout drops. Set it with <see cref="SetTraining"/>.</summary>
    public bool Training { get; private set; } = true;

    /// <summary>Maps x to the layer's output, inside an open step and once the group is built; which shapes it takes, each layer says.</summary>
    public abstract Tensor Forward(Tensor x);

    /// <summary>This layer and the next one in one, where they have a common way that is faster; null where not.</summary>
    internal virtual Tensor? ForwardInto(Layer next, Tensor x) => null;

    /// <summary>Sets <see cref="Training"/>; a layer made of layers sets theirs too.</summary>
    public virtual void SetTraining(bool training) => Training = training;
}

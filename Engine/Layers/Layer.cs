namespace GenEngine;

/// <summary>A piece of a network: it declares its parameters in a group and maps a tensor to a tensor.</summary>
public abstract class Layer
{
    /// <summary>True while training: dropout drops. Set it with <see cref="SetTraining"/>.</summary>
    public bool Training { get; private set; } = true;

    /// <summary>Maps x to the layer's output, inside an open step and once the group is built; which shapes it takes, each layer says.</summary>
    public abstract Tensor Forward(Tensor x);

    /// <summary>What it does with images stored in BF16.</summary>
    internal virtual Compactness Compactness => Compactness.None;

    /// <summary>As <see cref="Forward(Tensor)"/>, where whoever takes the result may be given it compact (see <see cref="Ops.ToFloat32"/>).</summary>
    internal virtual Tensor Forward(Tensor x, bool compact) => Forward(x);

    /// <summary>This layer and the next one in one, where they have a common way that is faster; null where not.</summary>
    /// <param name="compact">The result of both may be compact.</param>
    internal virtual Tensor? ForwardInto(Layer next, Tensor x, bool compact) => null;

    /// <summary>Sets <see cref="Training"/>; a layer made of layers sets theirs too.</summary>
    public virtual void SetTraining(bool training) => Training = training;
}

/// <summary>What a layer does with images stored in BF16.</summary>
internal enum Compactness
{
    /// <summary>It takes float32.</summary>
    None,

    /// <summary>It takes either, and what it gives is stored as what it took.</summary>
    Kept,

    /// <summary>It takes either, and gives what it is asked for.</summary>
    Chosen,
}

namespace GenEngine;

/// <summary>Layers one after another.</summary>
public sealed class Sequential(params Layer[] layers) : Layer
{
    public IReadOnlyList<Layer> Layers { get; } = layers;

    public override Tensor Forward(Tensor x)
    {
        foreach (var layer in Layers) x = layer.Forward(x);
        return x;
    }

    public override void SetTraining(bool training)
    {
        base.SetTraining(training);
        foreach (var layer in Layers) layer.SetTraining(training);
    }
}

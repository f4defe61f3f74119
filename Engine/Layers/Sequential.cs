namespace GenEngine;

/// <summary>Layers one after another; neighbours that can be fused are, a convolution with the batch norm behind it.</summary>
public sealed class Sequential(params Layer[] layers) : Layer
{
    /// <summary>In the order of the forward pass.</summary>
    public IReadOnlyList<Layer> Layers { get; } = layers;

    public override Tensor Forward(Tensor x)
    {
        for (int i = 0; i < Layers.Count; i++)
        {
            if (i + 1 < Layers.Count && Layers[i].ForwardInto(Layers[i + 1], x) is { } both)
            {
                x = both;
                i++;
            }
            else
            {
                x = Layers[i].Forward(x);
            }
        }

        return x;
    }

    public override void SetTraining(bool training)
    {
        base.SetTraining(training);
        foreach (var layer in Layers) layer.SetTraining(training);
    }
}

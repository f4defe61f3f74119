namespace GenEngine;

/// <summary>
/// Layers one after another; neighbours that can be fused are, a convolution with the batch norm behind it. What one convolution leaves to another is stored in BF16 where a GPU computes in it, with all
/// that lies between them.
/// </summary>
public sealed class Sequential(params Layer[] layers) : Layer
{
    /// <summary>In the order of the forward pass.</summary>
    public IReadOnlyList<Layer> Layers { get; } = layers;

    public override Tensor Forward(Tensor x) => Forward(x, false);

    public override void SetTraining(bool training)
    {
        base.SetTraining(training);
        foreach (var layer in Layers) layer.SetTraining(training);
    }

    internal override Compactness Compactness => Of(0);

    internal override Tensor Forward(Tensor x, bool compact)
    {
        for (int i = 0; i < Layers.Count; i++)
        {
            if (i + 1 < Layers.Count && Layers[i].ForwardInto(Layers[i + 1], x, MayBeCompact(i + 1, compact)) is { } both)
            {
                x = both;
                i++;
            }
            else
            {
                x = Layers[i].Forward(x, MayBeCompact(i, compact));
            }
        }

        return x;
    }

    // whether the i-th layer's result may be: as whoever reads it next says
    private bool MayBeCompact(int i, bool last) => Of(i + 1) switch { Compactness.Chosen => true, Compactness.Kept => last, _ => false };

    // of the layers from the i-th on; none at all keep what they get
    private Compactness Of(int i)
    {
        while (i < Layers.Count && Layers[i].Compactness == Compactness.Kept) i++;
        return i < Layers.Count ? Layers[i].Compactness : Compactness.Kept;
    }
}

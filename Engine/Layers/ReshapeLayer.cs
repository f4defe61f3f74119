namespace GenEngine;

/// <summary>Numbers of a row as an image [N, height, width, channels]; free.</summary>
public sealed class ReshapeLayer(int height, int width, int channels) : Layer
{
    public override Tensor Forward(Tensor x) => x.Reshape(x.Shape[0], height, width, channels);

    internal override Compactness Compactness => Compactness.Kept;
}

/// <summary>Everything of an example as one row: [N, ...] -> [N, columns]; free.</summary>
public sealed class FlattenLayer : Layer
{
    public override Tensor Forward(Tensor x) => x.Reshape(x.Shape[0], checked((int)(x.Count / x.Shape[0])));

    internal override Compactness Compactness => Compactness.Kept;
}

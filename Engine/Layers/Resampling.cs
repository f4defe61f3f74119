namespace GenEngine;

/// <summary>Nearest-neighbour upsampling by a whole factor: [N, H, W, C] -> [N, H factor, W factor, C].</summary>
public sealed class Upsample(int factor) : Layer
{
    public override Tensor Forward(Tensor x) => x.Upsample(factor);
}

/// <summary>Channels to pixels: [N, H, W, C factor^2] -> [N, H factor, W factor, C]; see <see cref="Ops.DepthToSpace"/>.</summary>
public sealed class DepthToSpace(int factor) : Layer
{
    public override Tensor Forward(Tensor x) => x.DepthToSpace(factor);
}

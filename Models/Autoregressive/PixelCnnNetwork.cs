using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Models;

/// <summary>
/// PixelCNN (van den Oord et al., Pixel Recurrent Neural Networks, 2016, sections 3.3 to 3.5): a 7x7 convolution of mask A to 2h channels, residual blocks
/// {ReLU, 1x1 to h, ReLU, 3x3 of mask B, ReLU, 1x1 to 2h}, then two 1x1 layers. The stack of 3x3 masks leaves a wedge above and to the right unseen.
/// Optionally, and not in the paper, numbers for each position are added behind the first layer: where the background is 0, padding looks like background, and the network cannot tell where in the
/// image it is.
/// </summary>
public sealed class PixelCnnNetwork : IPixelNetwork
{
    private readonly Activation _activation;
    private readonly Func<Tensor>? _positions;
    private readonly Conv2d _first, _head, _logits;
    private readonly (Conv2d Down, Conv2d Masked, Conv2d Up)[] _blocks;

    public PixelCnnNetwork(ParameterGroup group, PixelNetworkSize size)
    {
        size.Check();
        _activation = size.Activation;
        int h = size.Width, groups = size.Groups;
        _first = Conv2d.Masked(group, "first", size.Colours, 2 * h, ConvMask.A, size.FirstKernel, groups);
        if (size.Positions is var (height, width))
        {
            var map = new ImageExtents(height, width, 2 * h);
            _positions = group.Declare("positions", new Shape(map.Count), Initializer.Zeros, ParameterLayout.Map(map));
        }

        _blocks = [.. Enumerable.Range(0, size.Layers).Select(i => (
            PixelLayers.Single(group, $"block.{i}.down", 2 * h, h, groups, _activation),
            Conv2d.Masked(group, $"block.{i}.masked", h, h, ConvMask.B, 3, groups, activation: _activation),
            PixelLayers.Single(group, $"block.{i}.up", h, 2 * h, groups)))];
        _head = PixelLayers.Single(group, "head", 2 * h, size.Head, groups, _activation);
        _logits = PixelLayers.Single(group, "logits", size.Head, size.Outputs, groups);
    }

    public Tensor Forward(Tensor images, PixelCondition? condition = null)
    {
        var x = _first.Forward(images);
        if (_positions is not null) x = x.Reshape(x.Shape[0], (int)(x.Shape.Count / x.Shape[0])).Add(_positions()).Reshape(x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        x = x.ToCompact();
        var activated = x.Activate(_activation);
        foreach (var (down, masked, up) in _blocks)
        {
            var middle = masked.Forward(down.Forward(activated, null, compact: true), null, compact: true);
            if (_activation == Activation.Relu) (x, activated) = up.ForwardRectified(middle, residual: x, compact: true);
            else activated = (x = up.Forward(middle, residual: x, compact: true)).Activate(_activation);
        }

        return _logits.Forward(_head.Forward(activated, null, compact: true));
    }

    public ColumnLayer Columns(ColumnBuilder builder, ColumnLayer images, PixelCondition? condition = null)
    {
        var x = builder.Convolution(_first, images, residual: _positions is null ? null : builder.SharedMap(_positions()));
        foreach (var (down, masked, up) in _blocks)
            x = builder.Convolution(up, builder.Convolution(masked, builder.Convolution(down, builder.Activation(_activation, x))), residual: x);
        return builder.Convolution(_logits, builder.Convolution(_head, builder.Activation(_activation, x)));
    }
}

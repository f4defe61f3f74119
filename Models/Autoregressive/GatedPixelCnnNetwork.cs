using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Models;

/// <summary>
/// The gated PixelCNN (van den Oord et al., Conditional Image Generation with PixelCNN Decoders, 2016, figure 2): a vertical stack that sees all rows above and feeds, by a 1x1, a horizontal one that
/// sees the row so far; gates tanh * sigmoid in both; a residual in the horizontal stack but for its first layer; the gates' skips are summed in front of the head. Nothing before a pixel is out of sight.
/// </summary>
public sealed class GatedPixelCnnNetwork : IPixelNetwork
{
    private readonly Activation _activation;
    private readonly Layer[] _layers;
    private readonly Conv2d _head, _logits;

    public GatedPixelCnnNetwork(ParameterGroup group, PixelNetworkSize size)
    {
        size.Check();
        _activation = size.Activation;
        _layers = [.. Enumerable.Range(0, size.Layers + 1).Select(i => new Layer(group, size, i))];
        _head = PixelLayers.Single(group, "head", size.Head, size.Head, size.Groups, _activation);
        _logits = PixelLayers.Single(group, "logits", size.Head, size.Outputs, size.Groups);
    }

    public Tensor Forward(Tensor images, PixelCondition? condition = null)
    {
        Tensor vertical = images, horizontal = images;
        Tensor? skip = null;
        foreach (var layer in _layers) (vertical, horizontal, skip) = layer.Forward(vertical, horizontal, skip, condition);
        return _logits.Forward(_head.Forward(skip!.Activate(_activation)));
    }

    public ColumnLayer Columns(ColumnBuilder builder, ColumnLayer images, PixelCondition? condition = null)
    {
        ColumnLayer vertical = images, horizontal = images;
        ColumnLayer? skip = null, map = condition?.Map is { } given ? builder.ConstantMap(given) : null;
        foreach (var layer in _layers) (vertical, horizontal, skip) = layer.Columns(builder, vertical, horizontal, skip, condition, map);
        return builder.Convolution(_logits, builder.Convolution(_head, builder.Activation(_activation, skip!.Value)));
    }

    private sealed class Layer
    {
        private readonly bool _first;
        private readonly Conv2d _vertical, _across, _horizontal, _output, _skip;
        private readonly Conv2d? _verticalMap, _horizontalMap;
        private readonly Linear? _verticalBias, _horizontalBias;

        public Layer(ParameterGroup group, PixelNetworkSize size, int index)
        {
            _first = index == 0;
            int h = size.Width, groups = size.Groups, inputs = _first ? size.Colours : h, kernel = _first ? size.FirstKernel : 3;
            string name = $"layer.{index}";
            var row = new ConvSpec(1, kernel)
            {
                PadLeft = kernel / 2,
                PadRight = kernel / 2,
                Mask = _first ? ConvMask.A : ConvMask.B,
                Colours = groups,
                OutputHalves = 2,
            };
            _vertical = new Conv2d(group, $"{name}.vertical", inputs, 2 * h, ConvSpec.Vertical(kernel, shift: _first ? 1 : 0));
            _across = new Conv2d(group, $"{name}.across", 2 * h, 2 * h, ConvSpec.Square(1));
            _horizontal = new Conv2d(group, $"{name}.horizontal", inputs, 2 * h, row);
            _output = PixelLayers.Single(group, $"{name}.output", h, h, groups);
            _skip = PixelLayers.Single(group, $"{name}.skip", h, size.Head, groups);
            if (size.BiasCondition > 0)
            {
                _verticalBias = new Linear(group, $"{name}.vertical.condition", size.BiasCondition, 2 * h, bias: false);
                _horizontalBias = new Linear(group, $"{name}.horizontal.condition", size.BiasCondition, 2 * h, bias: false);
            }

            if (size.MapCondition <= 0) return;
            _verticalMap = new Conv2d(group, $"{name}.vertical.map", size.MapCondition, 2 * h, ConvSpec.Square(1), bias: false);
            _horizontalMap = new Conv2d(group, $"{name}.horizontal.map", size.MapCondition, 2 * h, ConvSpec.Square(1), bias: false);
        }

        public (Tensor Vertical, Tensor Horizontal, Tensor Skip) Forward(Tensor vertical, Tensor horizontal, Tensor? skip, PixelCondition? condition)
        {
            var above = _vertical.Forward(vertical, null, compact: true).ToCompact();
            var across = _across.Forward(above, null, compact: true);
            if (_horizontalMap is not null) across = _horizontalMap.Forward(condition!.Map!, residual: across, compact: true);
            if (_verticalMap is not null) above = _verticalMap.Forward(condition!.Map!, residual: above, compact: true);
            var gated = Gated(_horizontal.Forward(horizontal, residual: across, compact: true), _horizontalBias, condition);
            var output = _output.Forward(gated, residual: _first ? null : horizontal, compact: true);
            return (Gated(above, _verticalBias, condition), output, _skip.Forward(gated, residual: skip, compact: true));
        }

        public (ColumnLayer Vertical, ColumnLayer Horizontal, ColumnLayer Skip) Columns(
            ColumnBuilder builder, ColumnLayer vertical, ColumnLayer horizontal, ColumnLayer? skip, PixelCondition? condition, ColumnLayer? map)
        {
            var above = builder.Convolution(_vertical, vertical);
            var across = builder.Convolution(_across, above);
            if (_horizontalMap is not null) across = builder.Convolution(_horizontalMap, map!.Value, residual: across);
            if (_verticalMap is not null) above = builder.Convolution(_verticalMap, map!.Value, residual: above);
            var gated = builder.Gate(builder.Convolution(_horizontal, horizontal, residual: across), Bias(builder, _horizontalBias, condition));
            var output = builder.Convolution(_output, gated, residual: _first ? null : horizontal);
            return (builder.Gate(above, Bias(builder, _verticalBias, condition)), output, builder.Convolution(_skip, gated, residual: skip));
        }

        private static Tensor Gated(Tensor x, Linear? bias, PixelCondition? condition) =>
            bias is null ? Gate.Tanh.Forward(x) : Gate.Tanh.Forward(x, bias.Forward(condition!.Bias!));

        private static ColumnLayer? Bias(ColumnBuilder builder, Linear? bias, PixelCondition? condition) =>
            bias is null ? null : builder.Constant(bias.Forward(condition!.Bias!));
    }
}

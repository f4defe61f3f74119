using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Bench.Compare.Networks;

/// <summary>The PyTorch peer's PixelCNN: 7x7 mask A to 128 channels, fourteen residual 3x3 layers of mask B, 256 classes a pixel. Loss: nats a pixel.</summary>
internal sealed class PeerPixelCnn
{
    private const int Channels = 128, Layers = 14, Classes = 256;
    private readonly Conv2d _first, _logits;
    private readonly Conv2d[] _layers = new Conv2d[Layers];

    public PeerPixelCnn(Context context)
    {
        Group = new ParameterGroup(context, "pixelcnn");
        _first = Conv2d.Masked(Group, "first", 1, Channels, ConvMask.A, 7);
        for (int i = 0; i < Layers; i++) _layers[i] = Conv2d.Masked(Group, $"layer.{i}", Channels, Channels, ConvMask.B, 3);
        _logits = new Conv2d(Group, "logits", Channels, Classes, ConvSpec.Square(1));
        Group.Build();
    }

    public ParameterGroup Group { get; }

    /// <summary>The same network as columns.</summary>
    public ColumnLayer Columns(ColumnBuilder builder, ColumnLayer images)
    {
        var h = builder.Convolution(_first, images);
        foreach (var layer in _layers) h = builder.Convolution(layer, builder.Activation(Activation.Relu, h), residual: h);
        return builder.Convolution(_logits, builder.Activation(Activation.Relu, h));
    }

    /// <param name="images">[N, H, W, 1] in [0, 1].</param>
    /// <param name="classes">int32 [N, H, W].</param>
    public Tensor Loss(Tensor images, Tensor classes)
    {
        var h = _first.Forward(images).ToCompact();
        var rectified = h.Relu();
        foreach (var layer in _layers) (h, rectified) = layer.ForwardRectified(rectified, residual: h, compact: true);
        return _logits.Forward(rectified).SoftmaxCrossEntropyMean(classes);
    }
}

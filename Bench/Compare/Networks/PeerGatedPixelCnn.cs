using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Bench.Compare.Networks;

/// <summary>
/// The peer's gated PixelCNN of one stack (van den Oord et al. 2016): 7x7 mask A, seven gated 3x3 layers of 32 channels with residuals, a 1x1 head. Loss:
/// nats an image.
/// </summary>
internal sealed class PeerGatedPixelCnn
{
    private const int Channels = 32, Layers = 7;
    private readonly Conv2d _first, _head, _logits;
    private readonly ActivationLayer _activation;
    private readonly Conv2d[] _gated = new Conv2d[Layers], _outputs = new Conv2d[Layers];

    /// <param name="smooth">Softplus for ReLU: gradient checks cannot cross kinks.</param>
    public PeerGatedPixelCnn(Context context, bool smooth = false)
    {
        var activation = smooth ? Activation.Softplus : Activation.Relu;
        _activation = smooth ? ActivationLayer.Softplus : ActivationLayer.Relu;
        Group = new ParameterGroup(context, "pixelcnn");
        var single = ConvSpec.Square(1);
        _first = Conv2d.Masked(Group, "first", 1, Channels, ConvMask.A, 7);
        for (int i = 0; i < Layers; i++)
        {
            _gated[i] = Conv2d.Masked(Group, $"gated.{i}", Channels, 2 * Channels, ConvMask.B, 3, outputHalves: 2);
            _outputs[i] = new Conv2d(Group, $"output.{i}", Channels, Channels, single);
        }

        _head = new Conv2d(Group, "head", Channels, Channels, single, activation);
        _logits = new Conv2d(Group, "logits", Channels, 1, single);
        Group.Build();
    }

    public ParameterGroup Group { get; }

    /// <summary>Logits of [N, H, W, 1], each from earlier pixels alone.</summary>
    public Tensor Logits(Tensor images)
    {
        var h = _first.Forward(images);
        for (int i = 0; i < Layers; i++) h = _outputs[i].Forward(Gate.Tanh.Forward(_gated[i].Forward(h, null, compact: true)), residual: h, compact: true);
        return _logits.Forward(_head.Forward(_activation.Forward(h)));
    }

    /// <summary>The same network as columns.</summary>
    public ColumnLayer Columns(ColumnBuilder builder, ColumnLayer images)
    {
        var h = builder.Convolution(_first, images);
        for (int i = 0; i < Layers; i++) h = builder.Convolution(_outputs[i], builder.Gate(builder.Convolution(_gated[i], h)), residual: h);
        return builder.Convolution(_logits, builder.Convolution(_head, builder.Activation(Activation.Relu, h)));
    }

    /// <param name="images">[N, H, W, 1] of zeros and ones.</param>
    public Tensor Loss(Tensor images)
    {
        int n = images.Shape[0], pixels = images.Shape[1] * images.Shape[2];
        return Logits(images).Reshape(n, pixels).BceWithLogitsMean(images.Reshape(n, pixels));
    }
}

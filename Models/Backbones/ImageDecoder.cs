using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>Codes to images, the encoder's mirror: a decoder or a generator. A class comes in beside the code.</summary>
internal sealed class ImageDecoder : Layer
{
    private readonly DataShape _data;
    private readonly Sequential _network;

    /// <param name="group">Owner of the parameters.</param>
    /// <param name="prefix">Of their names, such as "encoder."; empty where the group has no other network.</param>
    /// <param name="data">The images.</param>
    /// <param name="options">Backbone and sizes.</param>
    /// <param name="inputs">Numbers an image: dimensions of the code, and of the class rows where there are any.</param>
    /// <param name="style">Weights and activations.</param>
    public ImageDecoder(ParameterGroup group, string prefix, DataShape data, ModelOptions options, int inputs, NetworkStyle? style = null)
    {
        style ??= new NetworkStyle(Smooth: options.Smooth);
        _data = data;
        _network = options.Backbone == Backbone.Conv
            ? Stages(group, prefix, inputs, options, style)
            : Mlp.Build(group, prefix, inputs, options.Hidden!.Reverse(), data.Pixels, Backbone.Of(Activation.Relu, style.Smooth), data.Image);
    }

    public override Tensor Forward(Tensor x) => _network.Forward(x).Reshape(x.Shape[0], _data.Pixels);

    /// <summary>[n, latent] and [n, classes] -> [n, pixels] before the function that bounds them.</summary>
    public Tensor Forward(Tensor codes, Tensor? classes) =>
        // a row with a one varies as little as one of the code's numbers; scaled, all classes together vary as much as their number of them
        Forward(classes is null ? codes : Ops.Concat(codes, classes.Affine(Math.Sqrt(classes.Shape.Columns))));

    public override void SetTraining(bool training)
    {
        base.SetTraining(training);
        _network.SetTraining(training);
    }

    private Sequential Stages(ParameterGroup group, string prefix, int inputs, ModelOptions options, NetworkStyle style)
    {
        var layers = new List<Layer>();
        var bend = Backbone.Of(Activation.Relu, style.Smooth);
        var stages = Backbone.Stages(_data, options);
        int height = _data.Height >> stages.Count, side = _data.Width >> stages.Count, from = inputs;
        int dense = Backbone.Dense(_data, options);
        if (dense > 0)
        {
            layers.Add(new Linear(group, $"{prefix}dense", from, dense, bias: false, weightInit: style.Init));
            layers.Add(new BatchNorm(group, $"{prefix}dense.norm", dense, bend));
            from = dense;
        }

        // batch norm a channel, not a pixel: the images behind the dense layer are images already
        var image = new ImageExtents(height, side, stages[^1]);
        layers.Add(new Linear(group, $"{prefix}widen", from, image.Count, bias: false, weightInit: style.Init, makes: image));
        layers.Add(new ReshapeLayer(height, side, stages[^1]));
        layers.Add(new BatchNorm(group, $"{prefix}widen.norm", stages[^1], bend));
        var enlarge = ConvSpec.Square(4, 2, 1);
        for (int i = stages.Count - 1; i >= 0; i--)
        {
            string name = $"{prefix}conv{i}";
            bool last = i == 0;
            int to = last ? _data.Channels : stages[i - 1];
            layers.Add(new ConvTranspose2d(group, name, stages[i], to, enlarge, bias: last, weightInit: style.Init));
            if (!last) layers.Add(new BatchNorm(group, $"{name}.norm", to, bend));
        }

        return new Sequential([.. layers]);
    }
}

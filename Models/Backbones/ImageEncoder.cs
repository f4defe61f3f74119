using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// Images to numbers: an encoder, a discriminator or a classifier. A class comes in beside the pixels: as more inputs of a dense network, as one learned map of the
/// image's size (a row of it a class) for a convolutional one.
/// </summary>
internal sealed class ImageEncoder : Layer
{
    private readonly DataShape _data;
    private readonly Func<Tensor>? _classMap;
    private readonly Sequential _trunk;
    private readonly bool _conv;

    /// <param name="group">Owner of the parameters.</param>
    /// <param name="prefix">Of their names, such as "encoder."; empty where the group has no other network.</param>
    /// <param name="data">The images.</param>
    /// <param name="options">Backbone and sizes.</param>
    /// <param name="classes">Width of the class rows; 0 when there are none.</param>
    /// <param name="outputs">Numbers an image.</param>
    /// <param name="style">Weights and activations.</param>
    public ImageEncoder(ParameterGroup group, string prefix, DataShape data, ModelOptions options, int classes, int outputs, NetworkStyle? style = null)
    {
        style ??= new NetworkStyle(Smooth: options.Smooth);
        _data = data;
        _conv = options.Backbone == Backbone.Conv;
        if (!_conv)
        {
            (_trunk, Features) = Mlp.Trunk(group, prefix, data.Pixels + classes, options.Hidden!, Backbone.Of(Activation.Relu, style.Smooth), data.Image);
            if (options.Hidden!.Count == 0) FeatureImage = data.Image;
            Head = new Linear(group, $"{prefix}{options.Hidden!.Count}", Features, outputs, reads: FeatureImage);
            return;
        }

        if (classes > 0) _classMap = group.Declare($"{prefix}classes.weight", new Shape(classes, data.Height * data.Width), Initializer.Normal(1)); // as strong as the pixels from the start
        (_trunk, Features, FeatureImage) = Stages(group, prefix, classes > 0 ? data.Channels + 1 : data.Channels, options, style);
        Head = new Linear(group, $"{prefix}out", Features, outputs, weightInit: style.Init, reads: FeatureImage);
    }

    /// <summary>Numbers an image that <see cref="Trunk"/> gives.</summary>
    public int Features { get; }

    /// <summary>The flattened image that the features begin with; null where a dense layer has made them.</summary>
    public ImageExtents? FeatureImage { get; }

    /// <summary>From features to outputs.</summary>
    public Linear Head { get; }

    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <summary>[n, pixels] and [n, classes] -> [n, outputs].</summary>
    public Tensor Forward(Tensor images, Tensor? classes) => Head.Forward(Trunk(images, classes));

    /// <summary>What the last layer sees: [n, features].</summary>
    public Tensor Trunk(Tensor images, Tensor? classes)
    {
        int n = images.Shape[0];
        if (!_conv) return _trunk.Forward(classes is null ? images.Reshape(n, _data.Pixels) : Ops.Concat(images.Reshape(n, _data.Pixels), classes));
        var x = images.Reshape(n, _data.Height, _data.Width, _data.Channels);
        if (_classMap is not null) x = Ops.Concat(x, classes!.MatMul(_classMap()).Reshape(n, _data.Height, _data.Width, 1));
        return _trunk.Forward(x);
    }

    public override void SetTraining(bool training)
    {
        base.SetTraining(training);
        _trunk.SetTraining(training);
    }

    private (Sequential Trunk, int Features, ImageExtents? Image) Stages(ParameterGroup group, string prefix, int channels, ModelOptions options, NetworkStyle style)
    {
        var layers = new List<Layer>();
        var bend = Backbone.Of(Activation.LeakyRelu, style.Smooth);
        var halve = ConvSpec.Square(4, 2, 1);
        var stages = Backbone.Stages(_data, options);
        int from = channels;
        for (int i = 0; i < stages.Count; i++)
        {
            string name = $"{prefix}conv{i}";
            bool norm = i > 0; // DCGAN: none on the layer that sees pixels
            layers.Add(new Conv2d(group, name, from, stages[i], halve, norm ? Activation.None : bend, bias: !norm, weightInit: style.Init, slope: Backbone.Slope));
            if (norm) layers.Add(new BatchNorm(group, $"{name}.norm", stages[i], bend, Slope(bend)));
            from = stages[i];
        }

        var image = new ImageExtents(_data.Height >> stages.Count, _data.Width >> stages.Count, from);
        layers.Add(new FlattenLayer());
        int dense = Backbone.Dense(_data, options);
        if (dense == 0) return (new Sequential([.. layers]), image.Count, image);
        layers.Add(new Linear(group, $"{prefix}dense", image.Count, dense, bias: false, weightInit: style.Init, reads: image));
        layers.Add(new BatchNorm(group, $"{prefix}dense.norm", dense, bend, Slope(bend)));
        return (new Sequential([.. layers]), dense, null);
    }

    private static double Slope(Activation activation) => activation == Activation.LeakyRelu ? Backbone.Slope : 0;
}

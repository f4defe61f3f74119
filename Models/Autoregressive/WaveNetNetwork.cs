using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Models;

/// <summary>How a <see cref="WaveNetNetwork"/> is built.</summary>
public sealed record WaveNetOptions
{
    /// <summary>Size of the alphabet.</summary>
    public int Codes { get; init; } = 256;

    /// <summary>Times that the dilations 1, 2, 4, ... are gone through.</summary>
    public int Stacks { get; init; } = 1;

    /// <summary>Layers of a stack; the last has dilation 2^(Layers - 1).</summary>
    public int Layers { get; init; } = 10;

    /// <summary>Channels between layers, and of each half of a gate.</summary>
    public int Residual { get; init; } = 32;

    /// <summary>Channels of the skip sum and the head.</summary>
    public int Skip { get; init; } = 64;

    /// <summary>Classes that the network is told (global conditioning); 0 for none.</summary>
    public int Classes { get; init; }

    /// <summary>Channels of the features that it is told along the way (local conditioning); 0 for none.</summary>
    public int Features { get; init; }

    /// <summary>Positions a feature stands for.</summary>
    public int Hop { get; init; } = 1;

    /// <summary>A causal convolution of two taps over one-hot codes in place of an embedding of the present one; it sees a code more.</summary>
    public bool OneHot { get; init; }

    /// <summary>Softplus for ReLU: finite differences cannot cross kinks.</summary>
    public bool Smooth { get; init; }
}

/// <summary>One layer: a dilated convolution of two taps to both halves of a gate, and what is added to the layers' path from it.</summary>
/// <param name="Dilation">Positions between its taps.</param>
/// <param name="Dilated">Residual to 2 * Residual channels, tanh | sigmoid.</param>
/// <param name="Residual">1x1, on the path; null in the last layer, behind which there is none.</param>
/// <param name="Class">Rows of classes to what is added to both halves at every position; null without classes.</param>
/// <param name="Feature">1x1 from upsampled features to both halves; null without features.</param>
public sealed record WaveNetLayer(int Dilation, Conv2d Dilated, Conv2d? Residual, Linear? Class, Conv2d? Feature);

/// <summary>
/// WaveNet (van den Oord et al. 2016): stacks of dilated causal convolutions with gates tanh(a) sigmoid(b), residual and skip connections, and a head of two 1x1 convolutions to the logits of
/// the next code. The sum of the layers' skips is one product over all gates' outputs side by side. Parameters, in order: embedding.weight [Codes, Residual] (or input.*), then of each
/// layer dilated.i.*, class.i.weight, feature.i.weight, residual.i.*, then skips.*, head.*, logits.*; of local conditioning first upsample.*.
/// </summary>
public sealed class WaveNetNetwork : Layer
{
    private const int Taps = 2;

    private readonly WaveNetLayer[] _layers;

    /// <param name="context">Where it lives.</param>
    /// <param name="options">Its extents.</param>
    /// <param name="group">Owner of the parameters, not yet built; null makes one called wavenet.</param>
    /// <exception cref="EngineException">An extent is not positive, or the receptive field passes 2^24 codes.</exception>
    public WaveNetNetwork(Context context, WaveNetOptions? options = null, ParameterGroup? group = null)
    {
        Options = options ??= new WaveNetOptions();
        Check(options);
        Group = group ?? new ParameterGroup(context, "wavenet");
        int residual = options.Residual, count = options.Stacks * options.Layers;
        var activation = options.Smooth ? Activation.Softplus : Activation.Relu;
        var single = ConvSpec.Square(1);
        if (options.Features > 0)
        {
            // each feature reaches half a hop beyond its own positions on both sides, so that neighbours blend
            int hop = options.Hop, before = hop / 2;
            var spec = new ConvSpec(1, 2 * hop) { StrideX = hop, PadLeft = before, PadRight = hop - before };
            Upsample = new ConvTranspose2d(Group, "upsample", options.Features, options.Features, spec);
        }

        if (options.OneHot) Input = Conv2d.Causal(Group, "input", options.Codes, residual, Taps);
        else Embedding = new Embedding(Group, "embedding", options.Codes, residual);
        _layers = new WaveNetLayer[count];
        for (int i = 0; i < count; i++)
        {
            int dilation = 1 << (i % options.Layers);
            _layers[i] = new WaveNetLayer(
                dilation,
                Conv2d.Causal(Group, $"dilated.{i}", residual, 2 * residual, Taps, dilation),
                i + 1 < count ? new Conv2d(Group, $"residual.{i}", residual, residual, single) : null,
                options.Classes > 0 ? new Linear(Group, $"class.{i}", options.Classes, 2 * residual, bias: false) : null,
                options.Features > 0 ? new Conv2d(Group, $"feature.{i}", options.Features, 2 * residual, single, bias: false) : null);
        }

        // one product for what are as many convolutions of Residual channels, whose initial weights do not shrink with their number
        Skips = new Conv2d(Group, "skips", count * residual, options.Skip, single, activation, weightInit: Initializer.FanIn(residual));
        Head = new Conv2d(Group, "head", options.Skip, options.Skip, single, activation);
        Logits = new Conv2d(Group, "logits", options.Skip, options.Codes, single);
        Group.Build();
        Field = (options.OneHot ? Taps : 1) + ((Taps - 1) * options.Stacks * ((1 << options.Layers) - 1));
    }

    /// <summary>What it was built by.</summary>
    public WaveNetOptions Options { get; }

    /// <summary>Owner of all its parameters, built with the network.</summary>
    public ParameterGroup Group { get; }

    /// <summary>Codes that a position's logits depend on: the present one and Field - 1 before it.</summary>
    public int Field { get; }

    /// <summary>Null when the input is one-hot.</summary>
    public Embedding? Embedding { get; }

    /// <summary>Null when the input is an embedding.</summary>
    public Conv2d? Input { get; }

    /// <summary>From the first, which hears the input, to the last.</summary>
    public IReadOnlyList<WaveNetLayer> Layers => _layers;

    /// <summary>Features to one a position; null without local conditioning.</summary>
    public ConvTranspose2d? Upsample { get; }

    /// <summary>1x1 from all gates' outputs side by side to the skip sum, and the activation behind it.</summary>
    public Conv2d Skips { get; }

    /// <summary>1x1 with the activation behind it.</summary>
    public Conv2d Head { get; }

    /// <summary>1x1 to the logits.</summary>
    public Conv2d Logits { get; }

    /// <summary>Logits without conditioning.</summary>
    /// <param name="x">int32 [N, 1, T], codes.</param>
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <param name="codes">int32 [N, 1, T].</param>
    /// <param name="classes">[N, Classes], one-hot or any mixture; given exactly when the network is told classes.</param>
    /// <param name="features">[N, 1, T / Hop, Features]; given exactly when the network is told features.</param>
    /// <returns>[N, 1, T, Codes]: position t has the logits of code t + 1 and sees codes up to t.</returns>
    /// <exception cref="EngineException">A condition is missing, too much, or of another length.</exception>
    public Tensor Forward(Tensor codes, Tensor? classes, Tensor? features = null)
    {
        if ((classes is null) != (Options.Classes == 0)) throw new EngineException(classes is null ? $"This WaveNet is told one of {Options.Classes} classes; give rows of them." : "This WaveNet is told no classes.");
        if ((features is null) != (Options.Features == 0)) throw new EngineException(features is null ? $"This WaveNet is told {Options.Features} features along the way; give them." : "This WaveNet is told no features.");
        var told = features is null ? null : Upsample!.Forward(features);
        if (told is not null && told.Shape[2] != codes.Shape[2])
            throw new EngineException($"Features {features!.Shape}, {Options.Hop} positions each, are for sequences of {told.Shape[2]} codes, not of {codes.Shape[2]}.");
        var h = Embedding is null ? Input!.Forward(codes.OneHot(Options.Codes).Reshape(codes.Shape[0], 1, codes.Shape[2], Options.Codes)) : Embedding.Forward(codes);
        h = h.ToCompact();
        var gates = new Tensor[_layers.Length];
        for (int i = 0; i < gates.Length; i++)
        {
            var layer = _layers[i];
            var halves = layer.Dilated.Forward(h, null, compact: true);
            if (told is not null) halves = layer.Feature!.Forward(told, residual: halves, compact: true);
            gates[i] = classes is null ? Gate.Tanh.Forward(halves) : Gate.Tanh.Forward(halves, layer.Class!.Forward(classes));
            if (layer.Residual is not null) h = layer.Residual.Forward(gates[i], residual: h, compact: true);
        }

        return Logits.Forward(Head.Forward(Skips.Forward(Ops.Concat(gates), null, compact: true), null, compact: true));
    }

    /// <summary>
    /// The same network as columns: at each position what the code there leads to, and the logits of the next one. A layer keeps what its second tap still has to read, as Fast WaveNet's
    /// queues do (Le Paine et al. 2016), so a code costs one column a layer.
    /// </summary>
    /// <param name="builder">Of sequences [batch, 1, length].</param>
    /// <param name="classes">[batch, Classes]; given exactly when the network is told classes.</param>
    /// <param name="features">[batch, 1, length / Hop, Features]; given exactly when the network is told features.</param>
    /// <returns>The logits.</returns>
    /// <exception cref="EngineException">A condition is missing or too much, or the input is one-hot, which no sampler is built for.</exception>
    public ColumnLayer Columns(ColumnBuilder builder, Tensor? classes = null, Tensor? features = null)
    {
        if ((classes is null) != (Options.Classes == 0) || (features is null) != (Options.Features == 0)) throw new EngineException("A WaveNet's sampler is told what the network is told, classes and features.");
        if (Embedding is null) throw new EngineException("Samplers of WaveNet begin with an embedding; this one has one-hot input.");
        ColumnLayer? told = features is null ? null : builder.ConstantMap(Upsample!.Forward(features));
        var h = builder.Embedding(Embedding);
        int width = Options.Residual;
        var gates = builder.Joined(_layers.Length * width);
        for (int i = 0; i < _layers.Length; i++)
        {
            var layer = _layers[i];
            var halves = builder.Convolution(layer.Dilated, h);
            if (told is { } heard) halves = builder.Convolution(layer.Feature!, heard, residual: halves);
            var gate = builder.Gate(halves, classes is null ? null : builder.Constant(layer.Class!.Forward(classes)), into: ColumnBuilder.Part(gates, i * width, width));
            if (layer.Residual is not null) h = builder.Convolution(layer.Residual, gate, residual: h);
        }

        return builder.Convolution(Logits, builder.Convolution(Head, builder.Convolution(Skips, gates)));
    }

    /// <summary>Mean nats a code.</summary>
    /// <param name="codes">int32 [N, 1, T].</param>
    /// <param name="targets">int32 [N, 1, T]: what comes next.</param>
    public Tensor Loss(Tensor codes, Tensor targets, Tensor? classes = null, Tensor? features = null) => Forward(codes, classes, features).SoftmaxCrossEntropyMean(targets);

    private static void Check(WaveNetOptions options)
    {
        if (options.Codes < 2 || options.Stacks < 1 || options.Layers < 1 || options.Residual < 1 || options.Skip < 1 || options.Classes < 0 || options.Features < 0 || options.Hop < 1)
            throw new EngineException($"No WaveNet has {options.Stacks} stacks of {options.Layers} layers, {options.Residual} residual and {options.Skip} skip channels over {options.Codes} codes.");
        if (options.Layers > 24 || (long)options.Stacks << options.Layers > 1 << 24)
            throw new EngineException($"{options.Stacks} stacks of {options.Layers} layers would see more than 2^24 codes; use fewer --layers.");
    }
}

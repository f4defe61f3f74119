using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace GenEngine.Peers.TorchSharp;

/// <summary>Extents of the networks of an exchange of weights: "HEIGHT,WIDTH,CHANNELS,CLASSES,LATENT,DENSE,STAGE,STAGE,..."; without stages they are dense, of one hidden layer.</summary>
internal sealed record NetworkExtents(int Height, int Width, int Channels, int Classes, int Latent, int Dense, int[] Stages)
{
    public int Pixels => Height * Width * Channels;

    public int LastHeight => Height >> Stages.Length;

    public int LastWidth => Width >> Stages.Length;

    public int Flat => LastHeight * LastWidth * Stages[^1];

    public static NetworkExtents Parse(string text) =>
        Array.ConvertAll(text.Split(','), part => int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)) is [var h, var w, var c, var k, var z, var d, .. var stages]
            ? new NetworkExtents(h, w, c, k, z, d, stages)
            : throw new ArgumentException($"'{text}' are no extents");
}

/// <summary>A module that is nothing but the modules in it: a level of the names.</summary>
internal sealed class Names : nn.Module
{
    public Names(string name, params (string Name, nn.Module Module)[] children) : base(name)
    {
        foreach (var (child, module) in children) register_module(child, module);
    }
}

/// <summary>
/// Images [n, C, H, W] to numbers: 4x4 convolutions of stride 2, batch norm behind all but the first, LeakyReLU 0.2, an ordinary flatten(1), a dense layer with batch norm where there is one, a
/// linear end. A class comes in as one map more, a row of an embedding.
/// </summary>
/// <remarks>Layers stand in fields as functions: a field that is a module would be registered a second time, by the field's name.</remarks>
internal sealed class ImagesToNumbers : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly NetworkExtents _extents;
    private readonly List<Conv2d> _convolutions = [];
    private readonly List<BatchNorm2d> _norms = [];
    private readonly Func<Tensor, Tensor>? _classes, _dense;
    private readonly Func<Tensor, Tensor> _out;

    public ImagesToNumbers(NetworkExtents extents, int outputs) : base("encoder")
    {
        _extents = extents;
        int from = extents.Channels;
        if (extents.Classes > 0)
        {
            var classes = nn.Embedding(extents.Classes, extents.Height * extents.Width);
            register_module("classes", classes);
            _classes = classes.forward;
            from++;
        }

        foreach (int stage in extents.Stages)
        {
            int i = _convolutions.Count;
            var convolution = nn.Conv2d(from, stage, 4, stride: 2, padding: 1, bias: i == 0);
            if (i > 0)
            {
                _norms.Add(nn.BatchNorm2d(stage));
                convolution.register_module("norm", _norms[^1]);
            }

            register_module($"conv{i}", convolution);
            _convolutions.Add(convolution);
            from = stage;
        }

        if (extents.Dense > 0)
        {
            var (dense, norm) = (nn.Linear(extents.Flat, extents.Dense, hasBias: false), nn.BatchNorm1d(extents.Dense));
            dense.register_module("norm", norm);
            register_module("dense", dense);
            _dense = x => F.leaky_relu(norm.forward(dense.forward(x)), 0.2);
        }

        var end = nn.Linear(extents.Dense > 0 ? extents.Dense : extents.Flat, outputs);
        register_module("out", end);
        _out = end.forward;
    }

    public override Tensor forward(Tensor x, Tensor? labels)
    {
        if (_classes is not null) x = cat([x, _classes(labels!).view(-1, 1, _extents.Height, _extents.Width)], 1);
        for (int i = 0; i < _convolutions.Count; i++)
        {
            x = _convolutions[i].forward(x);
            x = F.leaky_relu(i > 0 ? _norms[i - 1].forward(x) : x, 0.2);
        }

        x = x.flatten(1);
        return _out(_dense is null ? x : _dense(x));
    }
}

/// <summary>The mirror: numbers to images [n, C, H, W] before the function that bounds them. A class comes in beside the code, a row with a one scaled by the root of their number.</summary>
internal sealed class NumbersToImages : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly NetworkExtents _extents;
    private readonly Func<Tensor, Tensor>? _dense;
    private readonly Func<Tensor, Tensor> _widen;
    private readonly List<(ConvTranspose2d Convolution, BatchNorm2d? Norm)> _stages = [];

    public NumbersToImages(NetworkExtents extents) : base("decoder")
    {
        _extents = extents;
        int from = extents.Latent + extents.Classes;
        if (extents.Dense > 0)
        {
            var (dense, norm) = (nn.Linear(from, extents.Dense, hasBias: false), nn.BatchNorm1d(extents.Dense));
            dense.register_module("norm", norm);
            register_module("dense", dense);
            _dense = x => F.relu(norm.forward(dense.forward(x)));
            from = extents.Dense;
        }

        var (widen, widenNorm) = (nn.Linear(from, extents.Flat, hasBias: false), nn.BatchNorm2d(extents.Stages[^1]));
        widen.register_module("norm", widenNorm);
        register_module("widen", widen);
        _widen = x => F.relu(widenNorm.forward(widen.forward(x).view(-1, extents.Stages[^1], extents.LastHeight, extents.LastWidth)));
        for (int i = extents.Stages.Length - 1; i >= 0; i--)
        {
            var convolution = nn.ConvTranspose2d(extents.Stages[i], i == 0 ? extents.Channels : extents.Stages[i - 1], 4, stride: 2, padding: 1, bias: i == 0);
            BatchNorm2d? norm = null;
            if (i > 0) convolution.register_module("norm", norm = nn.BatchNorm2d(extents.Stages[i - 1]));
            register_module($"conv{i}", convolution);
            _stages.Add((convolution, norm));
        }
    }

    public override Tensor forward(Tensor z, Tensor? labels)
    {
        if (_extents.Classes > 0) z = cat([z, F.one_hot(labels!, _extents.Classes).to_type(ScalarType.Float32) * Math.Sqrt(_extents.Classes)], 1);
        z = _widen(_dense is null ? z : _dense(z));
        foreach (var (convolution, norm) in _stages)
        {
            z = convolution.forward(z);
            if (norm is not null) z = F.relu(norm.forward(z));
        }

        return z;
    }
}

/// <summary>Dense layers named 0, 1, ... over flatten(1) of images, or to what view(n, C, H, W) makes images of; ReLU between.</summary>
internal sealed class DenseLayers : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly Func<Tensor, Tensor> _layers;

    public DenseLayers(int inputs, int hidden, int outputs, long[]? image) : base("dense")
    {
        var (first, second) = (nn.Linear(inputs, hidden), nn.Linear(hidden, outputs));
        register_module("0", first);
        register_module("1", second);
        _layers = x =>
        {
            var y = second.forward(F.relu(first.forward(x.flatten(1))));
            return image is null ? y : y.view(image);
        };
    }

    public override Tensor forward(Tensor x, Tensor? labels) => _layers(x);
}

using GenEngine.Kernels;
using BatchNormKernel = GenEngine.Kernels.Normalization.BatchNorm;

namespace GenEngine;

/// <summary>
/// A weight-normalised weight (Salimans and Kingma 2016): direction v and length g an output channel (first dimension) as parameters, g v / |v| as the weight.
/// A layer takes <see cref="Weight"/> where it would take a declared parameter.
/// </summary>
public sealed class NormalizedWeight
{
    private const double Tiny = 1e-10; // beside a variance: PixelCNN++'s

    private readonly Func<Tensor> _v;
    private readonly Func<Tensor> _g;

    /// <param name="group">Owner of name_v (shape) and name_g [channels]; PyTorch's names, and in its files g is [channels, 1, ..].</param>
    /// <param name="name">The weight's name.</param>
    /// <param name="shape">[channels, ..]: [out, in] of a linear layer, K,R,S,C of filters.</param>
    /// <param name="init">Of v; g starts as |v|, so that the weight starts as v. Default: normal with deviation 0.05.</param>
    /// <param name="reads">Of a linear layer: the image that its inputs begin with.</param>
    /// <param name="makes">Of a linear layer: the image that its outputs are.</param>
    public NormalizedWeight(ParameterGroup group, string name, Shape shape, Initializer? init = null, ImageExtents? reads = null, ImageExtents? makes = null)
    {
        init ??= Initializer.Normal(0.05);
        var layout = shape.Rank == 4 ? ParameterLayout.Filters(shape) : shape.Rank == 2 ? ParameterLayout.Matrix(shape, makes, reads) : null;
        _v = group.Declare($"{name}_v", shape, init, layout);
        _g = group.Declare($"{name}_g", new Shape(shape[0]), new LengthInitializer(init, shape, $"{name}_v"), ParameterLayout.Lengths(shape[0], shape.Rank, makes));
    }

    /// <summary>g v / |v|; one small kernel a call.</summary>
    public Tensor Weight() => _v().WeightNorm(_g());

    /// <summary>
    /// Data-dependent initialisation (section 3 of the paper): sets g and the bias so that the pre-activations of this batch would have had mean 0 and
    /// variance 1 a channel. Layer by layer, outside any captured step, under NoGradient.
    /// </summary>
    /// <param name="preActivations">[.., channels]: what the layer gave with this weight and this bias, before any activation.</param>
    /// <param name="bias">[channels], the layer's bias.</param>
    /// <exception cref="EngineException">Another number of channels, or one value a channel.</exception>
    public void Initialize(Tensor preActivations, Tensor bias)
    {
        var g = _g();
        int rows = preActivations.Shape.Rows, channels = preActivations.Shape.Columns;
        if (channels != g.Count || bias.Count != g.Count)
            throw new EngineException($"weight norm: pre-activations {preActivations.Shape} and bias {bias.Shape} do not fit {g.Count} output channels.");
        if (rows < 2) throw new EngineException($"weight norm: {preActivations.Shape} has one value a channel, which has no variance; initialise with a larger batch.");
        var context = g.Context;
        using var partials = new Scratch(context, BatchNormKernel.PartialElements(rows, channels) * context.Real.Size(), "weight norm");
        var statistics = context.NewTensor(new Shape(3, channels), "weight norm statistics");
        BatchNormKernel.Statistics(context.Device, context.Real, preActivations.Range, partials.Range, rows, channels);
        BatchNormKernel.Finish(context.Device, context.Real, partials.Range, statistics.Range, rows, channels, Tiny);
        double[] found = statistics.ToDoubles(), lengths = g.ToDoubles(), offsets = bias.ToDoubles();
        for (int c = 0; c < channels; c++)
        {
            double mean = found[c], inverse = found[channels + c];
            lengths[c] *= inverse;
            offsets[c] = (offsets[c] - mean) * inverse;
        }

        context.UploadReal(lengths, g.Range);
        context.UploadReal(offsets, bias.Range);
    }

    /// <summary>|v| a channel, for the values that v starts with.</summary>
    private sealed class LengthInitializer(Initializer directions, Shape of, string name) : Initializer
    {
        public override double[] Values(Shape shape, InitializerKey key)
        {
            double[] v = directions.Values(of, key with { Parameter = name }), lengths = new double[shape.Count];
            long columns = of.Count / shape.Count;
            for (long i = 0; i < v.Length; i++) lengths[i / columns] += v[i] * v[i];
            return Array.ConvertAll(lengths, Math.Sqrt);
        }
    }
}

using GenEngine.Export;
using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Reduction;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// A model that makes an image pixel by pixel: p(x) = prod p(x_i | x_before i), in raster order and within a pixel in the order of its colours. Its likelihood is exact. What a value is drawn from
/// (--loss): bernoulli, for images of bits; categorical, a softmax over 256 levels; mixture, discretised logistic distributions.
/// </summary>
public abstract class PixelModel : ZooModel
{
    /// <summary>Components of the logistic mixture (Salimans et al. 2017).</summary>
    private const int Components = 10;

    private const int Bytes = 256;

    /// <summary>Values of --condition for a model that may be told the class.</summary>
    public static IReadOnlyList<string> Conditions { get; } = ["none", "bias", "map"];

    private Phase? _phase;

    /// <inheritdoc cref="ZooModel(ModelDescription, Context, DataShape, ModelOptions)"/>
    protected PixelModel(ModelDescription description, Context context, DataShape data, ModelOptions options) : base(description, context, data, options)
    {
        Law = Options.Loss switch { "bernoulli" => ColumnLaw.Bernoulli, "categorical" => ColumnLaw.Categorical, _ => ColumnLaw.LogisticMixture };
        if (Law == ColumnLaw.LogisticMixture && data.Channels is not (1 or 3)) throw new EngineException($"A logistic mixture is of images with 1 or 3 channels, not {data.Channels}.");
        if (IsConditional && data.Classes < 2) throw new EngineException($"'{Name}' --condition {Options.Condition} needs images of at least two classes; put them into one folder a class, or leave --condition out.");
    }

    /// <summary>What a value is drawn from.</summary>
    public ColumnLaw Law { get; }

    /// <summary>Levels of a value.</summary>
    public int Levels => Law == ColumnLaw.Bernoulli ? 2 : Bytes;

    public override bool IsConditional => Options.Condition is { } condition && condition != "none";

    /// <summary>Width of the rows that the network is told besides the pixels: a code, or a one for the class; 0 for none.</summary>
    public int ConditionWidth => Latent > 0 ? Latent : IsConditional ? Data.Classes : 0;

    /// <summary>True where <see cref="IModel.RowLosses"/> are -log p(x) itself.</summary>
    public virtual bool IsExact => true;

    /// <summary>Logits of a position, of all colours.</summary>
    protected int Outputs => Law switch
    {
        ColumnLaw.Bernoulli => Data.Channels,
        ColumnLaw.Categorical => Data.Channels * Bytes,
        _ => Components * (Data.Channels == 1 ? 3 : 10),
    };

    /// <summary>Groups that channels are masked in: a mixture draws the colours of a pixel together, and where they are told apart none needs to be hidden from another.</summary>
    protected int Colours => Law == ColumnLaw.LogisticMixture || Options.Colours == "apart" ? 1 : Data.Channels;

    public override IReadOnlyList<Phase> Phases => [_phase!];

    public override IReadOnlyList<string> LossNames { get; } = ["nll"];

    public override string LossUnit => "nats per image";

    public override IReadOnlyList<string> RowLossNames { get; } = ["nll"];

    /// <summary>Logits of all pixels of [N, H, W, C]: [N, H, W, outputs].</summary>
    /// <param name="condition">[N, <see cref="ConditionWidth"/>], null where that is 0.</param>
    public abstract Tensor Logits(Tensor images, Tensor? condition);

    /// <summary>The network as columns, for a batch of images; call it in an <see cref="EvaluationStep"/>.</summary>
    /// <param name="condition">[batch, <see cref="ConditionWidth"/>], null where that is 0.</param>
    public ColumnProgram Columns(int batch, Tensor? condition)
    {
        var builder = new ColumnBuilder(batch, Data.Height, Data.Width, Data.Channels, Levels, Colours);
        var input = builder.Input(Data.Channels);
        builder.Draw(LogitColumns(builder, input, condition), Law, input);
        return builder.Build();
    }

    public override IReadOnlyList<Tensor> RowLosses(Batch batch) => [Nll(batch.Images, Classes(batch))];

    /// <summary>-log p of each image, given what the network is told, in nats: [N].</summary>
    /// <param name="pixels">[N, pixels] in [0, 1].</param>
    /// <param name="condition">[N, <see cref="ConditionWidth"/>], null where that is 0.</param>
    public Tensor Nll(Tensor pixels, Tensor? condition)
    {
        var logits = Logits(AsImages(pixels), condition);
        int n = pixels.Shape[0];
        if (Law == ColumnLaw.Bernoulli) return logits.Reshape(n, Data.Pixels).BceWithLogits(pixels);
        var rows = Law == ColumnLaw.Categorical
            ? logits.Reshape(n * Data.Pixels, Bytes).SoftmaxCrossEntropy(pixels.Levels(Bytes - 1).Reshape(n * Data.Pixels))
            : logits.LogisticMixtureNll(Centred(pixels));
        return rows.Reshape(n, rows.Shape.Rows * rows.Shape.Columns / n).Sum(ReduceAxis.Columns);
    }

    /// <summary>The mean of <see cref="Nll"/>.</summary>
    protected Tensor NllMean(Tensor pixels, Tensor? condition)
    {
        var logits = Logits(AsImages(pixels), condition);
        int n = pixels.Shape[0];
        return Law switch
        {
            ColumnLaw.Bernoulli => logits.Reshape(n, Data.Pixels).BceWithLogitsMean(pixels),
            ColumnLaw.Categorical => logits.Reshape(n * Data.Pixels, Bytes).SoftmaxCrossEntropyMean(pixels.Levels(Bytes - 1).Reshape(n * Data.Pixels)).Affine(Data.Pixels),
            _ => logits.LogisticMixtureNllMean(Centred(pixels)).Affine(Data.Height * Data.Width),
        };
    }

    /// <summary>The network as a part: all logits of an image at once, each given the pixels before it.</summary>
    /// <param name="name">Of the part.</param>
    /// <param name="condition">What the network is told besides the pixels; null for nothing.</param>
    protected NetworkPart LogitPart(string name, Port? condition)
    {
        string meaning = Law switch
        {
            ColumnLaw.Bernoulli => "a pixel is 1 with the probability sigmoid(logit)",
            ColumnLaw.Categorical => "256 levels of each colour, colour after colour",
            _ => $"{Components} logistic distributions: logits of their weights, then of each colour means and log scales{(Data.Channels > 1 ? ", and coefficients (green on red, blue on red, blue on green)" : "")}",
        };
        return new(name, condition is null ? [Data.Images()] : [Data.Images(), condition], [Port.Images("logits", Data.Height, Data.Width, Outputs, meaning)], x => [Logits(AsImages(x[0]), x.Classes())]);
    }

    /// <summary>The logits under a builder.</summary>
    protected abstract ColumnLayer LogitColumns(ColumnBuilder builder, ColumnLayer input, Tensor? condition);

    /// <summary>To be called when the network's group is built.</summary>
    protected void Train(ParameterGroup network) => _phase = new Phase("nll", Loss, Adam(network));

    private Tensor Loss(Batch batch) => NllMean(batch.Images, Classes(batch));

    private Tensor AsImages(Tensor pixels) => pixels.Reshape(pixels.Shape[0], Data.Height, Data.Width, Data.Channels);

    private Tensor Centred(Tensor pixels) => pixels.Affine(2, -1).Reshape(pixels.Shape[0], Data.Height, Data.Width, Data.Channels);
}

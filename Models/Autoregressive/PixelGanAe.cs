using GenEngine.Export;
using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// The PixelGAN autoencoder (Makhzani and Frey 2017): an encoder z(x), a gated PixelCNN p(x | z) in the decoder's place, and a discriminator that holds the codes of a batch against draws of a prior.
/// A Gaussian prior leaves the code what the decoder's view of the pixels cannot tell it; a categorical one (the encoder ends in a softmax, the prior draws rows with a one) finds clusters without labels.
/// Three losses in turn (section 2), each with an optimiser of its own, and a fourth where some labels are known:
/// <code>
/// reconstruct    encoder, decoder   -log p(x | z(x))
/// discriminator  discriminator      -log D(z) - log(1 - D(z(x))), z from the prior
/// encoder        encoder            -log D(z(x))
/// supervised     encoder            -log z(x)_label, of the labelled images (section 3.3)
/// </code>
/// Departures from the paper, on MNIST with 30 categories. The code comes in as a map and not as a bias: as a bias it held thickness and slant (55 % of test digits by majority, against 76 % at the same 1,500 steps).
/// The encoder has batch norm down to its logits: without, all images fell into one category within 600 steps. Noise is added to the logits, so that the encoder cannot hide numbers in a softmax that is not decided;
/// after 1,500 steps it made no difference to the clusters (75 % against 76 %), and whether it does later has not been measured.
/// </summary>
public sealed class PixelGanAe : PixelModel, IEncoder, ICodeParts, ICategories, IExportable
{
    private const double Beta1 = 0.5;

    /// <summary>Deviation of what is added to the logits of a category while training.</summary>
    private const double LogitNoise = 1;

    private readonly GatedPixelCnnNetwork _decoder;
    private readonly ConditionPath _path;
    private readonly Sequential _encoder, _discriminator;
    private readonly AdversarialLoss _adversarial = AdversarialLoss.Of("non-saturating");
    private readonly Phase _reconstruct, _judge, _deceive;
    private readonly Phase? _supervise;
    private bool _training = true;

    public PixelGanAe(Context context, DataShape data, ModelOptions options) : base(Description, context, data, options)
    {
        IsCategorical = Options.Prior == "categorical";
        if (IsCategorical && Latent < 2) throw new EngineException($"--latent {Latent}: a categorical code has at least two values.");
        if (Options.Labelled > 0) CheckLabels();
        var (e, d, j) = (NewGroup("encoder"), NewGroup("decoder"), NewGroup("discriminator"));
        var activation = Options.Smooth ? Activation.Softplus : Activation.Relu;
        _encoder = Add(Encoder(e, activation));
        _path = new ConditionPath(d, Options.Condition!, Latent, data);
        _decoder = new GatedPixelCnnNetwork(d, _path.Of(PixelOptions.Size(Options, Colours, Data.Channels, Outputs)));
        _discriminator = Add(Mlp.Build(j, "", Latent, Options.Hidden!, 1, activation));
        foreach (var group in Groups) group.Build();
        _reconstruct = new Phase("reconstruct", Reconstruction, Adam(e), Adam(d));
        _judge = new Phase("discriminator", JudgeLoss, Adam(j, Beta1));
        _deceive = new Phase("encoder", DeceiveLoss, Adam(e, Beta1));
        if (Options.Labelled > 0) _supervise = new Phase("supervised", SupervisedLoss, Adam(e));
    }

    /// <summary><c>pixelgan-ae</c>: codes are categories by default, or Gaussian; labels, if a few are asked for, only teach the encoder.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "pixelgan-ae",
        Summary = "autoencoder whose decoder is a PixelCNN: clusters, or a code of what is global",
        Paper = "Makhzani and Frey 2017",
        HasEncoder = true,
        Defaults =
        [
            new() { Latent = 30, Hidden = [512, 256], Width = 32, Layers = 3, Colours = "masked", Prior = "categorical", Labelled = 0, Condition = "map", Loss = "bernoulli", LearningRate = 1e-3, Schedule = "constant" },
        ],
        Losses = PixelOptions.Losses,
        Conditions = ["bias", "map"],
        Priors = ["categorical", "gaussian"],
        Adapt = PixelOptions.Adapt,
        Create = (context, data, options) => new PixelGanAe(context, data, options),
    };

    /// <summary>True when a code is one of so many categories, false when it is numbers from N(0, 1).</summary>
    public bool IsCategorical { get; }

    public int Categories => IsCategorical ? Latent : 0;

    public int Labelled => Options.Labelled ?? 0;

    public IReadOnlyList<CodePart> CodeParts => [new CodePart("z", 0, Latent, IsCategorical ? CodePartKind.Categorical : CodePartKind.Continuous)];

    public override int Latent => Options.Latent!.Value;

    /// <summary>False: --condition says how the code comes in, not a class.</summary>
    public override bool IsConditional => false;

    /// <summary>False: what a row has is -log p(x | z(x)), the code for nothing; see <see cref="Mixture"/>.</summary>
    public override bool IsExact => false;

    public override IReadOnlyList<Phase> Phases => _supervise is null ? [_reconstruct, _judge, _deceive] : [_reconstruct, _judge, _deceive, _supervise];

    public override IReadOnlyList<string> LossNames => _supervise is null ? ["reconstruction", "discriminator", "encoder"] : ["reconstruction", "discriminator", "encoder", "supervised"];

    public override IReadOnlyList<string> RowLossNames { get; } = ["reconstruction"];

    public override Tensor SampleCodes(int count) => IsCategorical ? Context.RandomLabels(count, Latent).OneHot(Latent) : base.SampleCodes(count);

    public IReadOnlyList<NetworkPart> NetworkParts
    {
        get
        {
            var codes = this.Codes(IsCategorical ? "probabilities of the categories; of a new image a one" : "numbers, drawn from N(0, 1) for a new image");
            return
            [
                new("encoder", [Data.Images()], [codes], x => [Encode(x[0], null)]),
                LogitPart("decoder", codes),
                new("discriminator", [codes], [Port.Rows("logits", 1, "positive for what it takes for a draw of the prior")], x => [_discriminator.Forward(x[0])]),
            ];
        }
    }

    public Tensor Encode(Tensor images, Tensor? classes) => Code(Read(images));

    public Tensor CategoryLogits(Tensor images) => Read(images);

    public override Tensor Logits(Tensor images, Tensor? condition) => _decoder.Forward(images, _path.Of(condition));

    public override IReadOnlyList<Tensor> RowLosses(Batch batch) => [Nll(batch.Images, Encode(batch.Images, null))];

    public override void SetTraining(bool training)
    {
        base.SetTraining(training);
        _training = training;
    }

    /// <summary>-log p(x) of each image in nats under a categorical prior, every code counted: log p(x) = log sum_z p(x | z) / categories. [N] on the host; a pass of the decoder a category.</summary>
    /// <exception cref="InvalidOperationException">The prior is Gaussian.</exception>
    public double[] Mixture(Tensor pixels)
    {
        if (!IsCategorical) throw new InvalidOperationException("Only of a finite number of codes can the sum be taken.");
        int n = pixels.Shape[0];
        var rows = new double[Latent][];
        for (int category = 0; category < Latent; category++)
        {
            var codes = Context.FromLabels([.. Enumerable.Repeat(category, n)], new Shape(n)).OneHot(Latent);
            rows[category] = Nll(pixels, codes).ToDoubles();
        }

        return [.. Enumerable.Range(0, n).Select(image =>
        {
            double least = rows.Min(row => row[image]);
            return least + Math.Log(Latent) - Math.Log(rows.Sum(row => Math.Exp(least - row[image])));
        })];
    }

    protected override ColumnLayer LogitColumns(ColumnBuilder builder, ColumnLayer input, Tensor? condition) => _decoder.Columns(builder, input, _path.Of(condition));

    private Tensor Reconstruction(Batch batch) => NllMean(batch.Images, Encode(batch.Images, null));

    private Tensor JudgeLoss(Batch batch) =>
        _adversarial.Real(_discriminator.Forward(SampleCodes(batch.Images.Shape[0]))).Add(_adversarial.Made(_discriminator.Forward(Encode(batch.Images, null))));

    private Tensor DeceiveLoss(Batch batch) => _adversarial.Generator(_discriminator.Forward(Encode(batch.Images, null)));

    private Tensor SupervisedLoss(Batch batch) => Read(batch.Labelled!.Images).SoftmaxCrossEntropyMean(batch.Labelled.Labels!);

    private Tensor Read(Tensor images) => _encoder.Forward(images.Reshape(images.Shape[0], Data.Pixels));

    private Tensor Code(Tensor read)
    {
        if (!IsCategorical) return read;
        return (_training ? read.Add(Context.RandomNormal(read.Shape, 0, LogitNoise)) : read).Softmax();
    }

    /// <summary>
    /// Dense layers with batch norm. Under a categorical prior the logits are normalised too: without, the encoder soon puts all images into one category, and the discriminator alone does not bring it back.
    /// </summary>
    private Sequential Encoder(ParameterGroup group, Activation activation)
    {
        var layers = new List<Layer>();
        int from = Data.Pixels;
        ImageExtents? image = Data.Image;
        foreach (int width in Options.Hidden!)
        {
            int i = layers.Count / 2;
            layers.Add(new Linear(group, $"{i}", from, width, bias: false, reads: image));
            layers.Add(new BatchNorm(group, $"{i}.norm", width, activation));
            (from, image) = (width, null);
        }

        layers.Add(new Linear(group, "out", from, Latent, bias: !IsCategorical, reads: image));
        if (IsCategorical) layers.Add(new BatchNorm(group, "out.norm", Latent));
        return new Sequential([.. layers]);
    }

    private void CheckLabels()
    {
        if (!IsCategorical) throw new EngineException("--labelled teaches a categorical code; with --prior gaussian there is nothing that a label could name.");
        if (Data.Classes < 2) throw new EngineException("--labelled needs images of at least two classes; put them into one folder a class, or leave it out.");
        if (Latent < Data.Classes) throw new EngineException($"--labelled teaches a category a class, and {Latent} categories are fewer than the {Data.Classes} classes; give --latent {Data.Classes} or more.");
    }
}

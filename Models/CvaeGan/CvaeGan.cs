using GenEngine.Export;
using GenEngine.Kernels.Reduction;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// CVAE-GAN (Bao et al. 2017): an encoder E(x, c), a generator G(z, c), a discriminator D(x) and a classifier C(x), trained asymmetrically: D and C by cross-entropy, E and G by distances of pixels
/// and of features, never by what D and C are trained with. With x' = G(E(x, c), c) and x* = G(z, c), z from N(0, 1):
/// <code>
/// D: -log D(x) - log(1 - D(x')) - log(1 - D(x*))                           C: -log p(c | x)
/// E: l1 KL + l2 L_G                    G: l2 L_G + l3 L_GD + l4 L_GC
/// L_G  = 1/2 (|x - x'|^2 + |f_D(x) - f_D(x')|^2 + |f_C(x) - f_C(x')|^2)     sums over pixels and features, mean over the batch
/// L_GD = 1/2 |mean f_D(x) - mean f_D(x*)|^2      L_GC = 1/2 sum over classes |mean f_C(x) - mean f_C(x*)|^2      moving averages, see <see cref="MovingMeans"/>
/// </code>
/// f is what a network's last layer sees; pixels are in [-1, 1]. All losses are taken with the weights at the step's beginning, each network then moves by its own (the paper's algorithm 1); one Backward
/// serves E and G, since KL does not reach G and L_GD and L_GC, made of prior samples, do not reach E.
/// </summary>
public sealed class CvaeGan : GenerativeModel, IEncoder, IExportable
{
    private const double Beta1 = 0.5;
    private readonly ImageEncoder _encoder, _discriminator, _classifier;
    private readonly ImageDecoder _generator;
    private readonly MovingMeans _realJudged, _madeJudged, _realClassed, _madeClassed;
    private readonly AdversarialLoss _adversarial = AdversarialLoss.Of("non-saturating");
    private readonly Phase _classify, _judge, _make;

    public CvaeGan(Context context, DataShape data, ModelOptions options) : base(Description, context, data, options)
    {
        var style = NetworkStyle.Adversarial(Options.Smooth);
        int classes = data.Classes;
        var (e, g, d, c) = (NewGroup("encoder"), NewGroup("generator"), NewGroup("discriminator"), NewGroup("classifier"));
        _encoder = Add(new ImageEncoder(e, "", data, Options, classes, 2 * Latent, style));
        _generator = Add(new ImageDecoder(g, "", data, Options, Latent + classes, style));
        _discriminator = Add(new ImageEncoder(d, "", data, Options, 0, 1, style));
        _classifier = Add(new ImageEncoder(c, "", data, Options, 0, classes, style));
        _realJudged = new MovingMeans(g, "judged.real", 1, _discriminator.Features, _discriminator.FeatureImage);
        _madeJudged = new MovingMeans(g, "judged.made", 1, _discriminator.Features, _discriminator.FeatureImage);
        _realClassed = new MovingMeans(g, "classed.real", classes, _classifier.Features, _classifier.FeatureImage);
        _madeClassed = new MovingMeans(g, "classed.made", classes, _classifier.Features, _classifier.FeatureImage);
        foreach (var group in Groups) group.Build();
        _classify = new Phase("classifier", batch => Losses(batch).Classifier, Adam(c, Beta1));
        _judge = new Phase("discriminator", batch => Losses(batch).Discriminator, Adam(d, Beta1));
        _make = new Phase("encoder and generator", batch => Losses(batch).Total, Adam(e, Beta1), Adam(g, Beta1));
    }

    /// <summary><c>cvae-gan</c>: convolutional, needs classes, has an encoder.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "cvae-gan",
        Summary = "CVAE and GAN in one, with a classifier: sharp images of the class asked for, and face swap",
        Paper = "Bao et al. 2017",
        NeedsClasses = true,
        HasEncoder = true,
        Defaults = [new() { Backbone = Backbone.Conv, Latent = 64, Lambdas = [3, 1, 1e-3, 1e-3], Pairwise = [1, 1, 1], LearningRate = 2e-4, Schedule = "constant" }],
        LambdaNames = ["KL", "pairwise L_G", "mean feature matching L_GD", "class-wise mean feature matching L_GC"],
        Create = (context, data, options) => new CvaeGan(context, data, options),
    };

    public override IReadOnlyList<Phase> Phases => [_classify, _judge, _make];

    public override IReadOnlyList<string> LossNames { get; } = ["L_G", "KL", "L_GD", "L_GC", "L_D", "L_C"];

    public override string LossUnit => "per image";

    public override IReadOnlyList<string> RowLossNames { get; } = ["squared error", "kl"];

    public override IReadOnlyList<Tensor> TrainStep(Batch batch)
    {
        var losses = Losses(batch);
        _classify.Backward(losses.Classifier, retain: true);
        _judge.Backward(losses.Discriminator, retain: true);
        losses.Keep(); // before Backward gives the averages' memory back
        _make.Backward(losses.Total);
        _classify.Update();
        _judge.Update();
        _make.Update();
        return [losses.Pairwise, losses.Kl, losses.MeanJudged, losses.MeanClassed, losses.Discriminator, losses.Classifier];
    }

    public override IReadOnlyList<Tensor> RowLosses(Batch batch)
    {
        var classes = Classes(batch)!;
        var (z, kl) = _encoder.Forward(AdversarialModel.Signed(batch.Images), classes).Reparameterize();
        return [Decode(z, classes).SquaredError(batch.Images), kl];
    }

    public Tensor Encode(Tensor images, Tensor? classes) => _encoder.Forward(AdversarialModel.Signed(images), classes).Slice(0, Latent);

    public override Tensor Decode(Tensor codes, Tensor? classes) => Make(codes, classes!).Affine(0.5, 0.5);

    public IReadOnlyList<NetworkPart> NetworkParts =>
    [
        new("encoder", [Data.Images(), .. this.ClassRows()], this.PosteriorPorts(), x => _encoder.Forward(AdversarialModel.Signed(x[0]), x.Classes()).Halves()),
        new("generator", [this.Codes("a code, drawn from N(0, 1) for a new image"), .. this.ClassRows()], [Data.Images()], x => [Decode(x[0], x.Classes())]),
        new("discriminator", [Data.Images()], [Port.Rows("logits", 1, "positive for what it takes for real")], x => [_discriminator.Forward(AdversarialModel.Signed(x[0]))]),
        new("classifier", [Data.Images()], [Port.Rows("logits", Data.Classes, "of the classes")], x => [_classifier.Forward(AdversarialModel.Signed(x[0]))]),
    ];

    private Tensor Make(Tensor codes, Tensor classes) => _generator.Forward(codes, classes).Tanh();

    private StepLosses Losses(Batch batch)
    {
        var classes = Classes(batch)!;
        var everyone = classes.Sum(ReduceAxis.Columns).Reshape(classes.Shape[0], 1); // ones: all images are of one kind to D
        var x = AdversarialModel.Signed(batch.Images);
        var (z, kl) = _encoder.Forward(x, classes).Reparameterize();
        Tensor again = Make(z, classes), drawn = Make(SampleCodes(x.Shape[0]), classes);
        Tensor judged = _discriminator.Trunk(x, null), judgedAgain = _discriminator.Trunk(again, null), judgedDrawn = _discriminator.Trunk(drawn, null);
        Tensor classed = _classifier.Trunk(x, null), classedAgain = _classifier.Trunk(again, null), classedDrawn = _classifier.Trunk(drawn, null);

        var discriminator = _adversarial.Real(_discriminator.Head.Forward(judged)).Add(_adversarial.Made(_discriminator.Head.Forward(judgedAgain)))
            .Add(_adversarial.Made(_discriminator.Head.Forward(judgedDrawn)));
        var classifier = _classifier.Head.Forward(classed).SoftmaxCrossEntropyMean(batch.Labels!);
        var pairwise = Weighted(again.SquaredErrorMean(x), 0).Add(Weighted(judgedAgain.SquaredErrorMean(judged), 1)).Add(Weighted(classedAgain.SquaredErrorMean(classed), 2)).Affine(0.5);
        MovingMeans.Next realJudged = _realJudged.With(judged, everyone), madeJudged = _madeJudged.With(judgedDrawn, everyone);
        MovingMeans.Next realClassed = _realClassed.With(classed, classes), madeClassed = _madeClassed.With(classedDrawn, classes);
        return new StepLosses(kl.Mean(), pairwise, Distance(madeJudged, realJudged), Distance(madeClassed, realClassed), discriminator, classifier, Options.Lambdas!, () =>
        {
            _realJudged.Keep(realJudged);
            _madeJudged.Keep(madeJudged);
            _realClassed.Keep(realClassed);
            _madeClassed.Keep(madeClassed);
        });
    }

    /// <summary>A part of L_G by its weight; the paper's are all 1.</summary>
    private Tensor Weighted(Tensor part, int index) => Options.Pairwise is not { } weights || weights[index] == 1 ? part : part.Affine(weights[index]);

    private static Tensor Distance(MovingMeans.Next made, MovingMeans.Next real) => made.Means.SquaredError(real.Means).Sum().Affine(0.5);

    private sealed class StepLosses(
        Tensor kl, Tensor pairwise, Tensor meanJudged, Tensor meanClassed, Tensor discriminator, Tensor classifier, IReadOnlyList<double> lambdas, Action keep)
    {
        public Tensor Kl => kl;

        public Tensor Pairwise => pairwise;

        public Tensor MeanJudged => meanJudged;

        public Tensor MeanClassed => meanClassed;

        public Tensor Discriminator => discriminator;

        public Tensor Classifier => classifier;

        /// <summary>What E and G go down together.</summary>
        public Tensor Total { get; } = kl.Affine(lambdas[0]).Add(pairwise.Affine(lambdas[1])).Add(meanJudged.Affine(lambdas[2])).Add(meanClassed.Affine(lambdas[3]));

        /// <summary>Takes the batch into the moving averages.</summary>
        public Action Keep => keep;
    }
}

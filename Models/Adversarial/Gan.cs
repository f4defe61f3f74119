using GenEngine.Export;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// The generative adversarial network (Goodfellow et al. 2014) by the rules of DCGAN (Radford et al. 2015): strided convolutions, batch norm in both networks but
/// for the discriminator's first and the generator's last layer, LeakyReLU against ReLU and tanh, weights N(0, 0.02), Adam with beta1 0.5. Noise is N(0, 1). The
/// discriminator sees real and made images in batches of their own, so each has its own batch statistics.
/// </summary>
public sealed class Gan(Context context, DataShape data, ModelOptions options) : AdversarialModel(Description, context, data, options)
{
    /// <summary><c>gan</c>: convolutional; non-saturating loss by default, or hinge or least-squares.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "gan",
        Summary = "generative adversarial network, DCGAN's rules",
        Paper = "Goodfellow et al. 2014; Radford et al. 2015",
        Defaults = [new() { Backbone = Backbone.Conv, Latent = 64, Loss = "non-saturating", LearningRate = 2e-4, Schedule = "constant" }],
        Losses = AdversarialLoss.Names,
        Create = (context, data, options) => new Gan(context, data, options),
    };
}

/// <summary>The conditional GAN (Mirza and Osindero 2014): both networks see the class. Made images take the classes of the real batch.</summary>
public sealed class Cgan(Context context, DataShape data, ModelOptions options) : AdversarialModel(Description, context, data, options)
{
    /// <summary><c>cgan</c>: as <see cref="Gan.Description"/>, and needs classes.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "cgan",
        Summary = "generative adversarial network given the class",
        Paper = "Mirza and Osindero 2014",
        NeedsClasses = true,
        Defaults = [new() { Backbone = Backbone.Conv, Latent = 64, Loss = "non-saturating", LearningRate = 2e-4, Schedule = "constant" }],
        Losses = AdversarialLoss.Names,
        Create = (context, data, options) => new Cgan(context, data, options),
    };
}

/// <summary>What GAN and CGAN share: all but whether a class comes in.</summary>
public abstract class AdversarialModel : GenerativeModel, IExportable
{
    private const double Beta1 = 0.5;
    private readonly ImageDecoder _generator;
    private readonly ImageEncoder _discriminator;
    private readonly AdversarialLoss _loss;
    private readonly Phase _judge, _make;

    protected AdversarialModel(ModelDescription description, Context context, DataShape data, ModelOptions options) : base(description, context, data, options)
    {
        int classes = IsConditional ? data.Classes : 0;
        var style = NetworkStyle.Adversarial(Options.Smooth);
        var (g, d) = (NewGroup("generator"), NewGroup("discriminator"));
        _generator = Add(new ImageDecoder(g, "", data, Options, Latent + classes, style));
        _discriminator = Add(new ImageEncoder(d, "", data, Options, classes, 1, style));
        g.Build();
        d.Build();
        _loss = AdversarialLoss.Of(Options.Loss!);
        _judge = new Phase("discriminator", JudgeLoss, Adam(d, Beta1));
        _make = new Phase("generator", MakeLoss, Adam(g, Beta1));
    }

    public override IReadOnlyList<Phase> Phases => [_judge, _make];

    public override IReadOnlyList<string> LossNames { get; } = ["discriminator", "generator"];

    public override string LossUnit => Options.Loss!;

    public override IReadOnlyList<Tensor> TrainStep(Batch batch)
    {
        var real = _loss.Real(Judge(Signed(batch.Images), Classes(batch)));
        _judge.Backward(real);
        var classes = Classes(batch); // anew: Backward has given back the memory of the first
        var images = Make(batch.Images.Shape[0], classes);
        var made = _loss.Made(Judge(images, classes));
        _judge.Backward(made, accumulate: true, retain: true); // the generator's own operations are needed once more
        _judge.Update();
        var generator = _loss.Generator(Judge(images, classes));
        _make.Backward(generator);
        _make.Update();
        return [real.Add(made), generator];
    }

    public override Tensor Decode(Tensor codes, Tensor? classes) => _generator.Forward(codes, classes).Tanh().Affine(0.5, 0.5);

    public IReadOnlyList<NetworkPart> NetworkParts =>
    [
        new("generator", [this.Codes("noise, drawn from N(0, 1)"), .. this.ClassRows()], [Data.Images()], x => [Decode(x[0], x.Classes())]),
        new("discriminator", [Data.Images(), .. this.ClassRows()], [Port.Rows("logits", 1, "positive for what it takes for real")], x => [Verdict(x[0], x.Classes())]),
    ];

    /// <summary>What the discriminator says of images, in an <see cref="EvaluationStep"/>: [n, pixels] -> [n, 1], above 0 where it takes them for real.</summary>
    /// <param name="images">[n, pixels], pixels in [0, 1].</param>
    /// <param name="classes">[n, classes] for a conditional model, else null.</param>
    public Tensor Verdict(Tensor images, Tensor? classes) => Judge(Signed(images), classes);

    /// <summary>Pixels of [0, 1] as the generator's tanh has them, in [-1, 1].</summary>
    internal static Tensor Signed(Tensor images) => images.Affine(2, -1);

    private Tensor Make(int count, Tensor? classes) => _generator.Forward(SampleCodes(count), classes).Tanh();

    private Tensor Judge(Tensor images, Tensor? classes) => _discriminator.Forward(images, classes);

    private Tensor JudgeLoss(Batch batch)
    {
        var classes = Classes(batch);
        var real = _loss.Real(Judge(Signed(batch.Images), classes));
        return real.Add(_loss.Made(Judge(Make(batch.Images.Shape[0], classes), classes)));
    }

    private Tensor MakeLoss(Batch batch)
    {
        var classes = Classes(batch);
        return _loss.Generator(Judge(Make(batch.Images.Shape[0], classes), classes));
    }
}

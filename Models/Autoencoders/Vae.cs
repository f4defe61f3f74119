using GenEngine.Export;
using GenEngine.Kernels.Reduction;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// The variational autoencoder with a Gaussian code and a Bernoulli decoder (Kingma and Welling, Auto-Encoding Variational Bayes,
/// 2013). Loss per image: binary cross-entropy summed over pixels + KL(q(z|x) || N(0, 1)), in nats; the batch is averaged.
/// </summary>
public sealed class Vae(Context context, DataShape data, ModelOptions options) : VariationalModel(Description, context, data, options)
{
    /// <summary><c>vae</c>: dense by default, or convolutional.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "vae",
        Summary = "variational autoencoder, Gaussian code, Bernoulli pixels",
        Paper = "Kingma and Welling 2013",
        HasEncoder = true,
        Defaults =
        [
            new() { Backbone = Backbone.Mlp, Latent = 2, Hidden = [512, 256], LearningRate = 1e-3, Schedule = "constant" },
            new() { Backbone = Backbone.Conv, Latent = 16, LearningRate = 1e-3, Schedule = "constant" },
        ],
        Create = (context, data, options) => new Vae(context, data, options),
    };
}

/// <summary>
/// The VAE given a class (Sohn et al. 2015): q(z|x, c) and p(x|z, c), the prior N(0, 1) whatever the class. The code is left with what the class does not say.
/// </summary>
public sealed class Cvae(Context context, DataShape data, ModelOptions options) : VariationalModel(Description, context, data, options)
{
    /// <summary><c>cvae</c>: convolutional by default, or dense; needs classes.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "cvae",
        Summary = "variational autoencoder given the class",
        Paper = "Sohn, Lee and Yan 2015",
        NeedsClasses = true,
        HasEncoder = true,
        Defaults =
        [
            new() { Backbone = Backbone.Conv, Latent = 16, LearningRate = 1e-3, Schedule = "constant" },
            new() { Backbone = Backbone.Mlp, Latent = 2, Hidden = [512, 256], LearningRate = 1e-3, Schedule = "constant" },
        ],
        Create = (context, data, options) => new Cvae(context, data, options),
    };
}

/// <summary>What VAE and CVAE share: all but whether a class comes in.</summary>
public abstract class VariationalModel : GenerativeModel, IEncoder, ILikelihoodBound, IExportable
{
    private readonly ImageEncoder _encoder;
    private readonly ImageDecoder _decoder;
    private readonly Phase _phase;

    protected VariationalModel(ModelDescription description, Context context, DataShape data, ModelOptions options) : base(description, context, data, options)
    {
        int classes = IsConditional ? data.Classes : 0;
        var network = NewGroup(Name);
        _encoder = Add(new ImageEncoder(network, "encoder.", data, Options, classes, 2 * Latent));
        _decoder = Add(new ImageDecoder(network, "decoder.", data, Options, Latent + classes));
        network.Build();
        _phase = new Phase("elbo", Loss, Adam(network));
    }

    public override IReadOnlyList<Phase> Phases => [_phase];

    public override IReadOnlyList<string> LossNames { get; } = ["-elbo", "reconstruction", "kl"];

    public override string LossUnit => "nats per image";

    public override IReadOnlyList<string> RowLossNames { get; } = ["-elbo", "reconstruction", "kl", "squared error"];

    public override IReadOnlyList<Tensor> TrainStep(Batch batch)
    {
        var (loss, reconstruction, kl) = Terms(batch);
        _phase.Backward(loss);
        _phase.Update();
        return [loss, reconstruction, kl];
    }

    public override IReadOnlyList<Tensor> RowLosses(Batch batch)
    {
        var classes = Classes(batch);
        var (z, kl) = Posterior(batch.Images, classes).Reparameterize();
        var logits = _decoder.Forward(z, classes);
        var reconstruction = logits.BceWithLogits(batch.Images);
        return [reconstruction.Add(kl), reconstruction, kl, logits.Sigmoid().SquaredError(batch.Images)];
    }

    /// <summary>Mean | log variance of q(z|x, c): [batch, 2*latent].</summary>
    public Tensor Posterior(Tensor images, Tensor? classes) => _encoder.Forward(images, classes);

    public Tensor Encode(Tensor images, Tensor? classes) => Posterior(images, classes).Slice(0, Latent);

    public override Tensor Decode(Tensor codes, Tensor? classes) => _decoder.Forward(codes, classes).Sigmoid();

    public IReadOnlyList<NetworkPart> NetworkParts =>
    [
        new("encoder", [Data.Images(), .. this.ClassRows()], this.PosteriorPorts(), x => Posterior(x[0], x.Classes()).Halves()),
        new("decoder", [this.Codes("a code, drawn from N(0, 1) for a new image"), .. this.ClassRows()], [Data.Images()], x => [Decode(x[0], x.Classes())]),
    ];

    public Tensor LogWeight(Batch batch)
    {
        var classes = Classes(batch);
        var posterior = Posterior(batch.Images, classes);
        var (z, _) = posterior.Reparameterize();
        Tensor mean = posterior.Slice(0, Latent), logVariance = posterior.Slice(Latent, Latent);
        var noise = z.Sub(mean).Mul(logVariance.Affine(-0.5).Exp());
        var logP = _decoder.Forward(z, classes).BceWithLogits(batch.Images).Neg();
        // log N(z; 0, 1) - log N(z; mean, variance): the constants cancel
        var ratio = noise.Square().Add(logVariance).Sub(z.Square()).Sum(ReduceAxis.Columns).Affine(0.5);
        return logP.Add(ratio);
    }

    private Tensor Loss(Batch batch) => Terms(batch).Loss;

    private (Tensor Loss, Tensor Reconstruction, Tensor Kl) Terms(Batch batch)
    {
        var classes = Classes(batch);
        var (z, kl) = Posterior(batch.Images, classes).Reparameterize();
        Tensor reconstruction = _decoder.Forward(z, classes).BceWithLogitsMean(batch.Images), divergence = kl.Mean();
        return (reconstruction.Add(divergence), reconstruction, divergence);
    }
}

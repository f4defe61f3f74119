using GenEngine.Export;
using GenEngine.Metrics;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// A plain or denoising autoencoder (Hinton and Salakhutdinov 2006; Vincent et al. 2008). Loss per image: binary cross-entropy summed over pixels in nats, or squared
/// error summed over pixels; the batch is averaged. New images come from a Gaussian with full covariance, fitted to the codes of the training set when training ends.
/// </summary>
public sealed class Ae : GenerativeModel, IEncoder, IFittedPrior, IExportable
{
    private readonly ImageEncoder _encoder;
    private readonly ImageDecoder _decoder;
    private readonly Func<Tensor> _mean, _factor;
    private readonly Phase _phase;
    private readonly bool _squared;

    public Ae(Context context, DataShape data, ModelOptions options) : base(Description, context, data, options)
    {
        _squared = Options.Loss == "mse";
        var network = NewGroup("ae");
        _encoder = Add(new ImageEncoder(network, "encoder.", data, Options, 0, Latent));
        _decoder = Add(new ImageDecoder(network, "decoder.", data, Options, Latent));
        _mean = network.DeclareState("prior.mean", new Shape(1, Latent), 0);
        _factor = network.DeclareState("prior.factor", new Shape(Latent, Latent), 0);
        network.Build();
        context.UploadReal([.. Enumerable.Range(0, Latent * Latent).Select(i => i % (Latent + 1) == 0 ? 1.0 : 0)], _factor().Range);
        _phase = new Phase("reconstruct", Loss, Adam(network));
    }

    /// <summary><c>ae</c>: dense by default, or convolutional; binary cross-entropy by default, or squared error.</summary>
    public static new ModelDescription Description { get; } = new()
    {
        Name = "ae",
        Summary = "autoencoder, plain or denoising",
        Paper = "Hinton and Salakhutdinov 2006",
        HasEncoder = true,
        Defaults =
        [
            new() { Backbone = Backbone.Mlp, Latent = 2, Hidden = [512, 256], Loss = "bce", Noise = 0, LearningRate = 1e-3, Schedule = "constant" },
            new() { Backbone = Backbone.Conv, Latent = 16, Loss = "bce", Noise = 0, LearningRate = 1e-3, Schedule = "constant" },
        ],
        Losses = ["bce", "mse"],
        Create = (context, data, options) => new Ae(context, data, options),
    };

    public override IReadOnlyList<Phase> Phases => [_phase];

    public override IReadOnlyList<string> LossNames { get; } = ["reconstruction"];

    public override string LossUnit => _squared ? "squared error per image" : "nats per image";

    public override IReadOnlyList<string> RowLossNames { get; } = ["reconstruction", "squared error"];

    public override IReadOnlyList<Tensor> RowLosses(Batch batch)
    {
        var output = _decoder.Forward(_encoder.Forward(batch.Images));
        var error = Pixels(output).SquaredError(batch.Images);
        return [_squared ? error : output.BceWithLogits(batch.Images), error];
    }

    public Tensor Encode(Tensor images, Tensor? classes) => _encoder.Forward(images);

    public override Tensor Decode(Tensor codes, Tensor? classes) => Pixels(_decoder.Forward(codes)).Clamp(0, 1);

    public IReadOnlyList<NetworkPart> NetworkParts =>
    [
        new("encoder", [Data.Images()], [this.Codes("the image's code")], x => [Encode(x[0], null)]),
        new("decoder", [this.Codes("a code")], [Data.Images()], x => [Decode(x[0], null)]),
    ];

    public bool DrawsStandardNormal { get; set; }

    /// <summary>Draws from the fitted Gaussian; from N(0, 1) before it is fitted.</summary>
    public override Tensor SampleCodes(int count) =>
        DrawsStandardNormal ? base.SampleCodes(count) : base.SampleCodes(count).MatMul(_factor()).Add(_mean().Reshape(Latent));

    public void FitPrior(DeviceDataset data)
    {
        var fit = GaussianFit.Of(FeatureMatrix.Of(ModelRuns.Codes(this, data), Latent));
        Context.UploadReal(fit.Moments.Mean, _mean().Range);
        Context.UploadReal(fit.Root, _factor().Range);
    }

    private Tensor Pixels(Tensor output) => _squared ? output : output.Sigmoid();

    private Tensor Loss(Batch batch)
    {
        var seen = Options.Noise > 0 ? batch.Images.Add(Context.RandomNormal(batch.Images.Shape, 0, Options.Noise.Value)) : batch.Images;
        var output = _decoder.Forward(_encoder.Forward(seen));
        return _squared ? output.SquaredErrorMean(batch.Images) : output.BceWithLogitsMean(batch.Images);
    }
}

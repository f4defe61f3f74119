using GenEngine.Kernels.Reduction;

namespace GenEngine.Models;

/// <summary>
/// The variational autoencoder with a Gaussian code and a Bernoulli decoder (Kingma and Welling, Auto-Encoding Variational Bayes,
/// 2013). Loss per image: binary cross-entropy summed over pixels + KL(q(z|x) || N(0, 1)), in nats; the batch is averaged.
/// </summary>
public sealed class Vae : ILatentModel
{
    private readonly Sequential _encoder;
    private readonly Sequential _decoder;
    private readonly Adam _optimizer;
    private readonly ParameterGroup _network;

    public Vae(Context context, DataShape data, VaeOptions options)
    {
        Context = context;
        Latent = options.Latent;
        Data = data;
        _network = new ParameterGroup(context, "vae");
        _encoder = Mlp.Build(_network, "encoder", data.Pixels, options.HiddenWidths, 2 * options.Latent);
        _decoder = Mlp.Build(_network, "decoder", options.Latent, options.HiddenWidths.Reverse(), data.Pixels);
        _network.Build();
        _optimizer = new Adam(_network, options.LearningRate);
    }

    public string Name => "vae";

    public Context Context { get; }

    public DataShape Data { get; }

    public int Latent { get; }

    public IReadOnlyList<ParameterGroup> Groups => [_network];

    public IReadOnlyList<string> LossNames { get; } = ["-elbo", "reconstruction", "kl"];

    public IReadOnlyList<Tensor> TrainStep(Batch batch)
    {
        var (reconstruction, kl) = Terms(batch.Images);
        Tensor rec = reconstruction.Mean(), divergence = kl.Mean(), loss = rec.Add(divergence);
        Context.Tape.Backward(loss, Groups);
        _optimizer.Step();
        return [loss, rec, divergence];
    }

    public IReadOnlyList<Tensor> RowLosses(Batch batch)
    {
        var (reconstruction, kl) = Terms(batch.Images);
        return [reconstruction.Add(kl), reconstruction, kl];
    }

    /// <summary>The loss of a batch as TrainStep minimises it; for gradient checks.</summary>
    public Tensor Loss(Tensor images)
    {
        var (reconstruction, kl) = Terms(images);
        return reconstruction.Mean().Add(kl.Mean());
    }

    /// <summary>Mean | log variance of q(z|x): [batch, 2*latent].</summary>
    public Tensor Posterior(Tensor images) => _encoder.Forward(images);

    /// <inheritdoc/>
    public Tensor Encode(Tensor images) => Posterior(images).Slice(0, Latent);

    /// <inheritdoc/>
    public Tensor Decode(Tensor codes) => _decoder.Forward(codes).Sigmoid();

    /// <summary>
    /// log p(x, z) - log q(z|x) of one draw a row, in nats: the importance weight of the IWAE bound (Burda et al. 2015, eq. 8).
    /// </summary>
    public Tensor LogWeight(Tensor images)
    {
        var posterior = Posterior(images);
        var (z, _) = posterior.Reparameterize();
        Tensor mean = posterior.Slice(0, Latent), logVariance = posterior.Slice(Latent, Latent);
        var noise = z.Sub(mean).Mul(logVariance.Affine(-0.5).Exp());
        var logP = _decoder.Forward(z).BceWithLogits(images).Neg();
        // log N(z; 0, 1) - log N(z; mean, variance): the constants cancel
        var ratio = noise.Square().Add(logVariance).Sub(z.Square()).Sum(ReduceAxis.Columns).Affine(0.5);
        return logP.Add(ratio);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    private (Tensor Reconstruction, Tensor Kl) Terms(Tensor images)
    {
        var (z, kl) = Posterior(images).Reparameterize();
        return (_decoder.Forward(z).BceWithLogits(images), kl);
    }
}

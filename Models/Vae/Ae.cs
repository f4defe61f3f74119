namespace GenEngine.Models;

/// <summary>
/// A plain autoencoder of dense layers, pixels as Bernoulli probabilities. Loss per image: binary cross-entropy summed over pixels,
/// in nats; the batch is averaged.
/// </summary>
public sealed class Ae : ILatentModel
{
    private readonly Sequential _encoder;
    private readonly Sequential _decoder;
    private readonly Adam _optimizer;
    private readonly ParameterGroup _network;

    public Ae(Context context, DataShape data, VaeOptions options)
    {
        Context = context;
        Latent = options.Latent;
        Data = data;
        _network = new ParameterGroup(context, "ae");
        _encoder = Mlp.Build(_network, "encoder", data.Pixels, options.HiddenWidths, options.Latent);
        _decoder = Mlp.Build(_network, "decoder", options.Latent, options.HiddenWidths.Reverse(), data.Pixels);
        _network.Build();
        _optimizer = new Adam(_network, options.LearningRate);
    }

    public string Name => "ae";

    public Context Context { get; }

    public DataShape Data { get; }

    public int Latent { get; }

    public IReadOnlyList<ParameterGroup> Groups => [_network];

    public IReadOnlyList<string> LossNames { get; } = ["reconstruction"];

    public IReadOnlyList<Tensor> TrainStep(Batch batch)
    {
        var loss = Loss(batch.Images);
        Context.Tape.Backward(loss, Groups);
        _optimizer.Step();
        return [loss];
    }

    public IReadOnlyList<Tensor> RowLosses(Batch batch) => [_decoder.Forward(Encode(batch.Images)).BceWithLogits(batch.Images)];

    /// <summary>The loss of a batch as TrainStep minimises it; for gradient checks.</summary>
    public Tensor Loss(Tensor images) => _decoder.Forward(Encode(images)).BceWithLogits(images).Mean();

    /// <inheritdoc/>
    public Tensor Encode(Tensor images) => _encoder.Forward(images);

    /// <inheritdoc/>
    public Tensor Decode(Tensor codes) => _decoder.Forward(codes).Sigmoid();

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();
}

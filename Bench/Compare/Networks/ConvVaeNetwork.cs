using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Bench.Compare.Networks;

/// <summary>The peer's convolutional VAE: 1-32-64 channels, a code of 16. Loss: -ELBO in nats an image.</summary>
internal sealed class ConvVaeNetwork
{
    private const int Latent = 16;
    private readonly Conv2d _first, _second;
    private readonly Linear _posterior, _widen;
    private readonly ConvTranspose2d _enlarge, _pixels;

    /// <param name="smooth">Softplus for ReLU: gradient checks cannot cross kinks.</param>
    public ConvVaeNetwork(Context context, bool smooth = false)
    {
        var activation = smooth ? Activation.Softplus : Activation.Relu;
        Group = new ParameterGroup(context, "convvae");
        var halve = ConvSpec.Square(4, 2, 1);
        _first = new Conv2d(Group, "first", 1, 32, halve, activation);
        _second = new Conv2d(Group, "second", 32, 64, halve, activation);
        var flat = new ImageExtents(7, 7, 64);
        _posterior = new Linear(Group, "posterior", flat.Count, 2 * Latent, reads: flat);
        _widen = new Linear(Group, "widen", Latent, flat.Count, activation, makes: flat);
        _enlarge = new ConvTranspose2d(Group, "enlarge", 64, 32, halve, activation: activation);
        _pixels = new ConvTranspose2d(Group, "pixels", 32, 1, halve);
        Group.Build();
    }

    public ParameterGroup Group { get; }

    /// <param name="images">[N, 28, 28, 1] in [0, 1].</param>
    public Tensor Loss(Tensor images)
    {
        int n = images.Shape[0];
        var features = _second.Forward(_first.Forward(images)).Reshape(n, 7 * 7 * 64);
        var (code, divergence) = _posterior.Forward(features).Reparameterize();
        var logits = _pixels.Forward(_enlarge.Forward(_widen.Forward(code).Reshape(n, 7, 7, 64)));
        return logits.Reshape(n, 784).BceWithLogitsMean(images.Reshape(n, 784)).Add(divergence.Mean());
    }
}

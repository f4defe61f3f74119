using System.Text.Json.Serialization;

namespace GenEngine.Runs;

/// <summary>
/// What a user can choose about a model. Null is the model's default; a run's file has every choice that its model takes, so that nothing
/// depends on defaults of a later version.
/// </summary>
public record ModelOptions
{
    /// <summary>mlp (dense layers) or conv.</summary>
    public string? Backbone { get; init; }

    /// <summary>Dimensions of the code or the noise.</summary>
    public int? Latent { get; init; }

    /// <summary>Widths of the dense encoder's hidden layers; the decoder mirrors them. Empty: linear.</summary>
    public IReadOnlyList<int>? Hidden { get; init; }

    /// <summary>Size of a convolutional backbone: its dense layer up to 32x32, the channels of its first stage above.</summary>
    public int? Width { get; init; }

    /// <summary>Blocks of an autoregressive network behind its first layer.</summary>
    public int? Layers { get; init; }

    /// <summary>How an autoregressive network is told the class: none, bias (the same at every position) or map (something for each).</summary>
    public string? Condition { get; init; }

    /// <summary>True: an autoregressive network learns numbers for each position of the image.</summary>
    public bool? Positions { get; init; }

    /// <summary>How a model of pixels sees the colours of one: masked (red, then green given red, then blue given both) or apart (none sees another).</summary>
    public string? Colours { get; init; }

    /// <summary>What codes are to be distributed like: gaussian or categorical.</summary>
    public string? Prior { get; init; }

    /// <summary>Training images whose labels a semi-supervised model sees, as many of each class; 0 for none.</summary>
    public int? Labelled { get; init; }

    /// <summary>bce or mse for an autoencoder; non-saturating, hinge or least-squares for an adversarial model; bernoulli, categorical or mixture for a pixel model.</summary>
    public string? Loss { get; init; }

    /// <summary>Deviation of the noise that a denoising autoencoder sees on its inputs.</summary>
    public double? Noise { get; init; }

    /// <summary>Weights of a composed loss, in the order that the model names.</summary>
    public IReadOnlyList<double>? Lambdas { get; init; }

    /// <summary>Weights of the parts of a pairwise loss: pixels, the discriminator's features, the classifier's.</summary>
    public IReadOnlyList<double>? Pairwise { get; init; }

    /// <summary>Stacks of a WaveNet's layers.</summary>
    public int? Stacks { get; init; }

    /// <summary>Channels of the residual path.</summary>
    public int? Residual { get; init; }

    /// <summary>Channels of the skip connections.</summary>
    public int? Skip { get; init; }

    /// <summary>Adam's, of the generator where there are two.</summary>
    public double? LearningRate { get; init; }

    /// <summary>constant, or cosine: down to nothing at the last step.</summary>
    public string? Schedule { get; init; }

    /// <summary>Steps of the whole run, for schedules.</summary>
    public long Steps { get; init; }

    /// <summary>Channels of a convolutional backbone's stages in place of its own, for quick checks. Not for runs.</summary>
    [JsonIgnore]
    public IReadOnlyList<int>? Stages { get; init; }

    /// <summary>Softplus for ReLU: finite differences cannot cross kinks. Not for runs.</summary>
    [JsonIgnore]
    public bool Smooth { get; init; }
}

using System.CommandLine;
using System.Globalization;
using GenEngine.Runs;

namespace GenEngine.Bench;

/// <summary>The options that models take; a model answers one that it does not take with those that it does.</summary>
internal sealed class ModelArguments
{
    /// <summary>An empty list, as it is typed.</summary>
    public const string None = "none";

    private readonly Option<string?> _backbone = Options.Choice("--backbone", "Dense layers or convolutions; the model's own when not given", "mlp", "conv");
    private readonly Option<int?> _latent = Options.OptionalNumber("--latent", "Dimensions of the code or the noise.", 1);
    private readonly Option<string?> _hidden = new("--hidden") { HelpName = "N,N,...|none", Description = "Widths of a dense encoder's hidden layers, which the decoder mirrors; none makes it linear." };
    private readonly Option<int?> _width = Options.OptionalNumber("--width", "Size of a convolutional backbone: units of the dense layer up to 32x32 pixels (256; the papers' 1024), channels of the first stage above (16; the papers' 64 or 128).", 1);
    private readonly Option<int?> _layers = Options.OptionalNumber("--layers", "Blocks of an autoregressive network behind its first layer; of a WaveNet's stack, whose last has dilation 2^(layers - 1).", 0);
    private readonly Option<string?> _condition = Options.Choice("--condition", "How an autoregressive network is told the class: none, bias (the same at every position), map (something for each)", "none", "bias", "map");
    private readonly Option<bool> _positions = new("--positions") { Description = "Let a PixelCNN learn numbers for each position of the image, which the paper's has not." };
    private readonly Option<string?> _colours = Options.Choice("--colours", "How a PixelCNN sees the colours of a pixel: masked, each given those before it, or apart, none given another", "masked", "apart");
    private readonly Option<string?> _prior = Options.Choice("--prior", "What codes are to be distributed like", "categorical", "gaussian");
    private readonly Option<int?> _labelled = Options.OptionalNumber("--labelled", "Training images whose labels a semi-supervised model sees, as many of each class.", 0);
    private readonly Option<string?> _loss = Options.Choice("--loss", "What is minimised", "bce", "mse", "non-saturating", "hinge", "least-squares", "bernoulli", "categorical", "mixture");
    private readonly Option<double?> _noise = Options.OptionalNumber("--noise", "Deviation of the noise that a denoising autoencoder sees on its inputs.", 0.0);
    private readonly Option<string?> _lambdas = new("--lambdas") { HelpName = "X,X,...", Description = "Weights of a composed loss; 'models' says of what." };
    private readonly Option<string?> _pairwise = new("--pairwise") { HelpName = "X,Y,Z", Description = "Weights of the parts of cvae-gan's L_G: pixels, the discriminator's features, the classifier's." };
    private readonly Option<int?> _stacks = Options.OptionalNumber("--stacks", "Times that a WaveNet goes through its dilations.", 1);
    private readonly Option<int?> _residual = Options.OptionalNumber("--residual", "Channels of the residual path.", 1);
    private readonly Option<int?> _skip = Options.OptionalNumber("--skip", "Channels of the skip connections.", 1);
    private readonly Option<double?> _rate = Options.OptionalNumber("--learning-rate", "Adam's learning rate.", 0.0);
    private readonly Option<string?> _schedule = Options.Choice("--schedule", "Learning rate over the run: constant, or cosine down to 0", "constant", "cosine");

    public ModelArguments(Command command)
    {
        foreach (Option option in (Option[])[_backbone, _latent, _hidden, _width, _layers, _condition, _positions, _colours, _prior, _labelled, _loss, _noise, _lambdas, _pairwise, _stacks, _residual, _skip, _rate, _schedule]) command.Options.Add(option);
    }

    public ModelOptions Read(Session session) => new()
    {
        Backbone = session.Get(_backbone),
        Latent = session.Get(_latent),
        Hidden = Widths(session.Get(_hidden)),
        Width = session.Get(_width),
        Layers = session.Get(_layers),
        Condition = session.Get(_condition),
        Positions = session.Get(_positions) ? true : null,
        Colours = session.Get(_colours),
        Prior = session.Get(_prior),
        Labelled = session.Get(_labelled),
        Loss = session.Get(_loss),
        Noise = session.Get(_noise),
        Lambdas = Numbers("--lambdas", session.Get(_lambdas)),
        Pairwise = Numbers("--pairwise", session.Get(_pairwise)),
        Stacks = session.Get(_stacks),
        Residual = session.Get(_residual),
        Skip = session.Get(_skip),
        LearningRate = session.Get(_rate),
        Schedule = session.Get(_schedule),
    };

    private static int[]? Widths(string? text)
    {
        if (text is null) return null;
        if (text == None) return [];
        string[] parts = Parts(text);
        var widths = new int[parts.Length];
        for (int i = 0; i < widths.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out widths[i]) || widths[i] < 1)
                throw new UsageException($"--hidden takes widths such as 400 or 512,256, or none, not '{text}'.");
        }

        return widths;
    }

    private static double[]? Numbers(string option, string? text)
    {
        if (text is null) return null;
        string[] parts = Parts(text);
        var numbers = new double[parts.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i])) throw new UsageException($"{option} takes numbers such as 3,1,0.001, not '{text}'.");
        }

        return numbers;
    }

    private static string[] Parts(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

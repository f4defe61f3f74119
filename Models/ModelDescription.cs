using System.Globalization;
using GenEngine.Kernels;
using GenEngine.Runs;
using GenEngine.Text;

namespace GenEngine.Models;

/// <summary>What the zoo knows of a model before it is built: its name, what it needs, which options it takes, and how to make it.</summary>
public sealed record ModelDescription
{
    /// <summary>Console name.</summary>
    public required string Name { get; init; }

    /// <summary>One line.</summary>
    public required string Summary { get; init; }

    /// <summary>Where it comes from.</summary>
    public required string Paper { get; init; }

    /// <summary>True when it learns p(image | class).</summary>
    public bool NeedsClasses { get; init; }

    /// <summary>True when it learns from sequences of codes, sound or text, and not from images.</summary>
    public bool NeedsSequences { get; init; }

    /// <summary>True when it finds codes of images: it is an <see cref="IEncoder"/>.</summary>
    public bool HasEncoder { get; init; }

    /// <summary>The options that it takes with their defaults, one record a backbone, the default backbone first; what is null here is not taken.</summary>
    public required IReadOnlyList<ModelOptions> Defaults { get; init; }

    /// <summary>Values of --loss; the default is in <see cref="Defaults"/>.</summary>
    public IReadOnlyList<string> Losses { get; init; } = [];

    /// <summary>Values of --condition; the default is in <see cref="Defaults"/>.</summary>
    public IReadOnlyList<string> Conditions { get; init; } = [];

    /// <summary>Values of --prior; the default is in <see cref="Defaults"/>.</summary>
    public IReadOnlyList<string> Priors { get; init; } = [];

    /// <summary>What each of --lambdas weighs.</summary>
    public IReadOnlyList<string> LambdaNames { get; init; } = [];

    /// <summary>Changes a backbone's defaults to what fits the images, where they depend on them; null where not.</summary>
    public Func<ModelOptions, DataShape, ModelOptions>? Adapt { get; init; }

    /// <summary>Builds it; use <see cref="Build"/>, which fills in the defaults.</summary>
    public required Func<Context, DataShape, ModelOptions, IModel> Create { get; init; }

    /// <summary>Checks the data and the options and builds the model.</summary>
    /// <exception cref="EngineException">Images without classes for a conditional model, an option that the model does not take, or a size that its backbone cannot be built for.</exception>
    public IModel Build(Context context, DataShape data, ModelOptions options)
    {
        CheckData(data);
        return Create(context, data, Resolve(options, data));
    }

    /// <summary>Refuses images that the model cannot learn from, before anything is allocated.</summary>
    /// <exception cref="EngineException">A conditional model needs at least two classes.</exception>
    public void CheckData(DataShape data)
    {
        if (NeedsSequences != data.Alphabet > 0)
        {
            string others = string.Join(", ", (NeedsSequences ? Zoo.OfImages : Zoo.OfSequences).Select(other => other.Name));
            throw new EngineException($"'{Name}' learns from {(NeedsSequences ? "sequences, sound or text" : "images")}, and these are {(NeedsSequences ? "images" : "sequences")}. Models of {(NeedsSequences ? "images" : "sequences")}: {others}.");
        }

        if (!NeedsClasses || data.Classes > 1) return;
        string found = data.Classes == 0 ? "these images have none" : "these images have only one";
        throw new EngineException($"'{Name}' learns images given their class, and {found}. Put the images into one folder a class, or train an unconditional model: {Zoo.NamesOf(other => !other.NeedsClasses && other.NeedsSequences == NeedsSequences)}.");
    }

    /// <summary>The options with every default of this model filled in.</summary>
    /// <exception cref="EngineException">An option that the model, or the backbone chosen, does not take.</exception>
    public ModelOptions Resolve(ModelOptions given, DataShape data)
    {
        var standard = given.Backbone is null
            ? Defaults[0]
            : Defaults.FirstOrDefault(option => option.Backbone == given.Backbone)
                ?? throw (Defaults[0].Backbone is null ? NotTaken("--backbone", Defaults[0]) : new EngineException(NearestName.Unknown("backbone", given.Backbone, [.. Defaults.Select(option => option.Backbone!)])));
        if (Adapt is not null) standard = Adapt(standard, data);
        bool conv = standard.Backbone == Backbone.Conv;
        var resolved = given with
        {
            Backbone = standard.Backbone,
            Latent = Taken("--latent", given.Latent, standard.Latent, standard),
            Hidden = TakenList("--hidden", given.Hidden, standard.Hidden, standard),
            Width = Taken("--width", given.Width, standard.Width ?? (conv ? Backbone.StandardWidth(data) : null), standard),
            Layers = Taken("--layers", given.Layers, standard.Layers, standard),
            Condition = TakenText("--condition", given.Condition, standard.Condition, standard),
            Positions = Taken("--positions", given.Positions, standard.Positions, standard),
            Colours = TakenText("--colours", given.Colours, standard.Colours, standard),
            Prior = TakenText("--prior", given.Prior, standard.Prior, standard),
            Labelled = Taken("--labelled", given.Labelled, standard.Labelled, standard),
            Loss = TakenText("--loss", given.Loss, standard.Loss, standard),
            Noise = Taken("--noise", given.Noise, standard.Noise, standard),
            Lambdas = TakenList("--lambdas", given.Lambdas, standard.Lambdas, standard),
            Pairwise = TakenList("--pairwise", given.Pairwise, standard.Pairwise, standard),
            Stacks = Taken("--stacks", given.Stacks, standard.Stacks, standard),
            Residual = Taken("--residual", given.Residual, standard.Residual, standard),
            Skip = Taken("--skip", given.Skip, standard.Skip, standard),
            LearningRate = Taken("--learning-rate", given.LearningRate, standard.LearningRate, standard),
            Schedule = TakenText("--schedule", given.Schedule, standard.Schedule, standard),
        };
        if (resolved.Loss is { } loss && !Losses.Contains(loss)) throw new EngineException(NearestName.Unknown("loss", loss, Losses));
        if (resolved.Condition is { } condition && !Conditions.Contains(condition)) throw new EngineException($"--condition {condition}: '{Name}' takes {string.Join(" or ", Conditions)}.");
        if (resolved.Prior is { } prior && !Priors.Contains(prior)) throw new EngineException(NearestName.Unknown("prior", prior, Priors));
        if (resolved.Lambdas is { } lambdas && (lambdas.Count != LambdaNames.Count || lambdas.Any(lambda => !double.IsFinite(lambda) || lambda < 0)))
        {
            throw new EngineException(string.Create(
                CultureInfo.InvariantCulture, $"--lambdas of '{Name}' are {LambdaNames.Count} numbers from 0 up: the weights of {string.Join(", ", LambdaNames)}."));
        }

        if (resolved.Pairwise is { } pairwise && (pairwise.Count != standard.Pairwise!.Count || pairwise.Any(weight => !double.IsFinite(weight) || weight < 0)))
            throw new EngineException($"--pairwise of '{Name}' are {standard.Pairwise!.Count} numbers from 0 up: the weights of pixels, of the discriminator's features and of the classifier's.");
        if (conv) Backbone.Check(data, resolved);
        return resolved;
    }

    private T? Taken<T>(string option, T? given, T? standard, ModelOptions defaults) where T : struct =>
        given is null || standard is not null ? given ?? standard : throw NotTaken(option, defaults);

    private string? TakenText(string option, string? given, string? standard, ModelOptions defaults) =>
        given is null || standard is not null ? given ?? standard : throw NotTaken(option, defaults);

    private IReadOnlyList<T>? TakenList<T>(string option, IReadOnlyList<T>? given, IReadOnlyList<T>? standard, ModelOptions defaults) =>
        given is null || standard is not null ? given ?? standard : throw NotTaken(option, defaults);

    private EngineException NotTaken(string option, ModelOptions defaults)
    {
        var taken = new List<string>();
        if (Defaults.Count > 1) taken.Add("--backbone");
        if (defaults.Latent is not null) taken.Add("--latent");
        if (defaults.Hidden is not null) taken.Add("--hidden");
        if (defaults.Backbone == Backbone.Conv || defaults.Width is not null) taken.Add("--width");
        if (defaults.Layers is not null) taken.Add("--layers");
        if (defaults.Condition is not null) taken.Add("--condition");
        if (defaults.Positions is not null) taken.Add("--positions");
        if (defaults.Colours is not null) taken.Add("--colours");
        if (defaults.Prior is not null) taken.Add("--prior");
        if (defaults.Labelled is not null) taken.Add("--labelled");
        if (defaults.Loss is not null) taken.Add("--loss");
        if (defaults.Noise is not null) taken.Add("--noise");
        if (defaults.Lambdas is not null) taken.Add("--lambdas");
        if (defaults.Pairwise is not null) taken.Add("--pairwise");
        if (defaults.Stacks is not null) taken.Add("--stacks");
        if (defaults.Residual is not null) taken.Add("--residual");
        if (defaults.Skip is not null) taken.Add("--skip");
        if (defaults.LearningRate is not null) taken.Add("--learning-rate");
        if (defaults.Schedule is not null) taken.Add("--schedule");
        string backbone = defaults.Backbone is null ? "" : $" with the backbone '{defaults.Backbone}'";
        return new EngineException($"{option}: '{Name}'{backbone} does not take it; it takes {string.Join(", ", taken)}.");
    }
}

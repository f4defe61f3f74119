using GenEngine.Kernels;
using GenEngine.Runs;
using GenEngine.Text;

namespace GenEngine.Models;

/// <summary>A model that the console offers.</summary>
/// <param name="Name">Console name.</param>
/// <param name="Summary">One line.</param>
/// <param name="Paper">Where it comes from.</param>
/// <param name="Create">Builds it from a run's configuration.</param>
public sealed record ZooEntry(string Name, string Summary, string Paper, Func<Context, DataShape, RunConfig, ILatentModel> Create);

/// <summary>All models by console name.</summary>
public static class Zoo
{
    public static IReadOnlyList<ZooEntry> Entries { get; } =
    [
        new("ae", "autoencoder of dense layers", "Hinton and Salakhutdinov 2006", (context, data, config) => new Ae(context, data, Sizes(config))),
        new("vae", "variational autoencoder of dense layers, Bernoulli pixels", "Kingma and Welling 2013", (context, data, config) => new Vae(context, data, Sizes(config))),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Entries.Select(entry => entry.Name)];

    /// <exception cref="EngineException">No such model; names the nearest.</exception>
    public static ZooEntry Find(string name) =>
        Entries.FirstOrDefault(entry => entry.Name == name) ?? throw new EngineException(NearestName.Unknown("model", name, Names));

    private static VaeOptions Sizes(RunConfig config) => new(config.Latent, config.Hidden, config.LearningRate);
}

using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Models;

/// <summary>All models by console name.</summary>
public static class Zoo
{
    public static IReadOnlyList<ModelDescription> Descriptions { get; } = [Ae.Description, Vae.Description, Cvae.Description, Gan.Description, Cgan.Description];

    public static IReadOnlyList<string> Names { get; } = [.. Descriptions.Select(description => description.Name)];

    /// <exception cref="EngineException">No such model; names the nearest.</exception>
    public static ModelDescription Find(string name) =>
        Descriptions.FirstOrDefault(description => description.Name == name) ?? throw new EngineException(NearestName.Unknown("model", name, Names));
}

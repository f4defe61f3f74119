using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Models;

/// <summary>All models by console name.</summary>
public static class Zoo
{
    /// <summary>Every model, in the order of lists.</summary>
    public static IReadOnlyList<ModelDescription> Descriptions { get; } =
    [
        Ae.Description, Vae.Description, Cvae.Description, Gan.Description, Cgan.Description, InfoGan.Description, CvaeGan.Description,
        PixelCnn.Description, GatedPixelCnn.Description, RowLstmModel.Description, DiagonalBiLstmModel.Description, PixelGanAe.Description, WaveNet.Description,
    ];

    /// <summary>Those that learn from images.</summary>
    public static IReadOnlyList<ModelDescription> OfImages { get; } = [.. Descriptions.Where(description => !description.NeedsSequences)];

    /// <summary>Those that learn from sequences of codes.</summary>
    public static IReadOnlyList<ModelDescription> OfSequences { get; } = [.. Descriptions.Where(description => description.NeedsSequences)];

    /// <summary>Console names, in the order of <see cref="Descriptions"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Descriptions.Select(description => description.Name)];

    /// <summary>Names of the models that something holds for, as a message lists them.</summary>
    public static string NamesOf(Func<ModelDescription, bool> which) => string.Join(", ", Descriptions.Where(which).Select(description => description.Name));

    /// <summary>The model of just this console name.</summary>
    /// <exception cref="EngineException">No such model; names the nearest.</exception>
    public static ModelDescription Find(string name) =>
        Descriptions.FirstOrDefault(description => description.Name == name) ?? throw new EngineException(NearestName.Unknown("model", name, Names));
}

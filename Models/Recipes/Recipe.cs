using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Models;

/// <summary>One row of the zoo's tables: which runs make it, and what is read off them. Kept as JSON beside the models.</summary>
public sealed record Recipe
{
    /// <summary>What <see cref="Find"/> finds it by, as cgan-mnist.</summary>
    public required string Row { get; init; }

    /// <summary>What the row shows, a sentence.</summary>
    public required string Claim { get; init; }

    /// <summary>Command lines of the runs, such as "train cgan --data mnist --epochs 5 --seed 1".</summary>
    public required IReadOnlyList<string> Runs { get; init; }

    /// <summary>What is read off the runs, each with its bar where it has one.</summary>
    public required IReadOnlyList<Figure> Figures { get; init; }

    /// <summary>Importance samples an image for the bound on log p(x); 0 leaves it out.</summary>
    public int ImportanceSamples { get; init; }

    /// <summary>All recipes, by row.</summary>
    public static IReadOnlyList<Recipe> All { get; } = Load();

    /// <summary>The recipe of a row, by its exact name.</summary>
    /// <exception cref="EngineException">No such row; names the nearest.</exception>
    public static Recipe Find(string row) =>
        All.FirstOrDefault(recipe => recipe.Row == row) ?? throw new EngineException(NearestName.Unknown("row", row, [.. All.Select(recipe => recipe.Row)]));

    private static List<Recipe> Load()
    {
        var assembly = typeof(Recipe).Assembly;
        var recipes = new List<Recipe>();
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("recipes/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            recipes.Add(JsonSerializer.Deserialize(stream, RecipeJson.Default.Recipe)!);
        }

        return recipes;
    }
}

/// <summary>A figure of a row, over its runs.</summary>
/// <param name="Metric">Name of a <see cref="Score"/>.</param>
/// <param name="Statistic">mean, best or worst of the runs; best and worst by which bound is given.</param>
/// <param name="AtLeast">The bar from below.</param>
/// <param name="AtMost">The bar from above.</param>
/// <param name="OverReference">The bar is this much above the score's own reference (real data's figure).</param>
/// <param name="Against">Another row, whose mean of the same metric the runs' mean is held against; the figure is then what <paramref name="By"/> says.</param>
/// <param name="By">gain: how much lower than the other row's; excess: (value - reference) over the other row's (value - reference), the reference that of real data.</param>
public sealed record Figure(
    string Metric, string Statistic = "mean", double? AtLeast = null, double? AtMost = null, bool OverReference = false, string? Against = null, string By = "gain")
{
    /// <summary>The figure of a row that is held against another.</summary>
    /// <param name="value">Statistic of this row's runs.</param>
    /// <param name="other">The other row's.</param>
    /// <param name="reference">Real data's figure.</param>
    /// <exception cref="EngineException">An excess without a reference.</exception>
    public double Compare(double value, double other, double? reference) => By switch
    {
        "gain" => other - value,
        "excess" => (value - Real(reference)) / (other - Real(reference)),
        _ => throw new EngineException($"A recipe holds a figure against another row by gain or excess, not by '{By}'."),
    };

    /// <summary>The statistic of the runs' values.</summary>
    public double Of(IReadOnlyList<double> values) => (Statistic, AtLeast is not null) switch
    {
        ("mean", _) => values.Average(),
        ("best", true) or ("worst", false) => values.Max(),
        ("best", false) or ("worst", true) => values.Min(),
        _ => throw new EngineException($"A recipe's statistic is mean, best or worst, not '{Statistic}'."),
    };

    /// <summary>Whether the bar is reached; null when there is none.</summary>
    public bool? Reached(double value, double? reference) => (AtLeast, AtMost) switch
    {
        ({ } low, _) => value >= low + Base(reference),
        (_, { } high) => value <= high + Base(reference),
        _ => null,
    };

    /// <summary>The bar in words; empty when there is none.</summary>
    public string Bar() => (AtLeast ?? AtMost) is not { } bound ? "" : string.Create(
        CultureInfo.InvariantCulture, $"{(AtLeast is null ? "<=" : ">=")} {(OverReference ? "reference + " : "")}{bound:0.####}");

    private double Base(double? reference) => OverReference ? Real(reference) : 0;

    private double Real(double? reference) => reference ?? throw new EngineException($"'{Metric}' has no reference to hold it against.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Recipe))]
internal sealed partial class RecipeJson : JsonSerializerContext;

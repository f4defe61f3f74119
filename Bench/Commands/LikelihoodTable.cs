using System.Globalization;
using System.Text.RegularExpressions;
using GenEngine.Kernels.Layout;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>reproduce --likelihoods: nats and bits of the rows that have them, with what makes such figures comparable or not.</summary>
internal static partial class LikelihoodTable
{
    private const string Nats = "nats per image", Bits = "bits per dimension";

    /// <summary>What a run's likelihood is of; null when it has none. Grey targets of a loss of bits have the figures that the field prints, and are no likelihood.</summary>
    public static string? Targets(RunConfig config, IReadOnlyList<Score> scores)
    {
        if (!scores.Any(score => score.Unit == Nats)) return null;
        if (config.Loss is "categorical" or "mixture") return "256 levels";
        if (config.Binarization == Binarization.Dynamic) return "dynamic bits";
        return config.Binarize == "static" || config.Loss == "bernoulli" || config.Data.Contains("binarized", StringComparison.Ordinal) ? "static bits" : "grey";
    }

    /// <summary>The table, a line a figure in nats.</summary>
    public static int Print(TextWriter output, IReadOnlyList<LedgerRow> rows)
    {
        output.WriteLine("| row | of | figure | nats per image, a seed each | bits a dimension | seeds | images a run | minutes | machine |");
        output.WriteLine("|---|---|---|---:|---:|---|---:|---:|---|");
        foreach (var row in rows)
        {
            string seeds = string.Join(", ", row.Runs.Select(line => Seed().Match(line).Groups[1].Value));
            string bits = row.Figures.FirstOrDefault(figure => figure.Metric == Bits) is { } dimension ? EvaluationTable.Number(dimension.Value) : "";
            foreach (var figure in row.Figures.Where(figure => figure.Unit == Nats && (figure.Metric is "nll" or "-elbo" || (figure.Metric.StartsWith("-log p(x)", StringComparison.Ordinal) && !figure.Metric.Contains(": ", StringComparison.Ordinal)))))
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {row.Row} | {row.Targets} | {figure.Metric} | {string.Join(", ", figure.Values.Select(EvaluationTable.Number))} | {(figure.Metric == "nll" ? bits : "")} | {seeds} | {row.ImagesSeen[0]:N0} | {row.Minutes:F1} | {row.Machine} |"));
            }
        }

        return ExitCode.Done;
    }

    [GeneratedRegex("--seed ([0-9]+)")]
    private static partial Regex Seed();
}

using System.Text.Json;
using GenEngine.Kernels;

namespace GenEngine.Bench;

/// <summary>A figure of a row as it was measured.</summary>
/// <param name="Metric">The score's name.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Statistic">Over the runs.</param>
/// <param name="Value">The statistic.</param>
/// <param name="Values">Of each run, in the order of the recipe.</param>
/// <param name="Reference">Real data's or a baseline's figure, of the first run.</param>
/// <param name="ReferenceName">What the reference is.</param>
/// <param name="Bar">What was to be reached; empty when nothing was.</param>
/// <param name="Reached">Whether it was.</param>
internal sealed record LedgerFigure(
    string Metric, string Unit, string Statistic, double Value, IReadOnlyList<double> Values, double? Reference, string ReferenceName, string Bar, bool? Reached);

/// <summary>A row as it was made: by what, of what, where and how long.</summary>
internal sealed record LedgerRow
{
    public required string Row { get; init; }

    public required string Claim { get; init; }

    /// <summary>Date of the last run, UTC.</summary>
    public required string Date { get; init; }

    public required string Engine { get; init; }

    /// <summary>Processor and device.</summary>
    public required string Machine { get; init; }

    public required IReadOnlyList<string> Runs { get; init; }

    /// <summary>Training images seen in each run.</summary>
    public required IReadOnlyList<long> ImagesSeen { get; init; }

    /// <summary>What a likelihood is of: dynamic bits, static bits, grey or 256 levels; null where the row has none, and of rows that were made before it was noted.</summary>
    public string? Targets { get; init; }

    /// <summary>SHA-256 of the test images and labels.</summary>
    public required string TestHash { get; init; }

    /// <summary>Seed, accuracy and weights of the judge.</summary>
    public required string Judge { get; init; }

    /// <summary>Wall time of training and evaluation of all runs; of runs found finished, what they took then.</summary>
    public required double Minutes { get; init; }

    public required IReadOnlyList<LedgerFigure> Figures { get; init; }
}

/// <summary>The file that the README's tables are made of: one entry a row, the newest.</summary>
internal static class Ledger
{
    /// <summary>docs/ledger.json of the checkout, or ledger.json here when the program stands alone.</summary>
    public static string StandardPath => Repository.Find() is { } root ? Path.Combine(root, "docs", "ledger.json") : "ledger.json";

    /// <exception cref="EngineException">The file is damaged.</exception>
    public static List<LedgerRow> Read(string path)
    {
        if (!File.Exists(path)) return [];
        try
        {
            var rows = JsonSerializer.Deserialize(File.ReadAllText(path), ConsoleJson.Default.ListLedgerRow) ?? throw new JsonException("it is null.");
            if (rows.FindIndex(row => row is null || row.Figures.Contains(null!) || row.Runs.Contains(null!)) is >= 0 and var at) throw new JsonException($"its row {at} has a null.");
            return rows;
        }
        catch (JsonException exception)
        {
            throw new EngineException($"The ledger '{path}' is damaged: {exception.Message} Restore it, or name another with --ledger.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"The ledger '{path}' could not be read: {exception.Message}", exception);
        }
    }

    /// <summary>Puts a row in the place of an older one, whole or not at all.</summary>
    public static void Write(string path, LedgerRow row)
    {
        var rows = Read(path).Where(other => other.Row != row.Row).Append(row).OrderBy(other => other.Row, StringComparer.Ordinal).ToList();
        OutputPath.WriteFile(path, JsonSerializer.Serialize(rows, ConsoleJson.Default.ListLedgerRow) + "\n");
    }
}

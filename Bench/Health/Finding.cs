namespace GenEngine.Bench.Health;

/// <summary>What was found of one thing that the console works with.</summary>
/// <param name="Name">cpu, simt, cuda, nvrtc, cache, ...</param>
/// <param name="Ok">True: it works as it is.</param>
/// <param name="Text">What it is, or what is wrong, on one line.</param>
/// <param name="Advice">What to do to have it or to have more of it; null where there is nothing to do.</param>
/// <param name="Details">What was tried, for those who want to know why; null where the line says all.</param>
internal sealed record Finding(string Name, bool Ok, string Text, string? Advice = null, string? Details = null)
{
    private const string Tried = "Tried:";

    /// <summary>A thing that is not there: its error message as what is wrong, what to do, and what was tried.</summary>
    public static Finding Missing(string name, string message)
    {
        string rest = message, details = "";
        if (message.IndexOf(Tried, StringComparison.Ordinal) is >= 0 and var tried) (rest, details) = (message[..tried].TrimEnd(), message[tried..]);
        int end = rest.IndexOf(". ", StringComparison.Ordinal);
        return end < 0
            ? new Finding(name, false, rest.Replace('\n', ' '), null, NullIfEmpty(details))
            : new Finding(name, false, rest[..(end + 1)].Replace('\n', ' '), rest[(end + 2)..].Replace('\n', ' '), NullIfEmpty(details));
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}

/// <summary>doctor --json.</summary>
/// <param name="TrainsOn">Devices that training works on, the fastest first; empty is exit code 1.</param>
internal sealed record HealthReport(string Version, string Runtime, string System, IReadOnlyList<string> TrainsOn, IReadOnlyList<Finding> Findings);

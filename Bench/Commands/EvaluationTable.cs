using System.Globalization;

namespace GenEngine.Bench.Commands;

/// <summary>Prints figures of runs: as text, as a Markdown table, or as JSON.</summary>
internal static class EvaluationTable
{
    public static void Write(Session session, IReadOnlyList<EvaluationResult> results, string format, bool json)
    {
        if (json)
        {
            Json.Write(session.Out, ConsoleJson.Default.IReadOnlyListEvaluationResult, results);
            return;
        }

        foreach (var result in results)
        {
            if (format == "markdown") Markdown(session.Out, result);
            else Text(session.Out, result);
        }
    }

    private static void Text(TextWriter output, EvaluationResult result)
    {
        output.WriteLine($"{result.Model} on {result.Data} ({result.Run}){(result.Judge.Length > 0 ? "; " + result.Judge : "")}");
        foreach (var score in result.Scores)
        {
            string reference = score.Reference is { } value ? $"{Number(value),10}  {score.ReferenceName}" : "";
            output.WriteLine($"  {score.Name,-50} {Number(score.Value),10} {score.Unit,-24} {reference}".TrimEnd());
        }
    }

    private static void Markdown(TextWriter output, EvaluationResult result)
    {
        output.WriteLine($"### {result.Model} on {result.Data}");
        output.WriteLine();
        output.WriteLine("| metric | value | reference | better |");
        output.WriteLine("|---|---:|---:|---|");
        foreach (var score in result.Scores)
        {
            string unit = score.Unit.Length > 0 ? $" ({score.Unit})" : "";
            string reference = score.Reference is { } value ? $"{Number(value)} ({score.ReferenceName})" : "";
            output.WriteLine($"| {score.Name}{unit} | {Number(score.Value)} | {reference} | {score.Better} |");
        }

        output.WriteLine();
        if (result.Judge.Length > 0) output.WriteLine($"{result.Judge}\n");
    }

    /// <summary>Four places, two from a hundred on.</summary>
    public static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "F2" : "F4", CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Text;
using GenEngine.Data;
using GenEngine.Plots;
using Spectre.Console;

namespace GenEngine.Bench.Commands;

/// <summary>One split of a set of sequences for data show.</summary>
/// <param name="Classes">Clips of each class; of a set without classes, none.</param>
internal sealed record SequenceSplit(string Split, int Clips, int Codes, IReadOnlyDictionary<string, int> Classes, string Sha256);

/// <summary>What data show says of a set of sequences.</summary>
/// <param name="Kind">audio or text.</param>
/// <param name="SampleRate">0 for text.</param>
/// <param name="EntropyRate">Nats a code that no model can do better than; null where nobody knows.</param>
internal sealed record SequenceReport(
    string Data, string Kind, int Alphabet, int SampleRate, double? EntropyRate, IReadOnlyList<string> ClassNames, IReadOnlyList<SequenceSplit> Splits, IReadOnlyList<string> Notes);

/// <summary>data show of sound and text: how much there is, of which class, and what it looks or reads like.</summary>
internal static class DataShowSequences
{
    private const int ShownText = 400, MostClips = 8, MostSeconds = 2;

    /// <summary>Whether a name means sequences: a set of them, a text file, or a folder with recordings.</summary>
    public static bool Means(string name)
    {
        if (SequenceSets.IsNamed(name)) return true;
        return Directory.Exists(name) && Directory.EnumerateFiles(name, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Any(file => file.EndsWith(".wav", StringComparison.OrdinalIgnoreCase));
    }

    public static void Run(Session session, string name, string? dataDir, int count, string? output, bool json)
    {
        SequenceDataset[] sets = [.. SequenceSets.Splits.Select(split => SequenceSets.Load(name, split, new SequenceOptions { DataDir = dataDir }))];
        var first = sets[0];
        if (output is not null && first.Kind == SequenceKind.Text) throw new UsageException($"--out draws sound, and {first.Name} is text; its beginning is printed.");
        var report = new SequenceReport(
            first.Name, first.Kind == SequenceKind.Text ? "text" : "audio", first.Alphabet, first.SampleRate, first.Law?.EntropyRate.Nats, first.ClassNames,
            [.. sets.Select(set => new SequenceSplit(set.Split, set.Clips, set.Codes.Length, Classes(set), set.ContentHash))], first.Notes);
        if (json) Json.Write(session.Out, ConsoleJson.Default.SequenceReport, report);
        else Print(session, report, first);
        if (output is null) return;
        var clips = Enumerable.Range(0, Math.Min(first.Clips, Math.Min(count, MostClips))).Select(clip => Sound(first, clip)).ToList();
        new Provenance(session).With("Data", first.Name).WritePng(output, SoundPicture.SideBySide(clips));
        (json ? session.Error : session.Out).WriteLine(output);
    }

    private static void Print(Session session, SequenceReport report, SequenceDataset set)
    {
        string what = set.Kind == SequenceKind.Text ? "text, bytes of UTF-8" : string.Create(CultureInfo.InvariantCulture, $"sound, {report.SampleRate:N0} samples a second");
        session.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Data}: {what}, {report.Alphabet} codes{(report.ClassNames.Count > 0 ? $", {report.ClassNames.Count} classes" : "")}"));
        if (report.EntropyRate is { } rate) session.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"entropy rate: {rate:F4} nats a {set.Symbol}; no model can do better"));
        foreach (string note in report.Notes) session.Out.WriteLine(note);
        var table = new Table().Border(TableBorder.Simple).AddColumn(report.ClassNames.Count > 0 ? "clips of class" : "");
        foreach (var split in report.Splits) table.AddColumn(split.Split, column => column.RightAligned());
        foreach (string name in report.ClassNames) table.AddRow([Markup.Escape(name), .. report.Splits.Select(split => string.Create(CultureInfo.InvariantCulture, $"{split.Classes[name]:N0}"))]);
        table.AddRow(["clips", .. report.Splits.Select(split => string.Create(CultureInfo.InvariantCulture, $"{split.Clips:N0}"))]);
        table.AddRow([set.Kind == SequenceKind.Text ? "bytes" : "samples", .. report.Splits.Select(split => string.Create(CultureInfo.InvariantCulture, $"{split.Codes:N0}"))]);
        session.Console.Write(table);
        if (set.Kind == SequenceKind.Text) session.Out.WriteLine(Encoding.UTF8.GetString(set.Clip(0)[..Math.Min(ShownText, set.Clip(0).Length)]));
    }

    private static Dictionary<string, int> Classes(SequenceDataset set)
    {
        var classes = set.ClassNames.ToDictionary(name => name, _ => 0);
        foreach (int label in set.Labels ?? []) classes[set.ClassNames[label]]++;
        return classes;
    }

    private static SoundClip Sound(SequenceDataset set, int clip)
    {
        var codes = set.Clip(clip);
        float[] samples = MuLaw.Decode(codes[..Math.Min(codes.Length, MostSeconds * set.SampleRate)]);
        return new SoundClip(set.Labels is { } labels ? set.ClassNames[labels[clip]] : string.Create(CultureInfo.InvariantCulture, $"clip {clip + 1}"), samples, set.SampleRate);
    }
}

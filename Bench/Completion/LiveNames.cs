using System.CommandLine.Completions;
using GenEngine.Data;
using GenEngine.Runs;

namespace GenEngine.Bench.Completion;

/// <summary>Names that a shell completes and that are not fixed: run folders and data sets.</summary>
internal static class LiveNames
{
    private const string Root = "runs";

    /// <summary>Run folders under runs/, the newest first, as 'train' prints them.</summary>
    public static IEnumerable<CompletionItem> Runs(CompletionContext context)
    {
        var root = new DirectoryInfo(Root);
        if (!root.Exists) return [];
        return [.. root.EnumerateDirectories().Select(folder => new FileInfo(Path.Combine(folder.FullName, RunFolder.ConfigName))).Where(file => file.Exists)
            .OrderByDescending(file => file.LastWriteTimeUtc).Select(file => new CompletionItem($"{Root}/{file.Directory!.Name}", detail: FormattableString.Invariant($"{file.LastWriteTime:yyyy-MM-dd HH:mm}")))];
    }

    /// <summary>Data sets of images and of sequences.</summary>
    public static IEnumerable<CompletionItem> Data(CompletionContext context) =>
        [.. DataSets.Sources.Select(source => new CompletionItem(source.Name, detail: source.Summary)), .. SequenceSets.Sources.Select(source => new CompletionItem(source.Name, detail: source.Summary))];
}

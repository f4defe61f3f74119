using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Data;

/// <summary>All sets of sequences by name: <c>SequenceSets.Load("tones", "train")</c>.</summary>
public static class SequenceSets
{
    private static readonly ISequenceSource[] All = [new ToneSource(), new FormantSource(), new PluckSource(), new GrammarSource(), new SpokenDigitSource()];

    /// <summary>The sets that have a name, built in or to be fetched; text files and folders of recordings are not among them.</summary>
    public static IReadOnlyList<ISequenceSource> Sources => All;

    /// <summary>train and test: every set of sequences has these two.</summary>
    public static IReadOnlyList<string> Splits { get; } = ["train", "test"];

    /// <summary>A set by its name (fsdd:jackson takes one speaker), a text file, or a folder of recordings.</summary>
    /// <exception cref="EngineException">No such set; the message suggests the nearest and lists all.</exception>
    public static ISequenceSource Source(string name) => Named(name)
        ?? (IsText(name) ? new TextFileSource(TypedPath.Home(name)) : TypedPath.Is(name) ? new WavFolderSource(TypedPath.Home(name)) : throw new EngineException(Unknown(name)));

    /// <summary>Whether a set can be named so; see <see cref="Unknown"/>.</summary>
    public static bool IsKnown(string name) => Named(name) is not null || IsText(name) || TypedPath.Is(name);

    /// <summary>Whether it is the name of a set, or a text file's.</summary>
    public static bool IsNamed(string name) => Named(name) is not null || IsText(name);

    /// <summary>What a run keeps as the name of its data: files and folders by their full path.</summary>
    public static string FullName(string name) => Named(name)?.Name ?? Path.TrimEndingDirectorySeparator(Path.GetFullPath(TypedPath.Home(name)));

    /// <summary>What to tell somebody who named no set.</summary>
    public static string Unknown(string name) => DataSets.Sources.Any(source => string.Equals(source.Name, name, StringComparison.OrdinalIgnoreCase))
        ? $"'{name}' holds images, and sequences, sound or text, are asked for: {string.Join(", ", All.Select(source => source.Name))}, a text file (.txt) or a folder of WAV files."
        : NearestName.Unknown("set of sequences", name, All.Select(source => source.Name)) + " A text file (.txt) or a folder of WAV files is named by its path.";

    /// <summary>Loads or draws a split.</summary>
    /// <exception cref="EngineException">No such set or split, or a file is missing or damaged; the message says what to do.</exception>
    public static SequenceDataset Load(string name, string split, SequenceOptions? options = null)
    {
        var source = Source(name);
        if (!Splits.Contains(split)) throw new EngineException(NearestName.Unknown($"split of {source.Name}", split, Splits));
        options ??= SequenceOptions.Default;
        if (options.Limit < 1) throw new EngineException($"{options.Limit} clips cannot be loaded; the limit is at least 1.");
        var loaded = source.Load(split, options);
        return options.Limit is { } limit ? loaded.Take(limit) : loaded;
    }

    private static ISequenceSource? Named(string name)
    {
        string[] parts = name.Split(':', 2);
        if (SpokenDigitSource.Names.Contains(parts[0], StringComparer.OrdinalIgnoreCase)) return new SpokenDigitSource(parts.Length > 1 ? parts[1] : null);
        return Array.Find(All, source => string.Equals(source.Name, name, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsText(string name) => name.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);
}

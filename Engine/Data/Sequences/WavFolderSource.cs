using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Numerics;

namespace GenEngine.Data;

/// <summary>
/// A folder of the user's own recordings (.wav): loose (no classes) or a folder a class, directly or under train/ and test/. Without these a tenth of each class, drawn by the seed, is
/// held out. All are brought to one rate: the one asked for, or the first file's.
/// </summary>
public sealed class WavFolderSource(string path) : ISequenceSource
{
    private const ulong SplitStream = 0x5741_5653;

    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    public string Name => Path.GetFileName(_root) is { Length: > 0 } name ? name : _root;

    public string Summary => $"the recordings in {_root}";

    public bool BuiltIn => false;

    /// <exception cref="EngineException">No such folder, no recordings or too few, a recording that cannot be read or is silent; names the file.</exception>
    public SequenceDataset Load(string split, SequenceOptions options)
    {
        if (File.Exists(_root)) throw new EngineException($"'{_root}' is a file, and no text by its name (.txt). Recordings are read by the folder that they lie in: name that one.");
        if (!Directory.Exists(_root)) throw new EngineException($"There is no folder '{_root}'.");
        string train = Path.Combine(_root, "train"), test = Path.Combine(_root, "test");
        bool apart = Directory.Exists(train) && Directory.Exists(test);
        string[] classes = Classes(apart ? train : _root);
        var files = apart ? Files(split == "test" ? test : train, classes) : Files(_root, classes);
        if (files.Count == 0) throw Empty(apart ? Path.Combine(_root, split) : _root);
        int rate = options.SampleRate ?? WavFile.Read(Files(apart ? train : _root, classes) is [var first, ..] ? first.Path : throw Empty(train)).SampleRate;
        if (!apart) files = [.. Split(files, options.Seed).Where(file => file.Test == (split == "test")).Select(file => file.File)];

        var clips = new List<byte[]>();
        var labels = new List<int>();
        var silent = new List<string>();
        foreach (var (file, label) in files)
        {
            float[] samples = Recordings.Prepare(WavFile.Read(file), options with { SampleRate = rate });
            if (samples.Length == 0)
            {
                silent.Add(Path.GetRelativePath(_root, file));
                continue;
            }

            clips.Add(MuLaw.Encode(samples));
            labels.Add(label);
        }

        if (clips.Count == 0) throw new EngineException($"The recordings in '{_root}' are silent.");
        string how = apart ? "by its folders train and test" : FormattableString.Invariant($"by seed {options.Seed}, a tenth of each class held out");
        List<string> notes = [FormattableString.Invariant($"{split} split of {Name}: {clips.Count} clips at {rate} Hz, {how}")];
        if (silent.Count > 0) notes.Add($"{silent.Count} silent recordings are left out: {string.Join(", ", silent.Take(5))}{(silent.Count > 5 ? ", ..." : "")}");
        return new SequenceDataset(Name, split, SequenceKind.Audio, clips, classes.Length > 0 ? [.. labels] : null, classes) { SampleRate = rate, Notes = notes };
    }

    private static string[] Classes(string folder)
    {
        string[] names = [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];
        if (names.Length > 0 && Recorded(folder).FirstOrDefault() is { } loose)
            throw new EngineException($"'{folder}' holds recordings ({Path.GetFileName(loose)}, ...) and folders ({names[0]}, ...). Put every recording into the folder of its class, or all beside one another.");
        return names.Length == 1 ? throw new EngineException($"'{folder}' has one class folder only ({names[0]}); for a set without classes name '{Path.Combine(folder, names[0])}'.") : names;
    }

    private static List<(string Path, int Label)> Files(string folder, string[] classes)
    {
        if (classes.Length == 0) return [.. Recorded(folder).Select(file => (file, -1))];
        if (Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!).FirstOrDefault(name => !name.StartsWith('.') && !classes.Contains(name, StringComparer.Ordinal)) is { } unknown)
            throw new EngineException($"'{folder}' has the class '{unknown}', which is not among those to train on: {string.Join(", ", classes)}.");
        var files = new List<(string, int)>();
        for (int label = 0; label < classes.Length; label++)
        {
            string own = Path.Combine(folder, classes[label]);
            if (Directory.Exists(own)) files.AddRange(Recorded(own).Select(file => (file, label)));
        }

        return files;
    }

    /// <summary>In ordinal order, so that it does not depend on the file system.</summary>
    private static IEnumerable<string> Recorded(string folder) => Directory.EnumerateFiles(folder)
        .Where(file => file.EndsWith(".wav", StringComparison.OrdinalIgnoreCase) && !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal);

    private List<((string Path, int Label) File, bool Test)> Split(List<(string Path, int Label)> files, ulong seed)
    {
        var split = new List<((string, int), bool)>();
        foreach (var group in files.GroupBy(file => file.Label))
        {
            (string, int)[] rows = [.. group];
            if (rows.Length < 2) throw new EngineException($"{(group.Key < 0 ? $"'{_root}'" : $"The class folder '{Path.GetDirectoryName(rows[0].Item1)}'")} has one recording; one to train on and one to hold out are the least.");
            int[] order = [.. Enumerable.Range(0, rows.Length)];
            SplitMix64.Stream(seed, SplitStream, (ulong)(group.Key + 1)).Shuffle<int>(order);
            int held = Math.Max(1, (rows.Length + 5) / 10);
            for (int i = 0; i < rows.Length; i++) split.Add((rows[i], Array.IndexOf(order, i) < held));
        }

        return split;
    }

    private static EngineException Empty(string folder) => new($"The folder '{folder}' holds no recording (.wav).");
}

using System.IO.Compression;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Data;

/// <summary>
/// The Free Spoken Digit Dataset, from its archive or an unpacked folder: ten classes, 8 kHz. Clips come in ordinal order of their file names, digit_speaker_take.wav; of these, index i with
/// i % 10 = 9 is held out. Nothing is normalised.
/// </summary>
/// <param name="speaker">One speaker only; null for all.</param>
public sealed class SpokenDigitSource(string? speaker = null) : ISequenceSource
{
    private const string Set = "fsdd", Archive = "recordings.zip";

    /// <summary>What the set is called; a speaker's name follows behind a colon.</summary>
    public static IReadOnlyList<string> Names { get; } = [Set, "spoken-digits"];

    public string Name => speaker is null ? Set : $"{Set}:{speaker}";

    public string Summary => "spoken digits, 3,000 recordings of 6 speakers at 8 kHz, 10 classes; fsdd:jackson takes one speaker";

    public bool BuiltIn => false;

    /// <exception cref="EngineException">The set is not on this machine, there is no such speaker, or a recording is damaged.</exception>
    public SequenceDataset Load(string split, SequenceOptions options)
    {
        var clips = new List<byte[]>();
        var labels = new List<int>();
        int index = 0, rate = 0;
        foreach (var (name, bytes) in Files(options))
        {
            if (index++ % 10 == 9 != (split == "test")) continue;
            if (name.Length < 2 || name[0] is < '0' or > '9' || name[1] != '_') throw new EngineException($"'{name}' is no recording of {Set}: their names are digit_speaker_take.wav.");
            var sound = WavFile.Read(bytes(), name);
            var clip = Recordings.Prepare(sound, options);
            if (clip.Length == 0) continue;
            rate = options.SampleRate ?? sound.SampleRate;
            clips.Add(MuLaw.Encode(clip));
            labels.Add(name[0] - '0');
        }

        if (clips.Count == 0) throw new EngineException($"{Name} has no clip in its {split} split.");
        return new SequenceDataset(Name, split, SequenceKind.Audio, clips, [.. labels], [.. Enumerable.Range(0, 10).Select(digit => $"{digit}")]) { SampleRate = rate };
    }

    private List<(string Name, Func<byte[]> Bytes)> Files(SequenceOptions options)
    {
        var all = Find(options);
        if (speaker is null) return all;
        string part = $"_{speaker}_";
        List<(string, Func<byte[]>)> found = [.. all.Where(file => file.Name.Contains(part, StringComparison.Ordinal))];
        if (found.Count > 0) return found;
        string[] speakers = [.. all.Select(file => file.Name.Split('_')).Where(parts => parts.Length == 3).Select(parts => parts[1]).Distinct()];
        throw new EngineException(NearestName.Unknown($"speaker of {Set}", speaker, speakers));
    }

    private static List<(string Name, Func<byte[]> Bytes)> Find(SequenceOptions options)
    {
        foreach (string place in DataFolders.Places(Set, options.Places))
        {
            foreach (string folder in new[] { Path.Combine(place, "recordings"), place })
            {
                if (!Directory.Exists(folder)) continue;
                string[] files = [.. Directory.EnumerateFiles(folder, "*.wav").Where(file => Path.GetFileName(file).Count(c => c == '_') == 2)];
                if (files.Length > 0) return [.. files.Select(file => (Path.GetFileName(file), (Func<byte[]>)(() => File.ReadAllBytes(file)))).OrderBy(file => file.Item1, StringComparer.Ordinal)];
            }

            string archive = Path.Combine(place, Archive);
            if (File.Exists(archive)) return Unpack(archive);
        }

        throw DataFolders.Missing(Set, options.Places, [[Archive]]);
    }

    private static List<(string Name, Func<byte[]> Bytes)> Unpack(string path)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            var files = new List<(string, Func<byte[]>)>();
            foreach (var entry in archive.Entries.Where(entry => entry.Name.EndsWith(".wav", StringComparison.Ordinal)).OrderBy(entry => entry.Name, StringComparer.Ordinal))
            {
                var bytes = new byte[entry.Length];
                using var content = entry.Open();
                content.ReadExactly(bytes);
                files.Add((entry.Name, () => bytes));
            }

            return files;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"'{path}' could not be unpacked: {e.Message} Fetch it again: genengine data fetch {Set}", e);
        }
    }
}

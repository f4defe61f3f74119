using System.Globalization;
using GenEngine.Kernels;
using GenEngine.Numerics;

namespace GenEngine.Data;

/// <summary>
/// A folder of the user's own pictures as a data set: JPEG, PNG and BMP files, loose (no classes) or a folder a class. The middle square of each,
/// turned as its EXIF says, is scaled to one size; decoded once and then read from the user's cache. train/ and test/ folders are used where
/// they are; else a tenth of each class, drawn by the seed, is kept for testing.
/// </summary>
/// <param name="path">The folder.</param>
/// <param name="memory">Bytes that images may take; null asks the machine.</param>
public sealed class FolderSource(string path, long? memory = null) : IDataSource
{
    /// <summary>Pixels a side where none are asked for; 8 to 1024 can be.</summary>
    public const int StandardSize = 64;

    /// <summary>The share of files that may be unreadable; with more, something is wrong that the user should know first.</summary>
    public const double MaxUnreadable = 0.05;

    /// <summary>Fewer pictures of a class teach nothing.</summary>
    public const int LeastInClass = 10;

    private const int Named = 10;
    private const ulong SplitStream = 0x464F_4C44, OrderStream = 0x464F_4C45;

    private readonly string _root = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));

    /// <summary>The folder's own name.</summary>
    public string Name => System.IO.Path.GetFileName(_root) is { Length: > 0 } name ? name : _root;

    public string Summary => $"the pictures in {_root}";

    public bool BuiltIn => false;

    public IReadOnlyList<string> Splits { get; } = ["train", "test"];

    public string? Find(DataOptions options) => Directory.Exists(_root) ? _root : null;

    /// <exception cref="EngineException">
    /// No such folder, an empty or a single class, fewer than <see cref="LeastInClass"/> pictures of a class, a picture without pixels, too many
    /// unreadable files, or more bytes than memory; says what to do.
    /// </exception>
    public ImageDataset Load(string split, DataOptions options)
    {
        int size = options.Size ?? StandardSize, item = size * size * 3;
        if (size is < 8 or > 1024) throw new EngineException($"Pictures can be scaled to 8 to 1024 pixels a side, not {size}.");
        FolderLayout layout = FolderLayout.Scan(_root);
        CheckMemory(layout.Files.Count, size, options);
        byte[] key = layout.Key(size, FolderCache.Version);
        string cache = FolderCache.PathOf(_root, size);
        DecodedFolder? decoded = FolderCache.Read(cache, key, item);
        string from = $"cache: read from {cache}";
        if (decoded is null)
        {
            decoded = DecodedFolder.Decode(_root, layout, size);
            from = FolderCache.Write(cache, key, decoded) is { } problem ? $"cache: not written. {problem}" : $"cache: written to {cache}";
        }
        List<UnreadableFile> unreadable = [.. decoded.Unreadable, .. layout.Unsupported.Select(file => new UnreadableFile(file, "this kind is not read; convert it to PNG or JPEG"))];
        CheckUnreadable(unreadable, layout.Files.Count + layout.Unsupported.Count);
        CheckClasses(layout, decoded, unreadable.Count);

        bool[] test = Split(layout, decoded, options.Seed);
        int[] rows = [.. Enumerable.Range(0, test.Length).Where(i => test[i] == (split == "test"))];
        SplitMix64.Stream(options.Seed, OrderStream, split == "test" ? 1UL : 0UL).Shuffle<int>(rows); // so that the first few are of all classes
        if (options.Limit is { } limit && limit < rows.Length) rows = rows[..limit];
        var items = new byte[rows.Length * item];
        for (int i = 0; i < rows.Length; i++) decoded.Items.AsSpan(rows[i] * item, item).CopyTo(items.AsSpan(i * item));
        int[]? labels = layout.ClassNames.Count == 0 ? null : Array.ConvertAll(rows, row => layout.Files[decoded.Indices[row]].Label);
        return new ImageDataset(Name, split, size, size, 3, items, labels, layout.ClassNames)
        {
            Notes = [SplitNote(layout, test, options.Seed), from, .. UnreadableNotes(unreadable, layout.Files.Count + layout.Unsupported.Count)],
            Unreadable = unreadable,
        };
    }

    /// <summary>True where an image is for testing.</summary>
    private static bool[] Split(FolderLayout layout, DecodedFolder decoded, ulong seed)
    {
        bool[] test = Array.ConvertAll(decoded.Indices, index => layout.Files[index].Test);
        if (layout.HasTest) return test;
        foreach (IGrouping<int, int> group in Enumerable.Range(0, test.Length).GroupBy(i => layout.Files[decoded.Indices[i]].Label))
        {
            int[] rows = [.. group];
            SplitMix64.Stream(seed, SplitStream, (ulong)(group.Key + 1)).Shuffle<int>(rows);
            foreach (int row in rows.AsSpan(0, (rows.Length + 5) / 10)) test[row] = true;
        }
        return test;
    }

    private void CheckMemory(int files, int size, DataOptions options)
    {
        // decoded, both splits copied out of it, and twice the training split where it is mirrored
        double item = (double)size * size * 3, bytes = files * item * (options.Flip ? 4 : 2);
        double room = memory ?? 0.8 * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes <= room && files * item * (options.Flip ? 2 : 1) <= Array.MaxLength) return;
        string fits = bytes > room ? Gib(room) : $"{Gib(Array.MaxLength)} in one piece";
        throw new EngineException(
            $"The {files} pictures in '{_root}' take {Gib(bytes)} at {size}x{size}{(options.Flip ? " with their mirror images" : "")}, more than there is room for ({fits}). Use a smaller --size, or fewer pictures.");
    }

    private static string Gib(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 30):0.##} GiB");

    private void CheckUnreadable(List<UnreadableFile> unreadable, int files)
    {
        if (unreadable.Count <= MaxUnreadable * files) return;
        string list = string.Concat(unreadable.Take(Named).Select(file => $"\n  {file.Path}: {file.Reason}"));
        string more = unreadable.Count > Named ? $"\n  and {unreadable.Count - Named} more" : "";
        throw new EngineException(string.Create(CultureInfo.InvariantCulture,
            $"{unreadable.Count} of {files} pictures in '{_root}' cannot be read, more than the {100 * MaxUnreadable:0} % that are passed over:{list}{more}\nRemove or replace them."));
    }

    private void CheckClasses(FolderLayout layout, DecodedFolder decoded, int unreadable)
    {
        IEnumerable<FolderFile> readable = decoded.Indices.Select(index => layout.Files[index]).Where(file => !file.Test);
        Dictionary<int, int> counts = readable.CountBy(file => file.Label).ToDictionary();
        string broken = unreadable > 0 ? $" ({unreadable} of the folder's could not be read)" : "";
        if (layout.ClassNames.Count == 0 && counts.GetValueOrDefault(-1) is var all && all < LeastInClass)
            throw new EngineException($"'{_root}' has {all} pictures{broken}; at least {LeastInClass} are needed.");
        for (int label = 0; label < layout.ClassNames.Count; label++)
        {
            int count = counts.GetValueOrDefault(label);
            if (count < LeastInClass)
                throw new EngineException($"The class '{layout.ClassNames[label]}' of '{_root}' has {count} pictures{broken}; each class needs at least {LeastInClass}. Add some, or remove the class folder.");
        }
    }

    private string SplitNote(FolderLayout layout, bool[] test, ulong seed)
    {
        int kept = test.Count(isTest => isTest);
        string how = layout.HasTest ? "by its folders train and test" : $"by seed {seed}, a tenth of each class for testing";
        return $"split of {Name}: {test.Length - kept} train, {kept} test, {how}";
    }

    private static IEnumerable<string> UnreadableNotes(List<UnreadableFile> unreadable, int files)
    {
        if (unreadable.Count == 0) yield break;
        yield return $"{unreadable.Count} of {files} pictures could not be read and are left out:";
        foreach (UnreadableFile file in unreadable.Take(Named)) yield return $"  {file.Path}: {file.Reason}";
        if (unreadable.Count > Named) yield return $"  and {unreadable.Count - Named} more";
    }
}

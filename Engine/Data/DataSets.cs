using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Data;

/// <summary>All data sets by name: <c>DataSets.Load("digits", "train")</c>.</summary>
public static class DataSets
{
    private static readonly IDataSource[] All =
        [new DigitSource(), new AvatarSource(), IdxSource.Mnist(), IdxSource.FashionMnist(), new BinarizedMnistSource(), new CifarSource()];

    /// <summary>The sets that have a name, built in or to be fetched; folders of pictures are not among them.</summary>
    public static IReadOnlyList<IDataSource> Sources => All;

    /// <summary>A set by its name, or the folder of pictures at a path. A set's name comes first: a folder called digits is ./digits.</summary>
    /// <exception cref="EngineException">No such set; the message suggests the nearest and lists all.</exception>
    public static IDataSource Source(string name) =>
        Array.Find(All, s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? (TypedPath.Is(name) ? new FolderSource(TypedPath.Home(name)) : throw new EngineException(Unknown(name)));

    /// <summary>Whether a set can be named so; see <see cref="Unknown"/>.</summary>
    public static bool IsKnown(string name) => All.Any(s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase)) || TypedPath.Is(name);

    /// <summary>What a run keeps as the name of its data: a folder by its full path, so that later commands find it from anywhere.</summary>
    public static string FullName(string name) =>
        Array.Find(All, s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase))?.Name
        ?? Path.TrimEndingDirectorySeparator(Path.GetFullPath(TypedPath.Home(name)));

    /// <summary>The set's name, or the folder's own without its path: what run folders are called by.</summary>
    public static string ShortName(string name) => Path.GetFileName(FullName(name)) is { Length: > 0 } last ? last.Replace(':', '-') : "data";

    /// <summary>What to tell somebody who named no set.</summary>
    public static string Unknown(string name) =>
        SequenceSets.IsNamed(name)
            ? $"'{name}' holds sequences, sound or text, and images are asked for."
            : NearestName.Unknown("data set", name, [.. All.Select(s => s.Name), .. SequenceSets.Sources.Select(s => s.Name)]) + " A folder of pictures is named by its path.";

    /// <summary>Loads or draws a split of a data set.</summary>
    /// <exception cref="EngineException">
    /// No such set or split, or a file is missing or damaged; the message says what to do.
    /// </exception>
    public static ImageDataset Load(string name, string split, DataOptions? options = null)
    {
        IDataSource source = Source(name);
        if (!source.Splits.Contains(split)) throw new EngineException(NearestName.Unknown($"split of {source.Name}", split, source.Splits));
        options ??= DataOptions.Default;
        if (options.Limit < 0) throw new EngineException($"{options.Limit} images cannot be loaded; the limit must not be negative.");
        ImageDataset loaded = source.Load(split, options);
        if (options.Limit is { } limit) loaded = loaded.Take(limit);
        return ImageConversion.Apply(loaded, options, train: split == source.Splits[0]);
    }
}

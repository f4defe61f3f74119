using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Data;

/// <summary>All data sets by name: <c>DataSets.Load("digits", "train")</c>.</summary>
public static class DataSets
{
    private static readonly IDataSource[] All =
        [new DigitSource(), new AvatarSource(), IdxSource.Mnist(), IdxSource.FashionMnist(), new BinarizedMnistSource(), new CifarSource()];

    public static IReadOnlyList<IDataSource> Sources => All;

    /// <exception cref="EngineException">No such set; the message suggests the nearest and lists all.</exception>
    public static IDataSource Source(string name) =>
        Array.Find(All, s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new EngineException(NearestName.Unknown("data set", name, All.Select(s => s.Name)));

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
        return options.Limit is { } limit ? loaded.Take(limit) : loaded;
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenEngine.Kernels;
using GenEngine.Numerics;
using GenEngine.Text;

namespace GenEngine.Data;

/// <summary>
/// Images of one split in memory, as bytes, with their classes. A byte b stands for b / 255.
/// </summary>
public sealed class ImageDataset
{
    private readonly Lazy<string> _hash;

    /// <exception cref="ArgumentException">The items are not count * height * width * channels bytes, or labels do not fit.</exception>
    public ImageDataset(
        string name, string split, int height, int width, int channels, byte[] items, int[]? labels, IReadOnlyList<string> classNames)
    {
        int size = checked(height * width * channels);
        if (size <= 0 || items.Length % size != 0)
            throw new ArgumentException($"{items.Length} bytes are not whole {height}x{width}x{channels} images.");
        Count = items.Length / size;
        if (labels is not null && labels.Length != Count) throw new ArgumentException($"{labels.Length} labels for {Count} images.");
        if (labels is not null && labels.Any(label => (uint)label >= (uint)classNames.Count))
            throw new ArgumentException($"A label is outside the {classNames.Count} classes.");
        (Name, Split, Height, Width, Channels) = (name, split, height, width, channels);
        (Items, Labels, ClassNames) = (items, labels, classNames);
        _hash = new Lazy<string>(Hash);
    }

    /// <summary>The set's name in <see cref="DataSets"/>, with what was done to it since in brackets.</summary>
    public string Name { get; }

    /// <summary>train or test; valid where a set has a third.</summary>
    public string Split { get; }

    /// <summary>Images; a limit of 0 leaves none.</summary>
    public int Count { get; }

    /// <summary>Rows of pixels.</summary>
    public int Height { get; }

    /// <summary>Columns of pixels.</summary>
    public int Width { get; }

    /// <summary>1 grey, 3 RGB.</summary>
    public int Channels { get; }

    /// <summary>[count, height, width, channels], rows from the top.</summary>
    public byte[] Items { get; }

    /// <summary>[count], each an index into <see cref="ClassNames"/>; null when the set has no classes.</summary>
    public int[]? Labels { get; }

    /// <summary>Empty when the set has no classes.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Known factors of variation, the columns of <see cref="Factors"/>; empty when the set knows none.</summary>
    public IReadOnlyList<string> FactorNames { get; init; } = [];

    /// <summary>[count, factors]: what each image shows (pose, light, ...), ground truth of a drawn set; null when the set knows none.</summary>
    public float[]? Factors { get; init; }

    /// <summary>What the user should be told about the set before anything is made of it: how it was split, what was left out.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Files that were left out, of a folder of pictures.</summary>
    public IReadOnlyList<UnreadableFile> Unreadable { get; init; } = [];

    /// <summary>Bytes of one image.</summary>
    public int ItemSize => Height * Width * Channels;

    /// <summary>SHA-256 (lower-case hex) of the extents, the images and the labels: what results name their data by.</summary>
    public string ContentHash => _hash.Value;

    /// <summary>The bytes of an image, [height, width, channels]: a view of <see cref="Items"/>.</summary>
    public ReadOnlySpan<byte> Item(int index) => Items.AsSpan(index * ItemSize, ItemSize);

    /// <summary>What a model that is told the class asks before it trains.</summary>
    /// <param name="asker">Who needs classes, for the message: a model's name.</param>
    /// <exception cref="EngineException">The images have no classes, or all have the same; says what to do.</exception>
    public int[] RequireClasses(string asker)
    {
        if (Labels is null)
            throw new EngineException($"{asker} is told the class of each image, and {Name} has none. Put the pictures of each class into a folder of its own, or choose another set or a model without classes.");
        if (Labels.Length > 0 && Array.TrueForAll(Labels, label => label == Labels[0]))
            throw new EngineException($"{asker} needs at least two classes, and all images of {Name} ({Split}) are '{ClassNames[Labels[0]]}'.");
        return Labels;
    }

    /// <summary>The class that a user names, by its name or its number.</summary>
    /// <exception cref="EngineException">No such class; suggests the nearest and lists all.</exception>
    public int ClassOf(string name) => ClassOf(Name, ClassNames, name);

    /// <summary>As <see cref="ClassOf(string)"/>, of a set that is not at hand.</summary>
    public static int ClassOf(string set, IReadOnlyList<string> classNames, string name)
    {
        for (int i = 0; i < classNames.Count; i++)
            if (string.Equals(classNames[i], name, StringComparison.OrdinalIgnoreCase)) return i;
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < classNames.Count) return number;
        throw new EngineException(classNames.Count == 0 ? $"{set} has no classes, so there is no '{name}'." : NearestName.Unknown($"class of {set}", name, classNames));
    }

    /// <summary>The first images only (all of them when there are fewer).</summary>
    public ImageDataset Take(int count) => count >= Count
        ? this
        : new ImageDataset(Name, Split, Height, Width, Channels, Items[..(count * ItemSize)], Labels?[..count], ClassNames)
        {
            FactorNames = FactorNames,
            Factors = Factors?[..(count * FactorNames.Count)],
            Notes = Notes,
            Unreadable = Unreadable,
        };

    /// <summary>The same images without their labels; the names of the classes stay.</summary>
    public ImageDataset Unlabelled() => new(Name, Split, Height, Width, Channels, Items, null, ClassNames) { FactorNames = FactorNames, Factors = Factors, Notes = Notes, Unreadable = Unreadable };

    /// <summary>A few images, as many of each class, drawn by a seed; in file order.</summary>
    /// <exception cref="EngineException">The images have no classes, the classes do not divide the count, or one has fewer images.</exception>
    public ImageDataset Balanced(int count, ulong seed)
    {
        int[] labels = RequireClasses("A balanced subset");
        if (count < 1 || count % ClassNames.Count != 0) throw new EngineException($"{count} images are not as many of each of the {ClassNames.Count} classes of {Name}; take a multiple of {ClassNames.Count}.");
        int each = count / ClassNames.Count;
        int[] order = [.. Enumerable.Range(0, Count)];
        new SplitMix64(seed).Shuffle<int>(order);
        var taken = new int[ClassNames.Count];
        int[] chosen = [.. order.Where(i => taken[labels[i]]++ < each).Order()];
        for (int label = 0; label < taken.Length; label++)
            if (taken[label] < each) throw new EngineException($"{Name} ({Split}) has {taken[label]} images of '{ClassNames[label]}', and {each} of each class are wanted.");
        return Pick(chosen, Name);
    }

    /// <summary>Some images, with their labels, in the order given.</summary>
    public ImageDataset Pick(IReadOnlyList<int> indices, string name) => new(
        name, Split, Height, Width, Channels, [.. indices.SelectMany(i => Item(i).ToArray())], Labels is { } labels ? [.. indices.Select(i => labels[i])] : null, ClassNames);

    private string Hash()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> header = stackalloc byte[20];
        ReadOnlySpan<int> extents = [Count, Height, Width, Channels, Labels?.Length ?? 0];
        for (int i = 0; i < extents.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(header[(4 * i)..], extents[i]);
        sha.AppendData(header);
        sha.AppendData(Items);
        sha.AppendData(MemoryMarshal.AsBytes(Labels.AsSpan()));
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}

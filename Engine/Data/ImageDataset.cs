using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

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

    public string Split { get; }

    public int Count { get; }

    public int Height { get; }

    public int Width { get; }

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

    /// <summary>Bytes of one image.</summary>
    public int ItemSize => Height * Width * Channels;

    /// <summary>SHA-256 (lower-case hex) of the extents, the images and the labels: what results name their data by.</summary>
    public string ContentHash => _hash.Value;

    public ReadOnlySpan<byte> Item(int index) => Items.AsSpan(index * ItemSize, ItemSize);

    /// <summary>The first images only (all of them when there are fewer).</summary>
    public ImageDataset Take(int count) => count >= Count
        ? this
        : new ImageDataset(Name, Split, Height, Width, Channels, Items[..(count * ItemSize)], Labels?[..count], ClassNames)
        {
            FactorNames = FactorNames,
            Factors = Factors?[..(count * FactorNames.Count)],
        };

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

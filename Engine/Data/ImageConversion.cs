using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Data;

/// <summary>What --size, --channels, --binarize static and --flip make of any data set.</summary>
internal static class ImageConversion
{
    /// <exception cref="EngineException">Channels other than 1 or 3, a size out of range, or mirror images of a set with known factors.</exception>
    public static ImageDataset Apply(ImageDataset set, DataOptions options, bool train)
    {
        if (options.Channels is not (null or 1 or 3)) throw new EngineException($"Images have 1 channel (grey) or 3 (colour), not {options.Channels}.");
        if (options.Size is < 8 or > 1024) throw new EngineException($"Images can be scaled to 8 to 1024 pixels a side, not {options.Size}.");
        if (options.Size is { } size && (set.Height != size || set.Width != size)) set = Scaled(set, size);
        if (options.Channels is { } channels && set.Channels != channels) set = Recoloured(set, channels);
        if (options.FixedBits) set = TestBinarization.Apply(set, train ? TestBinarization.Seed + 1 : TestBinarization.Seed); // no pixel's draw is another split's
        return options.Flip && train ? Mirrored(set) : set;
    }

    private static ImageDataset Scaled(ImageDataset set, int size)
    {
        int item = size * size * set.Channels;
        var items = new byte[checked(set.Count * item)];
        Parallel.For(0, (set.Count + 255) / 256, () => new ImageScaler(), (chunk, _, scaler) =>
        {
            for (int i = chunk * 256; i < Math.Min(set.Count, (chunk + 1) * 256); i++)
                scaler.Square(set.Item(i), set.Height, set.Width, set.Channels, items.AsSpan(i * item, item), size);
            return scaler;
        }, _ => { });
        return With(set, size, size, set.Channels, items);
    }

    /// <summary>Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) in whole numbers; colour from grey repeats it.</summary>
    private static ImageDataset Recoloured(ImageDataset set, int channels)
    {
        int pixels = set.Count * set.Height * set.Width;
        var items = new byte[checked(pixels * channels)];
        byte[] from = set.Items;
        for (int i = 0; i < pixels; i++)
        {
            if (channels == 1) items[i] = (byte)((19595 * from[3 * i] + 38470 * from[3 * i + 1] + 7471 * from[3 * i + 2] + 32768) >> 16);
            else items.AsSpan(3 * i, 3).Fill(from[i]);
        }
        return With(set, set.Height, set.Width, channels, items);
    }

    internal static EngineException NotMirrored(string name, IReadOnlyList<string> factors) =>
        new($"The factors of {name} ({string.Join(", ", factors)}) would be wrong for its mirror images; leave --flip out.");

    /// <summary>
    /// The images, then all of them mirrored, in the same order: an epoch shows both, and what is drawn depends on the seed alone as ever.
    /// </summary>
    private static ImageDataset Mirrored(ImageDataset set)
    {
        if (set.Factors is not null) throw NotMirrored(set.Name, set.FactorNames);
        int stride = set.Width * set.Channels, channels = set.Channels;
        var items = new byte[checked(2 * set.Items.Length)];
        set.Items.CopyTo(items, 0);
        for (int row = 0; row < set.Count * set.Height; row++)
        {
            ReadOnlySpan<byte> from = set.Items.AsSpan(row * stride, stride);
            Span<byte> to = items.AsSpan(set.Items.Length + row * stride, stride);
            for (int x = 0; x < set.Width; x++) from.Slice(x * channels, channels).CopyTo(to[((set.Width - 1 - x) * channels)..]);
        }
        return new ImageDataset($"{set.Name} (and mirrored)", set.Split, set.Height, set.Width, channels, items, set.Labels is { } labels ? [.. labels, .. labels] : null, set.ClassNames)
        {
            Notes = set.Notes,
            Unreadable = set.Unreadable,
        };
    }

    private static ImageDataset With(ImageDataset set, int height, int width, int channels, byte[] items) =>
        new(set.Name, set.Split, height, width, channels, items, set.Labels, set.ClassNames)
        {
            FactorNames = set.FactorNames,
            Factors = set.Factors,
            Notes = set.Notes,
            Unreadable = set.Unreadable,
        };
}

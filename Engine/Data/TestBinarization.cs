using System.Globalization;
using GenEngine.Numerics;

namespace GenEngine.Data;

/// <summary>
/// Images turned into bits once, the same in every program and language, so that likelihoods on a binarised test set can be
/// compared: pixels in file order, each drawing one SplitMix64 number; the bit is 1 where the number's top 24 bits, times 255, are
/// below the byte times 2^24 (so with probability byte / 255; integers only).
/// Training binarises anew each time unless fixed bits are asked for (<see cref="DataOptions.FixedBits"/>); evaluation never does, since the wobble would hide differences.
/// </summary>
public static class TestBinarization
{
    /// <summary>Taken where no other is given; likelihoods on bits of different seeds are not comparable.</summary>
    public const ulong Seed = 1234;

    /// <summary>The set with bits as bytes 0 and 255; its name says so.</summary>
    public static ImageDataset Apply(ImageDataset set, ulong seed = Seed)
    {
        var bits = new byte[set.Items.Length];
        Apply(set.Items, bits, seed);
        foreach (ref byte bit in bits.AsSpan()) bit *= 255;
        string name = string.Create(CultureInfo.InvariantCulture, $"{set.Name} (binarised, SplitMix64 seed {seed})");
        return new ImageDataset(name, set.Split, set.Height, set.Width, set.Channels, bits, set.Labels, set.ClassNames)
        {
            FactorNames = set.FactorNames,
            Factors = set.Factors,
            Notes = set.Notes,
            Unreadable = set.Unreadable,
        };
    }

    /// <summary>Writes a 0 or 1 for each pixel. The pixels must begin at the first image of the set.</summary>
    public static void Apply(ReadOnlySpan<byte> pixels, Span<byte> bits, ulong seed = Seed)
    {
        if (pixels.Length != bits.Length) throw new ArgumentException($"{pixels.Length} pixels, but room for {bits.Length} bits.");
        var random = new SplitMix64(seed);
        for (int i = 0; i < pixels.Length; i++)
            bits[i] = (random.Next() >> 40) * 255 < (ulong)pixels[i] << 24 ? (byte)1 : (byte)0;
    }
}

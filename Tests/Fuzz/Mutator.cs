using System.Buffers.Binary;
using System.Text;
using GenEngine.Numerics;

namespace GenEngine.Tests.Fuzz;

/// <summary>Changes of files as chance and malice make them. The same random numbers give the same bytes on every machine.</summary>
internal static class Mutator
{
    private const int Longest = 1 << 16;

    private static readonly byte[] s_bytes = [0, 1, 0x7F, 0x80, 0xFF, (byte)'{', (byte)'"', (byte)',', (byte)'\n', (byte)'-', (byte)'9', 0xC3, 0xED, 0xEF];

    private static readonly ulong[] s_words =
    [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0xFF_FFFF, 0x3FFF_FFFF, 0x4000_0000, 0x7FFF_FFC7, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF0, 0xFFFF_FFFF,
        0x1_0000_0000, 0x3FFF_FFFF_FFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFF8, ulong.MaxValue,
    ];

    /// <summary>One to four changes of bytes.</summary>
    public static byte[] Bytes(ref SplitMix64 random, byte[] file)
    {
        for (int n = 1 + random.Next(4); n > 0; n--) file = Change(ref random, file);
        return file.Length > Longest ? file[..Longest] : file;
    }

    private static byte[] Change(ref SplitMix64 random, byte[] file)
    {
        if (file.Length == 0) return [(byte)random.Next(256)];
        // heads of files say what the rest is, so half of the changes are there
        int at = random.Next(random.Next(2) == 0 ? Math.Min(file.Length, 64) : file.Length), length = 1 + random.Next(Math.Min(file.Length - at, 1 << random.Next(8)));
        byte[] copy = [.. file];
        switch (random.Next(9))
        {
            case 0:
                copy[at] ^= (byte)(1 << random.Next(8));
                return copy;
            case 1:
                copy[at] = s_bytes[random.Next(s_bytes.Length)];
                return copy;
            case 2:
                copy[at] = (byte)random.Next(256);
                return copy;
            case 3:
                Word(ref random, copy.AsSpan(at));
                return copy;
            case 4:
                return copy[..at];
            case 5:
                return [.. copy, .. copy.AsSpan(at, length)]; // longer than it should be
            case 6:
                return [.. copy.AsSpan(0, at), .. copy.AsSpan(at + length)];
            case 7:
                return [.. copy.AsSpan(0, at + length), .. copy.AsSpan(at)]; // twice
            default:
                copy.AsSpan(random.Next(file.Length - length + 1), length).CopyTo(copy.AsSpan(at)); // a piece of elsewhere
                return copy;
        }
    }

    /// <summary>A number of 16, 32 or 64 bits, of either order of bytes, at its extremes or a little off.</summary>
    private static void Word(ref SplitMix64 random, Span<byte> to)
    {
        int bytes = 2 << random.Next(3);
        if (bytes > to.Length) return;
        bool little = random.Next(2) == 0;
        Span<byte> word = stackalloc byte[8];
        ulong value = s_words[random.Next(s_words.Length)] + (ulong)(random.Next(3) - 1);
        if (random.Next(4) == 0)
        {
            to[..bytes].CopyTo(little ? word : word[(8 - bytes)..]);
            value = (little ? BinaryPrimitives.ReadUInt64LittleEndian(word) : BinaryPrimitives.ReadUInt64BigEndian(word)) + (ulong)(random.Next(17) - 8);
        }

        if (little) BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        else BinaryPrimitives.WriteUInt64BigEndian(word, value);
        (little ? word[..bytes] : word[(8 - bytes)..]).CopyTo(to);
    }

    /// <summary>Changes of JSON that leave most of it JSON; one in four is of bytes.</summary>
    public static byte[] Json(ref SplitMix64 random, byte[] file)
    {
        if (random.Next(4) == 0) return Bytes(ref random, file);
        for (int n = 1 + random.Next(3); n > 0; n--) file = JsonMutation.Change(ref random, file);
        return file.Length > Longest ? file[..Longest] : file;
    }

    /// <summary>Changes of words that stand one a line: those of a command line.</summary>
    public static byte[] Words(ref SplitMix64 random, byte[] file, IReadOnlyList<string> vocabulary)
    {
        var words = Encoding.UTF8.GetString(file).Split('\n').ToList();
        for (int n = 1 + random.Next(4); n > 0; n--)
        {
            int at = random.Next(words.Count + 1), from = words.Count == 0 ? 0 : random.Next(words.Count);
            switch (random.Next(8))
            {
                case 0 when words.Count > 0:
                    words.RemoveAt(from);
                    break;
                case 1 when words.Count > 0:
                    words.Insert(at, words[from]);
                    break;
                case 2 when words.Count > 0:
                    words[from] = JsonMutation.Numbers[random.Next(JsonMutation.Numbers.Count)];
                    break;
                case 3 when words.Count > 0:
                    words[from] = $"{words[from]}={vocabulary[random.Next(vocabulary.Count)]}";
                    break;
                case 4 when words.Count > 0:
                    words[from] = Encoding.UTF8.GetString(Bytes(ref random, Encoding.UTF8.GetBytes(words[from])));
                    break;
                case 5 when words.Count > 0:
                    words[from] = string.Concat(Enumerable.Repeat(words[from], 1 + random.Next(40)));
                    break;
                default:
                    words.Insert(at, vocabulary[random.Next(vocabulary.Count)]);
                    break;
            }
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', words));
    }
}

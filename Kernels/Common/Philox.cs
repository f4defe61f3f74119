using System.Runtime.CompilerServices;

namespace GenEngine.Kernels.Common;

/// <summary>
/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a bijection of a 128-bit
/// counter under a 64-bit key. There is no state to carry, so element i of a tensor is the same number whoever computes it.
/// The twin of <c>Common/philox.cuh</c>; <see cref="RandomBlock{V, T}"/> is the same arithmetic on SIMD lanes.
/// </summary>
public static class Philox
{
    /// <summary>Rounds of the generator.</summary>
    public const int Rounds = 10;

    /// <summary>What the key's halves grow by from round to round.</summary>
    public const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;

    /// <summary>What the counter's words 0 and 2 are multiplied by.</summary>
    public const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;

    /// <summary>Elements one launch may draw: the counter's first word is element / 4.</summary>
    public const long MaxElements = 1L << 34;

    /// <summary>The four words of one counter.</summary>
    public static PhiloxWords Words(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)Multiplier0 * c0, p1 = (ulong)Multiplier1 * c2;
            c0 = (uint)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint)p1;
            c2 = (uint)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint)p0;
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return new PhiloxWords(c0, c1, c2, c3);
    }
}

/// <summary>The output of one counter.</summary>
public readonly record struct PhiloxWords(uint W0, uint W1, uint W2, uint W3)
{
    /// <summary>Word 0 to 3.</summary>
    public uint this[int index] => index switch { 0 => W0, 1 => W1, 2 => W2, _ => W3 };
}

/// <summary>
/// One stream of random numbers at one offset, as a launch sees it. Element i takes word i % 4 of the counter
/// (i / 4, offset low, offset high, stream) under the key (seed low, seed high).
/// </summary>
public readonly record struct PhiloxStream(ulong Seed, ulong Offset, uint Stream)
{
    /// <summary>The words of elements 4 * counter .. 4 * counter + 3.</summary>
    public PhiloxWords Words(uint counter) =>
        Philox.Words(counter, (uint)Offset, (uint)(Offset >> 32), Stream, (uint)Seed, (uint)(Seed >> 32));

    /// <summary>The word of an element.</summary>
    public uint Word(long element) => Words((uint)(element >> 2))[(int)(element & 3)];

    /// <summary>
    /// The element's uniform number in [0, 1): the word's upper 24 bits times 2^-24, exact in float32 too, so that runs in
    /// float32 and float64 draw the same.
    /// </summary>
    public double Uniform(long element) => Uniform(Word(element));

    /// <summary>A word as a uniform number in [0, 1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Uniform(uint word) => (word >> 8) * (1.0 / (1 << 24));
}

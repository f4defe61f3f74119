namespace GenEngine.Numerics;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): integers only, so every machine draws
/// the same. For data made or binarised on the host; what a kernel draws comes from Philox.
/// </summary>
public struct SplitMix64(ulong seed)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>An independent stream for item <paramref name="index"/> of kind <paramref name="kind"/> under one seed.</summary>
    public static SplitMix64 Stream(ulong seed, ulong kind, ulong index) =>
        new(Mix(Mix(Mix(seed + Golden) ^ kind) ^ index));

    /// <summary>64 uniform bits. The generator is a value: a copy draws the same numbers again.</summary>
    public ulong Next() => Mix(_state += Golden);

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double NextDouble(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>Bell-shaped, mean 0, standard deviation 1, within 2 sqrt 3: four uniforms added, so no logarithm is needed.</summary>
    public double NextBell() => (NextDouble() + NextDouble() + NextDouble() + NextDouble() - 2) * 1.7320508075688772;

    /// <summary>Uniform in 0 .. bound-1 (its bias, bound / 2^32, is far below anything data can show).</summary>
    public int Next(int bound) => (int)((Next() >> 32) * (ulong)bound >> 32);

    /// <summary>Puts values into an order that is any of all, each as likely (Fisher and Yates, from the end).</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = Next(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

using GenEngine.Numerics;

namespace GenEngine.Bench;

/// <summary>Numbers to measure with; never zeros, which save a GPU power and so time.</summary>
internal static class RandomValues
{
    /// <summary>Uniform in [low, high), the same for a seed every time.</summary>
    public static double[] Uniform(long count, ulong seed, double low = -1, double high = 1)
    {
        var values = new double[count];
        var random = new SplitMix64(seed);
        for (int i = 0; i < values.Length; i++) values[i] = low + ((high - low) * random.NextDouble());
        return values;
    }
}

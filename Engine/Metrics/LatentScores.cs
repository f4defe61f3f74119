using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>Figures of a VAE's code.</summary>
public static class LatentScores
{
    /// <summary>Which units are used: variance over the data of the posterior mean above the threshold (Burda et al. 2015, section 5.2).</summary>
    /// <param name="posteriorMeans">[images, units].</param>
    public static bool[] ActiveUnits(FeatureMatrix posteriorMeans, double threshold = 0.01) =>
        Array.ConvertAll(Moments.VarianceOf(posteriorMeans), variance => variance > threshold);
}

/// <summary>
/// log(1/k sum exp(w_i)) of k log weights a row as they come: the IWAE bound (Burda et al. 2015, eq. 8). Only the greatest weight and a
/// sum relative to it are kept, so nothing overflows and k is not limited by memory.
/// </summary>
public sealed class ImportanceSum
{
    private readonly double[] _top, _sum;

    /// <param name="rows">Images.</param>
    public ImportanceSum(int rows)
    {
        (_top, _sum) = (new double[rows], new double[rows]);
        Array.Fill(_top, double.NegativeInfinity);
    }

    /// <summary>Draws added so far.</summary>
    public int Draws { get; private set; }

    /// <summary>One more draw: a log weight a row. A weight of minus infinity is a draw that counts for nothing.</summary>
    /// <exception cref="EngineException">Too few rows; NaN or plus infinity.</exception>
    public void Add(ReadOnlySpan<double> logWeights)
    {
        if (logWeights.Length < _top.Length) throw new EngineException($"{logWeights.Length} log weights for {_top.Length} rows.");
        for (int i = 0; i < _top.Length; i++)
        {
            double weight = logWeights[i];
            if (double.IsNaN(weight) || double.IsPositiveInfinity(weight)) throw new EngineException($"The log weight of row {i} is {weight} in draw {Draws + 1}.");
            if (double.IsNegativeInfinity(weight)) continue;
            double top = Math.Max(_top[i], weight);
            _sum[i] = (_sum[i] * Math.Exp(_top[i] - top)) + Math.Exp(weight - top);
            _top[i] = top;
        }

        Draws++;
    }

    /// <summary>The bound of each row, in nats.</summary>
    public double[] Bounds()
    {
        if (Draws == 0) throw new EngineException("An importance bound of no draws.");
        return [.. _top.Select((top, i) => top + Math.Log(_sum[i] / Draws))];
    }
}

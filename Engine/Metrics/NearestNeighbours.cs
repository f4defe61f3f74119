using GenEngine.Kernels;
using GenEngine.Numerics;

namespace GenEngine.Metrics;

/// <summary>Euclidean distances between rows by blocked float64 products, and what is made of them.</summary>
public static class NearestNeighbours
{
    /// <summary>Distance of each row to its k-th nearest other row, k from 1.</summary>
    public static double[] Radii(FeatureMatrix rows, int k, int threads = 0)
    {
        rows.Checked("Neighbours");
        if (k < 1 || k >= rows.Count) throw new EngineException($"Of {rows.Count} rows none has {k} neighbours.");
        var squares = new double[rows.Count];
        EachRow(rows, rows, threads, (i, distances) => squares[i] = KthLeast(distances, k, i));
        return Array.ConvertAll(squares, Math.Sqrt);
    }

    /// <summary>Distance of each row of <paramref name="rows"/> to the nearest row of <paramref name="others"/>.</summary>
    public static double[] Distances(FeatureMatrix rows, FeatureMatrix others, int threads = 0)
    {
        rows.Checked("Neighbours").SameWidth(others.Checked("Neighbours"), "Neighbours");
        var squares = new double[rows.Count];
        EachRow(rows, others, threads, (i, distances) => squares[i] = KthLeast(distances, 1, -1));
        return Array.ConvertAll(squares, Math.Sqrt);
    }

    /// <summary>
    /// Whether a model repeats its training data: mean distance of generated rows to the nearest training row over that to the nearest
    /// held-out row, and the share nearer to a training row (ties count half). Both sets count equally many rows: the larger is thinned by
    /// the seed. Without memorisation about 1 and 0.5.
    /// </summary>
    public static (double Ratio, double NearerToTraining) Memorisation(FeatureMatrix generated, FeatureMatrix training, FeatureMatrix heldOut, ulong seed = 0, int threads = 0)
    {
        int count = Math.Min(training.Count, heldOut.Count);
        double[] seen = Distances(generated, Thinned(training, count, seed), threads), unseen = Distances(generated, Thinned(heldOut, count, seed), threads);
        double nearer = 0;
        for (int i = 0; i < seen.Length; i++) nearer += seen[i] < unseen[i] ? 1 : seen[i] == unseen[i] ? 0.5 : 0;
        if (unseen.Sum() == 0) throw new EngineException("Memorisation: every generated row equals a held-out row; there is no distance to compare with.");
        return (seen.Sum() / unseen.Sum(), nearer / seen.Length);
    }

    /// <summary>Rows in an order of the seed, the first so many.</summary>
    public static FeatureMatrix Thinned(FeatureMatrix rows, int count, ulong seed) => count >= rows.Count ? rows : Shuffled(rows, count, seed);

    /// <summary>As <see cref="Thinned"/>, out of order even where all rows are kept.</summary>
    internal static FeatureMatrix Shuffled(FeatureMatrix rows, int count, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, rows.Count)];
        var random = SplitMix64.Stream(seed, 0x7417, 0);
        for (int i = 0; i < count; i++)
        {
            int j = i + random.Next(rows.Count - i);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return rows.Pick(order[..count]);
    }

    /// <summary>Squared distances of each row to all others, row by row, in any order and on any thread. The array may be longer than the rows are many; the rest is infinite.</summary>
    internal static void EachRow(FeatureMatrix rows, FeatureMatrix others, int threads, RowOfDistances take)
    {
        int width = rows.Width;
        // about the mean of one set the norms are small, and little cancels
        double[] mean = Moments.MeanOf(others), a = Centred(rows, mean), b = ReferenceEquals(rows, others) ? a : Centred(others, mean);
        double[] normsA = Norms(a, rows.Count, width), normsB = ReferenceEquals(a, b) ? normsA : Norms(b, others.Count, width);
        var product = new DenseProduct(b, others.Count, width, threads);
        product.Run(a, rows.Count, threads, (first, count, block) =>
        {
            for (int i = 0; i < count; i++)
            {
                var row = block.AsSpan(i * product.Stride, others.Count);
                double own = normsA[first + i];
                for (int j = 0; j < row.Length; j++) row[j] = Math.Max(0, own + normsB[j] - (2 * row[j]));
                take(first + i, row);
            }
        });
    }

    internal delegate void RowOfDistances(int row, ReadOnlySpan<double> squares);

    // the k-th least, element `skip` apart: a sorted list of k, most candidates are refused by one comparison
    private static double KthLeast(ReadOnlySpan<double> values, int k, int skip)
    {
        Span<double> least = k <= 64 ? stackalloc double[k] : new double[k];
        least.Fill(double.PositiveInfinity);
        for (int j = 0; j < values.Length; j++)
        {
            double value = values[j];
            if (value >= least[k - 1] || j == skip) continue;
            int at = k - 1;
            for (; at > 0 && least[at - 1] > value; at--) least[at] = least[at - 1];
            least[at] = value;
        }

        return least[k - 1];
    }

    private static double[] Centred(FeatureMatrix rows, double[] mean)
    {
        var values = new double[rows.Values.LongLength];
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows.Row(i);
            for (int j = 0; j < row.Length; j++) values[(i * row.Length) + j] = row[j] - mean[j];
        }

        return values;
    }

    // the same ascending chain as the product's, so that a row is at distance 0 from its equal
    private static double[] Norms(double[] values, int count, int width)
    {
        var norms = new double[count];
        for (int i = 0; i < count; i++)
        {
            double sum = 0;
            foreach (double value in values.AsSpan(i * width, width)) sum = Math.FusedMultiplyAdd(value, value, sum);
            norms[i] = sum;
        }

        return norms;
    }
}

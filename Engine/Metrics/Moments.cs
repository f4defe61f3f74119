using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>Mean and covariance of rows, in float64.</summary>
/// <param name="Mean">[width].</param>
/// <param name="Covariance">[width, width] over N - 1.</param>
/// <param name="Count">Rows they come from.</param>
public sealed record Moments(double[] Mean, double[] Covariance, int Count)
{
    // rows are summed in chunks of this many and the chunks added in order
    private const int Chunk = 256;

    /// <summary>Columns of the rows that they are of.</summary>
    public int Width => Mean.Length;

    /// <summary>Sum of the variances.</summary>
    public double Trace
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < Width; i++) sum += Covariance[(i * Width) + i];
            return sum;
        }
    }

    /// <summary>Mean and covariance of rows.</summary>
    /// <param name="rows">[count, width], at least two.</param>
    /// <param name="threads">0: all cores; the result is the same with any.</param>
    /// <exception cref="EngineException">Fewer than two rows; NaN or infinity.</exception>
    public static Moments Of(FeatureMatrix rows, int threads = 0)
    {
        rows.Checked("A covariance", 2);
        int width = rows.Width;
        double[] mean = MeanOf(rows);
        var covariance = new double[width * width];
        // centred, transposed: the covariance is a product of rows with rows; in slabs, so that memory stays small
        const int Slab = 4096;
        for (int start = 0; start < rows.Count; start += Slab)
        {
            int count = Math.Min(Slab, rows.Count - start);
            var centred = new double[(long)width * count];
            for (int i = 0; i < count; i++)
            {
                var row = rows.Row(start + i);
                for (int j = 0; j < width; j++) centred[(j * count) + i] = row[j] - mean[j];
            }

            double[] part = DenseProduct.Of(centred, width, centred, width, count, threads);
            for (int i = 0; i < part.Length; i++) covariance[i] += part[i];
        }

        for (int i = 0; i < covariance.Length; i++) covariance[i] /= rows.Count - 1;
        return new Moments(mean, covariance, rows.Count);
    }

    /// <summary>Mean of each column.</summary>
    public static double[] MeanOf(FeatureMatrix rows)
    {
        var total = new double[rows.Width];
        var part = new double[rows.Width];
        for (int start = 0; start < rows.Count; start += Chunk)
        {
            Array.Clear(part);
            for (int i = start; i < Math.Min(rows.Count, start + Chunk); i++)
            {
                var row = rows.Row(i);
                for (int j = 0; j < part.Length; j++) part[j] += row[j];
            }

            for (int j = 0; j < part.Length; j++) total[j] += part[j];
        }

        for (int j = 0; j < total.Length; j++) total[j] /= Math.Max(rows.Count, 1);
        return total;
    }

    /// <summary>Variance of each column over N - 1.</summary>
    public static double[] VarianceOf(FeatureMatrix rows)
    {
        rows.Checked("A variance", 2);
        double[] mean = MeanOf(rows), variance = new double[rows.Width];
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows.Row(i);
            for (int j = 0; j < variance.Length; j++) variance[j] += (row[j] - mean[j]) * (row[j] - mean[j]);
        }

        for (int j = 0; j < variance.Length; j++) variance[j] /= rows.Count - 1;
        return variance;
    }

    /// <summary>Mean and standard deviation of each column; a column that never changes has scale 1.</summary>
    public static (double[] Mean, double[] Scale) Standardisation(FeatureMatrix rows)
    {
        double[] scale = VarianceOf(rows);
        for (int i = 0; i < scale.Length; i++) scale[i] = scale[i] > 1e-24 ? Math.Sqrt(scale[i]) : 1;
        return (MeanOf(rows), scale);
    }
}

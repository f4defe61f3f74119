using GenEngine.Metrics;

namespace GenEngine;

/// <summary>Means over a data set; the padding of the last batch counts for nothing.</summary>
public static class Evaluator
{
    /// <summary>Images at a time.</summary>
    public const int StandardBatch = 250;

    /// <summary>Mean of each of the model's row losses over all images, summed in float64.</summary>
    public static double[] MeanLosses(IModel model, DeviceDataset data, int batch = StandardBatch, CancellationToken stop = default) =>
        Mean(model, data, batch, model.RowLosses, stop);

    /// <summary>Mean over all images of what <paramref name="rows"/> gives, one tensor [batch] a quantity.</summary>
    public static double[] Mean(IModel model, DeviceDataset data, int batch, Func<Batch, IReadOnlyList<Tensor>> rows, CancellationToken stop = default)
    {
        double[]? sums = null;
        for (long start = 0; start < data.Count; start += batch)
        {
            stop.ThrowIfCancellationRequested();
            long valid = Math.Min(batch, data.Count - start);
            using var step = new EvaluationStep(model);
            var values = rows(data.EvaluationBatch(start, batch));
            sums ??= new double[values.Count];
            for (int i = 0; i < sums.Length; i++) sums[i] += values[i].ToDoubles().Take((int)valid).Sum();
        }

        return Array.ConvertAll(sums ?? [], sum => sum / data.Count);
    }

    /// <summary>
    /// Mean over all images of log(1/k * sum of exp(w_i)), w one draw of <paramref name="logWeight"/>: the IWAE bound with k
    /// samples, in nats, in log space throughout (Burda et al. 2015, eq. 8).
    /// </summary>
    public static double ImportanceBound(IModel model, DeviceDataset data, int samples, Func<Batch, Tensor> logWeight, int batch = 250, CancellationToken stop = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        double total = 0;
        for (long start = 0; start < data.Count; start += batch)
        {
            int valid = (int)Math.Min(batch, data.Count - start);
            var sum = new ImportanceSum(valid);
            for (int k = 0; k < samples; k++)
            {
                stop.ThrowIfCancellationRequested();
                using var step = new EvaluationStep(model);
                sum.Add(logWeight(data.EvaluationBatch(start, batch)).ToDoubles());
            }

            foreach (double bound in sum.Bounds()) total += bound;
        }

        return total / data.Count;
    }
}

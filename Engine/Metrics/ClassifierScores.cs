using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>Figures from a classifier's probabilities [count, classes].</summary>
public static class ClassifierScores
{
    /// <summary>Each row of logits to probabilities, in float64 inside.</summary>
    public static float[] Softmax(ReadOnlySpan<float> logits, int classes)
    {
        if (classes < 1 || logits.Length % classes != 0) throw new EngineException($"{logits.Length} logits are not rows of {classes} classes.");
        var probabilities = new float[logits.Length];
        var powers = new double[classes];
        for (int start = 0; start < logits.Length; start += classes)
        {
            var row = logits.Slice(start, classes);
            double top = row[0], sum = 0;
            foreach (float value in row) top = Math.Max(top, value);
            for (int c = 0; c < classes; c++) sum += powers[c] = Math.Exp(row[c] - top);
            for (int c = 0; c < classes; c++) probabilities[start + c] = (float)(powers[c] / sum);
        }

        return probabilities;
    }

    /// <summary>The likeliest class of each row, the first of equals.</summary>
    public static int[] Classes(FeatureMatrix probabilities)
    {
        probabilities.Checked("A classifier's score");
        var classes = new int[probabilities.Count];
        for (int i = 0; i < classes.Length; i++)
        {
            var row = probabilities.Row(i);
            for (int c = 1; c < row.Length; c++)
            {
                if (row[c] > row[classes[i]]) classes[i] = c;
            }
        }

        return classes;
    }

    /// <summary>Share of rows whose likeliest class is the label.</summary>
    public static double Top1(FeatureMatrix probabilities, IReadOnlyList<int> labels)
    {
        CheckLabels(probabilities, labels);
        int[] classes = Classes(probabilities);
        return (double)classes.Where((c, i) => c == labels[i]).Count() / classes.Length;
    }

    /// <summary>Share of rows with a class above the threshold.</summary>
    public static double Recognised(FeatureMatrix probabilities, double threshold = 0.9) =>
        Share(probabilities, (row, _) => Greatest(row) > threshold);

    /// <summary>Share of gross errors: another class than the label, or none of at least the threshold.</summary>
    public static double GrossErrors(FeatureMatrix probabilities, IReadOnlyList<int> labels, double threshold = 0.5)
    {
        CheckLabels(probabilities, labels);
        int[] classes = Classes(probabilities);
        return Share(probabilities, (row, i) => classes[i] != labels[i] || Greatest(row) < threshold);
    }

    /// <summary>
    /// exp(mean KL(p(y|x) || p(y))) as Salimans et al. 2016, with this classifier in Inception's place: 1 to the number of classes. Rows
    /// are cut into splits in their order; mean and population deviation over the splits.
    /// </summary>
    public static (double Mean, double Deviation) InceptionStyle(FeatureMatrix probabilities, int splits = 10)
    {
        if (splits < 1) throw new EngineException($"An inception-style score of {splits} splits.");
        probabilities.Checked("An inception-style score", splits);
        var scores = new double[splits];
        for (int s = 0; s < splits; s++)
        {
            int from = (int)((long)s * probabilities.Count / splits), to = (int)((long)(s + 1) * probabilities.Count / splits);
            double[] marginal = Moments.MeanOf(probabilities.Slice(from, to - from));
            double divergence = 0;
            for (int i = from; i < to; i++)
            {
                var row = probabilities.Row(i);
                for (int c = 0; c < row.Length; c++) divergence += row[c] > 0 ? row[c] * Math.Log(row[c] / marginal[c]) : 0;
            }

            scores[s] = Math.Exp(divergence / (to - from));
        }

        double mean = scores.Average();
        return (mean, Math.Sqrt(scores.Average(score => (score - mean) * (score - mean))));
    }

    /// <summary>Entropy in nats of the frequencies of the likeliest classes: log(classes) when all are made equally often.</summary>
    public static double ClassEntropy(FeatureMatrix probabilities)
    {
        var counts = new int[probabilities.Width];
        foreach (int c in Classes(probabilities)) counts[c]++;
        return -counts.Where(count => count > 0).Sum(count => (double)count / probabilities.Count * Math.Log((double)count / probabilities.Count));
    }

    /// <summary>Share of the class that is likeliest least often: 1 / classes when all are made equally often, 0 when one is never made.</summary>
    public static double RarestClass(FeatureMatrix probabilities)
    {
        var counts = new int[probabilities.Width];
        foreach (int c in Classes(probabilities)) counts[c]++;
        return (double)counts.Min() / probabilities.Count;
    }

    /// <summary>
    /// Accuracy of a categorical code when each of its values stands for the class it falls on most often (Chen et al., InfoGAN, 2016,
    /// section 7.2: several values may stand for one class; see <see cref="Clustering.Accuracy"/> for one to one).
    /// </summary>
    public static double CodeAccuracy(IReadOnlyList<int> codes, IReadOnlyList<int> classes)
    {
        if (codes.Count != classes.Count || codes.Count == 0) throw new EngineException($"Code accuracy: {codes.Count} codes for {classes.Count} classes.");
        var best = codes.Zip(classes).GroupBy(pair => pair.First).Sum(group => group.GroupBy(pair => pair.Second).Max(same => same.Count()));
        return (double)best / codes.Count;
    }

    private static double Share(FeatureMatrix rows, RowTest test)
    {
        rows.Checked("A classifier's score");
        int count = 0;
        for (int i = 0; i < rows.Count; i++) count += test(rows.Row(i), i) ? 1 : 0;
        return (double)count / rows.Count;
    }

    private delegate bool RowTest(ReadOnlySpan<float> row, int index);

    private static float Greatest(ReadOnlySpan<float> row)
    {
        float greatest = row[0];
        foreach (float value in row) greatest = Math.Max(greatest, value);
        return greatest;
    }

    private static void CheckLabels(FeatureMatrix probabilities, IReadOnlyList<int> labels)
    {
        if (labels.Count != probabilities.Count) throw new EngineException($"{labels.Count} labels for {probabilities.Count} rows of probabilities.");
        foreach (int label in labels)
        {
            if ((uint)label >= (uint)probabilities.Width) throw new EngineException($"Label {label} is outside the {probabilities.Width} classes.");
        }
    }
}

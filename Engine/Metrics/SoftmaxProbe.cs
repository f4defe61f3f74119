using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>
/// A linear probe: multinomial logistic regression on frozen codes (Alain and Bengio 2016), mean cross-entropy + l2 / 2 |W|^2 over
/// standardised columns, minimised from zero by L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4). No random numbers.
/// </summary>
public sealed class SoftmaxProbe
{
    private const int Memory = 10;
    private readonly double[] _mean, _scale, _weights;
    private readonly int _width, _classes;

    private SoftmaxProbe(double[] mean, double[] scale, double[] weights, int width, int classes) =>
        (_mean, _scale, _weights, _width, _classes) = (mean, scale, weights, width, classes);

    /// <param name="codes">[count, width]; training data.</param>
    /// <param name="labels">[count], 0 .. classes - 1.</param>
    /// <param name="classes">At least 2.</param>
    /// <param name="l2">Of the weights; the biases are free.</param>
    /// <param name="iterations">At most.</param>
    /// <param name="threads">0: all cores. The result does not depend on it.</param>
    public static SoftmaxProbe Fit(FeatureMatrix codes, IReadOnlyList<int> labels, int classes, double l2 = 1e-4, int iterations = 200, int threads = 0)
    {
        codes.Checked("A linear probe", 2);
        CheckLabels(codes, labels, classes);
        if (classes < 2 || l2 < 0 || iterations < 1) throw new EngineException($"A linear probe with {classes} classes, l2 {l2}, {iterations} iterations is none.");
        var (mean, scale) = Moments.Standardisation(codes);
        var x = Standardised(codes, mean, scale);
        int inputs = codes.Width + 1;
        double[] w = new double[classes * inputs], gradient = new double[w.Length];
        double loss = Loss(w, gradient);
        var steps = new List<(double[] S, double[] Y, double Rho)>();
        for (int iteration = 0; iteration < iterations && gradient.Max(Math.Abs) > 1e-6; iteration++)
        {
            double[] direction = Direction(gradient, steps);
            double slope = HostVectors.Dot(direction, gradient), rate = 1;
            if (steps.Count == 0) rate = Math.Min(1, 1 / Math.Sqrt(-slope));
            double[] next = new double[w.Length], nextGradient = new double[w.Length];
            double nextLoss = 0;
            bool less = false;
            for (int trial = 0; trial < 30 && !less; trial++, rate /= 2)
            {
                w.CopyTo(next, 0);
                HostVectors.AddScaled(next, rate, direction);
                nextLoss = Loss(next, nextGradient);
                less = nextLoss <= loss + (1e-4 * rate * slope);
            }

            if (!less) break; // at the precision of float64
            double[] s = new double[w.Length], y = new double[w.Length];
            for (int i = 0; i < s.Length; i++) (s[i], y[i]) = (next[i] - w[i], nextGradient[i] - gradient[i]);
            double curvature = HostVectors.Dot(s, y);
            if (curvature > 0) steps.Add((s, y, 1 / curvature));
            if (steps.Count > Memory) steps.RemoveAt(0);
            (w, gradient, loss) = (next, nextGradient, nextLoss);
        }

        return new SoftmaxProbe(mean, scale, w, codes.Width, classes);

        double Loss(double[] at, double[] into)
        {
            const int Rows = DenseProduct.BlockRows;
            var product = new DenseProduct(at, classes, inputs, threads);
            int blocks = (codes.Count + Rows - 1) / Rows;
            var losses = new double[blocks];
            var gradients = new double[blocks][];
            product.Run(x, codes.Count, threads, (first, count, logits) =>
            {
                var own = new double[at.Length];
                double sum = 0;
                for (int i = 0; i < count; i++)
                {
                    var row = logits.AsSpan(i * product.Stride, classes);
                    int label = labels[first + i];
                    double right = row[label], top = double.NegativeInfinity, total = 0;
                    foreach (double value in row) top = Math.Max(top, value);
                    foreach (ref double value in row) total += value = Math.Exp(value - top);
                    sum += top + Math.Log(total) - right;
                    for (int c = 0; c < classes; c++)
                        HostVectors.AddScaled(own.AsSpan(c * inputs, inputs), (row[c] / total) - (c == label ? 1 : 0), x.AsSpan((first + i) * inputs, inputs));
                }

                (losses[first / Rows], gradients[first / Rows]) = (sum, own);
            });
            Array.Clear(into);
            double mean = losses.Sum() / codes.Count, penalty = 0;
            foreach (double[] part in gradients) HostVectors.AddScaled(into, 1.0 / codes.Count, part);
            for (int i = 0; i < at.Length; i++)
            {
                if (i % inputs == inputs - 1) continue;
                penalty += at[i] * at[i];
                into[i] += l2 * at[i];
            }

            return mean + (0.5 * l2 * penalty);
        }
    }

    /// <summary>The class of each row: the greatest logit, the first of equals.</summary>
    public int[] Predict(FeatureMatrix codes, int threads = 0)
    {
        if (codes.Width != _width) throw new EngineException($"The probe was fitted to codes of {_width}; these have {codes.Width}.");
        double[] logits = DenseProduct.Of(Standardised(codes.Checked("A linear probe"), _mean, _scale), codes.Count, _weights, _classes, _width + 1, threads);
        var classes = new int[codes.Count];
        for (int i = 0; i < classes.Length; i++)
        {
            var row = logits.AsSpan(i * _classes, _classes);
            for (int c = 1; c < row.Length; c++)
            {
                if (row[c] > row[classes[i]]) classes[i] = c;
            }
        }

        return classes;
    }

    /// <summary>Share of rows whose class is right.</summary>
    public double Accuracy(FeatureMatrix codes, IReadOnlyList<int> labels, int threads = 0)
    {
        CheckLabels(codes, labels, _classes);
        int[] said = Predict(codes, threads);
        return (double)said.Where((c, i) => c == labels[i]).Count() / said.Length;
    }

    private static double[] Direction(double[] gradient, List<(double[] S, double[] Y, double Rho)> steps)
    {
        double[] q = Array.ConvertAll(gradient, value => -value);
        var alphas = new double[steps.Count];
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            alphas[i] = steps[i].Rho * HostVectors.Dot(steps[i].S, q);
            HostVectors.AddScaled(q, -alphas[i], steps[i].Y);
        }

        if (steps.Count > 0)
        {
            double gamma = 1 / (steps[^1].Rho * HostVectors.Dot(steps[^1].Y, steps[^1].Y));
            for (int i = 0; i < q.Length; i++) q[i] *= gamma;
        }

        for (int i = 0; i < steps.Count; i++) HostVectors.AddScaled(q, alphas[i] - (steps[i].Rho * HostVectors.Dot(steps[i].Y, q)), steps[i].S);
        return q;
    }

    // rows of (standardised values, 1)
    internal static double[] Standardised(FeatureMatrix rows, double[] mean, double[] scale)
    {
        var x = new double[(long)rows.Count * (rows.Width + 1)];
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows.Row(i);
            var into = x.AsSpan(i * (rows.Width + 1));
            for (int j = 0; j < row.Length; j++) into[j] = (row[j] - mean[j]) / scale[j];
            into[row.Length] = 1;
        }

        return x;
    }

    private static void CheckLabels(FeatureMatrix codes, IReadOnlyList<int> labels, int classes)
    {
        if (labels.Count != codes.Count) throw new EngineException($"{labels.Count} labels for {codes.Count} rows.");
        foreach (int label in labels)
        {
            if ((uint)label >= (uint)classes) throw new EngineException($"Label {label} is outside the {classes} classes.");
        }
    }
}

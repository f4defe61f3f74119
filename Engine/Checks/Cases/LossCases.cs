namespace GenEngine.Checks.Cases;

internal sealed class LossCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (var (rows, columns) in ((int, int)[])[(3, 5), (6, 67), (2, 600)])
            {
                yield return RowLoss(nameof(Ops.BceWithLogits), rows, columns, (x, t) => x.BceWithLogits(t), (x, t) => References.Softplus(x) - (x * t));
                yield return RowLoss(nameof(Ops.SquaredError), rows, columns, (x, t) => x.SquaredError(t), (x, t) => (x - t) * (x - t));
                yield return RowLoss(nameof(Ops.AbsoluteError), rows, columns, (x, t) => x.AbsoluteError(t), (x, t) => Math.Abs(x - t));
                yield return RowLoss(nameof(Ops.BceWithLogitsMean), rows, columns, (x, t) => x.BceWithLogitsMean(t), (x, t) => References.Softplus(x) - (x * t));
                yield return RowLoss(nameof(Ops.SquaredErrorMean), rows, columns, (x, t) => x.SquaredErrorMean(t), (x, t) => (x - t) * (x - t));
                yield return RowLoss(nameof(Ops.AbsoluteErrorMean), rows, columns, (x, t) => x.AbsoluteErrorMean(t), (x, t) => Math.Abs(x - t));
            }

            yield return new OpCase
            {
                Op = nameof(Ops.GaussianKl),
                Variant = "5x2x7",
                Inputs = [new(new Shape(5, 14))],
                Build = x => x[0].GaussianKl(),
                Ulps = 32,
                Reference = x => References.PerRow(5, r => Kl(x[0], r, 7)),
            };
        }
    }

    /// <summary>KL(N(mean, exp(log variance)) || N(0, 1)) of one row, mean | log variance.</summary>
    internal static double Kl(double[] x, int row, int latent)
    {
        double sum = 0;
        for (int i = 0; i < latent; i++)
        {
            double mean = x[(row * 2 * latent) + i], logVariance = x[(row * 2 * latent) + latent + i];
            sum += 0.5 * ((mean * mean) + Math.Exp(logVariance) - 1 - logVariance);
        }

        return sum;
    }

    private static OpCase RowLoss(string op, int rows, int columns, Func<Tensor, Tensor, Tensor> build, Func<double, double, double> f) => new()
    {
        Op = op,
        Variant = $"{rows}x{columns}",
        // targets stay clear of the predictions' kink at equality: predictions lie outside [-0.05, 0.05] around integers
        Inputs = [new(new Shape(rows, columns)), new(new Shape(rows, columns), op.StartsWith(nameof(Ops.AbsoluteError), StringComparison.Ordinal) ? InputKind.Label : InputKind.Probability, Varies: false, Classes: 2)],
        Build = x => build(x[0], AsReal(x[1])),
        Ulps = 16,
        Reference = x =>
        {
            double[] losses = References.PerRow(rows, r => Enumerable.Range(r * columns, columns).Sum(i => f(x[0][i], x[1][i])));
            return op.EndsWith("Mean", StringComparison.Ordinal) ? [losses.Average()] : losses;
        },
    };

    /// <summary>Labels 0 and 1 as real targets: for these the difference never comes near the kink.</summary>
    private static Tensor AsReal(Tensor x)
    {
        if (x.DType != Kernels.DType.Int32) return x;
        return x.OneHot(2).Slice(1, 1).Reshape(x.Shape.ToArray());
    }
}

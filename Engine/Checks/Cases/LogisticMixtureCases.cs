namespace GenEngine.Checks.Cases;

internal sealed class LogisticMixtureCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (int channels in (int[])[1, 3])
            {
                foreach (var (rows, components) in ((int, int)[])[(5, 1), (64, 3), (7, 5), (27, 10), (2, 17), (3, 64)])
                {
                    yield return Case(nameof(Ops.LogisticMixtureNll), new Shape(rows), channels, components);
                    yield return Case(nameof(Ops.LogisticMixtureNllMean), new Shape(rows), channels, components);
                }

                yield return Case(nameof(Ops.LogisticMixtureNll), new Shape(2, 3, 5), channels, 10);
            }
        }
    }

    /// <summary>-log p(x) of one position, as plainly as it can be written; float64 is precise enough for scales of this size.</summary>
    internal static double Nll(double[] parameters, double[] target, int row, int channels, int components)
    {
        int share = channels == 1 ? 2 : 3, at = row * components * (1 + (channels * share));
        double logitSum = 0, sum = 0;
        for (int k = 0; k < components; k++)
        {
            // the place-th run of K values
            double At(int place) => parameters[at + (place * components) + k];
            double X(int channel) => target[(row * channels) + channel];
            double p = Math.Exp(At(0));
            logitSum += p;
            for (int c = 0; c < channels; c++)
            {
                double mean = At(1 + (share * c));
                if (c == 1) mean += Math.Tanh(At(3)) * X(0);
                if (c == 2) mean += (Math.Tanh(At(6)) * X(0)) + (Math.Tanh(At(9)) * X(1));
                p *= Bin(X(c), mean, Math.Exp(-Math.Max(At(2 + (share * c)), -7)));
            }

            sum += p;
        }

        return Math.Log(logitSum) - Math.Log(sum);
    }

    private static double Bin(double x, double mean, double inverse)
    {
        double above = x > 0.999 ? 1 : References.Sigmoid(inverse * (x - mean + (1.0 / 255)));
        return above - (x < -0.999 ? 0 : References.Sigmoid(inverse * (x - mean - (1.0 / 255))));
    }

    private static OpCase Case(string op, Shape positions, int channels, int components)
    {
        int rows = (int)positions.Count;
        int[] extents = positions.ToArray();
        return new OpCase
        {
            Op = op,
            Variant = $"{string.Join("x", extents)} {(channels == 1 ? "grey" : "colour")} K={components}",
            Inputs =
            [
                new(new Shape([.. extents, Kernels.Loss.LogisticMixture.Width(channels, components)])),
                new(new Shape([.. extents, channels]), InputKind.Level, Varies: false),
            ],
            Build = x => op == nameof(Ops.LogisticMixtureNll) ? x[0].LogisticMixtureNll(x[1]) : x[0].LogisticMixtureNllMean(x[1]),
            Ulps = 16,
            Reference = x =>
            {
                double[] losses = References.PerRow(rows, r => Nll(x[0], x[1], r, channels, components));
                return op == nameof(Ops.LogisticMixtureNll) ? losses : [losses.Average()];
            },
        };
    }
}

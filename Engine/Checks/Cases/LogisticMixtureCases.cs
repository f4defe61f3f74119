using GenEngine.Kernels.Common;

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
                foreach (var (rows, components) in ((int, int)[])[(1, 1), (65, 5), (17, 10)]) yield return Samples(rows, channels, components);
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

    private static OpCase Samples(int rows, int channels, int components) => new()
    {
        Op = nameof(Ops.SampleLogisticMixture),
        Variant = $"{rows} {(channels == 1 ? "grey" : "colour")} K={components}",
        Inputs = [new(new Shape(rows, GenEngine.Kernels.Loss.LogisticMixture.Width(channels, components)))],
        Build = x => x[0].SampleLogisticMixture(channels),
        Differentiable = false,
        Reference = x => [.. Enumerable.Range(0, rows).SelectMany(r => Sample(x[0], r, channels, components))],
    };

    /// <summary>One position of the first draw of the first step.</summary>
    private static double[] Sample(double[] parameters, int row, int channels, int components)
    {
        double Uniform(int index) => new PhiloxStream(OpCaseRunner.Seed, 0, 0).Uniform((4L * row) + index);
        int share = channels == 1 ? 2 : 3, at = row * components * (1 + (channels * share)), chosen = 0;
        double[] weights = [.. Enumerable.Range(at, components).Select(i => Math.Exp(parameters[i]))];
        double rest = Uniform(0) * weights.Sum();
        while (rest >= weights[chosen]) rest -= weights[chosen++];
        double At(int place) => parameters[at + (place * components) + chosen];
        var x = new double[channels];
        for (int c = 0; c < channels; c++)
        {
            double mean = At(1 + (share * c)), u = Uniform(c + 1) + Math.Pow(2, -25);
            if (c == 1) mean += Math.Tanh(At(3)) * x[0];
            if (c == 2) mean += (Math.Tanh(At(6)) * x[0]) + (Math.Tanh(At(9)) * x[1]);
            double level = Math.Round(127.5 * (mean + (Math.Exp(At(2 + (share * c))) * Math.Log(u / (1 - u))) + 1));
            x[c] = (2 * Math.Clamp(level, 0, 255) / 255) - 1;
        }

        return x;
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
                new(new Shape([.. extents, GenEngine.Kernels.Loss.LogisticMixture.Width(channels, components)])),
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

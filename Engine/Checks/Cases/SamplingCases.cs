using GenEngine.Kernels.Common;

namespace GenEngine.Checks.Cases;

internal sealed class SamplingCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            yield return Noise(nameof(Ops.RandomUniform), x => x.Context.RandomUniform(new Shape(7, 9), -1, 3), i => (4 * Uniform(i)) - 1);
            yield return Noise(nameof(Ops.RandomNormal), x => x.Context.RandomNormal(new Shape(7, 9), 1, 0.5), i => 1 + (0.5 * Normal(i)));
            yield return new OpCase
            {
                Op = nameof(Ops.RandomBernoulli),
                Variant = "5x11",
                Inputs = [new(new Shape(5, 11), InputKind.Probability)],
                Build = x => x[0].RandomBernoulli(),
                Ulps = 0,
                Differentiable = false,
                Reference = x => [.. x[0].Select((p, i) => Uniform(i) < p ? 1.0 : 0.0)],
            };
            foreach (var (rows, classes) in ((int, int)[])[(1, 1), (5, 3), (65, 10), (3, 64), (2, 1300)])
            {
                yield return new OpCase
                {
                    Op = nameof(Ops.CategoricalSample),
                    Variant = $"{rows}x{classes}",
                    Inputs = [new(new Shape(rows, classes))],
                    Build = x => x[0].CategoricalSample().OneHot(classes),
                    Ulps = 0,
                    Differentiable = false,
                    Reference = x => [.. Enumerable.Range(0, rows).SelectMany(row => Chosen(x[0].AsSpan(row * classes, classes), Uniform(row)))],
                };
            }

            yield return new OpCase
            {
                Op = nameof(Ops.RandomLabels),
                Variant = "9 of 5",
                Inputs = [new(new Shape(1, 1))],
                Build = x => x[0].Context.RandomLabels(9, 5).OneHot(5),
                Ulps = 0,
                Differentiable = false,
                Reference = _ => [.. Enumerable.Range(0, 9).SelectMany(row => Chosen(new double[5], Uniform(row, stream: 1)))], // stream 0 fills the logits
            };
            yield return new OpCase
            {
                Op = nameof(Ops.Dropout),
                Variant = "6x13 rate 0.25",
                Inputs = [new(new Shape(6, 13))],
                Build = x => x[0].Dropout(0.25),
                Ulps = 2, // the scale is rounded, and so is the product
                Reference = x => [.. x[0].Select((v, i) => Uniform(i) < 0.25 ? 0 : v / 0.75)],
            };
            foreach (var (rows, latent) in ((int, int)[])[(4, 2), (5, 20)])
            {
                yield return new OpCase
                {
                    Op = nameof(Ops.Reparameterize),
                    Variant = $"z and kl {rows}x{latent}",
                    Inputs = [new(new Shape(rows, 2 * latent))],
                    Build = x =>
                    {
                        var (z, kl) = x[0].Reparameterize();
                        return Ops.Concat(z, kl.Reshape(rows, 1));
                    },
                    Ulps = 64,
                    Reference = x => [.. Enumerable.Range(0, rows).SelectMany(r => Codes(x[0], r, latent).Append(LossCases.Kl(x[0], r, latent)))],
                };
                yield return new OpCase
                {
                    Op = nameof(Ops.Reparameterize),
                    Variant = $"z alone {rows}x{latent}",
                    Inputs = [new(new Shape(rows, 2 * latent))],
                    Build = x => x[0].Reparameterize().Z,
                    Ulps = 64,
                    Reference = x => [.. Enumerable.Range(0, rows).SelectMany(r => Codes(x[0], r, latent))],
                };
            }
        }
    }

    private static IEnumerable<double> Codes(double[] x, int row, int latent) => Enumerable.Range(0, latent).Select(i =>
        x[(row * 2 * latent) + i] + (Math.Exp(0.5 * x[(row * 2 * latent) + latent + i]) * Normal((row * latent) + i)));

    private static double[] Chosen(ReadOnlySpan<double> logits, double u)
    {
        double sum = 0, soFar = 0;
        foreach (double logit in logits) sum += Math.Exp(logit);
        var row = new double[logits.Length];
        int k = 0;
        while (k < logits.Length - 1 && (soFar += Math.Exp(logits[k])) <= u * sum) k++;
        row[k] = 1;
        return row;
    }

    /// <summary>The first draw of the first step.</summary>
    private static double Uniform(int element, uint stream = 0) => new PhiloxStream(OpCaseRunner.Seed, 0, stream).Uniform(element);

    /// <summary>Box-Muller on the element's pair of words, in float64 and from the standard library.</summary>
    private static double Normal(int element)
    {
        var stream = new PhiloxStream(OpCaseRunner.Seed, 0, 0);
        int first = element & ~1;
        double radius = Math.Sqrt(-2 * Math.Log(stream.Uniform(first) + Math.Pow(2, -24))), angle = 2 * Math.PI * stream.Uniform(first + 1);
        return radius * (element == first ? Math.Cos(angle) : Math.Sin(angle));
    }

    private static OpCase Noise(string op, Func<Tensor, Tensor> build, Func<int, double> reference) => new()
    {
        Op = op,
        Variant = "7x9",
        Inputs = [new(new Shape(1))],
        Build = x => build(x[0]),
        Ulps = 64,
        Differentiable = false,
        Reference = _ => [.. Enumerable.Range(0, 63).Select(reference)],
    };
}

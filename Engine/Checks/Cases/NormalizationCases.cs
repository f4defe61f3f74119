using GenEngine.Kernels.Common;

namespace GenEngine.Checks.Cases;

internal sealed class NormalizationCases : IOpCaseSource
{
    private const double Epsilon = 1e-5;
    private const double Slope = 0.2;

    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (var (rows, channels) in ((int, int)[])[(2, 1), (3, 5), (64, 3), (65, 20), (200, 33), (131, 64)]) yield return Train(new Shape(rows, channels));
            foreach (var activation in Enum.GetValues<Activation>().Where(kind => kind != Activation.None))
            {
                yield return Train(new Shape(70, 19), activation);
                yield return Eval(new Shape(7, 19), activation);
            }

            yield return Train(new Shape(1, 3, 5, 8), Activation.LeakyRelu);
            yield return Eval(new Shape(1, 1));
            yield return Eval(new Shape(2, 3, 3, 24));
            yield return UsedTwice();
            foreach (var (rows, features) in ((int, int)[])[(1, 2), (3, 5), (5, 64), (66, 33), (130, 100)]) yield return Layer(new Shape(rows, features));
            foreach (var shape in (Shape[])[new(1, 1), new(3, 5), new(20, 65), new(4, 3, 3, 5)]) yield return Weight(shape);
        }
    }

    private static OpCase Train(Shape shape, Activation activation = Activation.None) => new()
    {
        Op = nameof(Ops.BatchNorm),
        Variant = $"{shape} {activation}",
        Inputs = [new(shape), Channels(shape), Channels(shape)],
        Build = x => x[0].BatchNorm(x[1], x[2], activation: activation, slope: Slope),
        Ulps = 64,
        Reference = x => Normalize(x[0], x[1], x[2], shape, activation, c => Moments(Column(x[0], c, shape.Columns))),
    };

    private static OpCase Eval(Shape shape, Activation activation = Activation.None) => new()
    {
        Op = nameof(Ops.BatchNormEval),
        Variant = $"{shape} {activation}",
        Inputs = [new(shape), Channels(shape), Channels(shape), Channels(shape) with { Varies = false }, Channels(shape) with { Kind = InputKind.Positive, Varies = false }],
        Build = x => x[0].BatchNormEval(x[1], x[2], x[3], x[4], activation, Slope),
        Ulps = 32,
        Reference = x => Normalize(x[0], x[1], x[2], shape, activation, c => (x[3][c], x[4][c])),
    };

    /// <summary>Gradients that are added and not written: of x, and of gamma and beta from two layers that share them.</summary>
    private static OpCase UsedTwice()
    {
        var shape = new Shape(9, 6);
        return new OpCase
        {
            Op = nameof(Ops.BatchNorm),
            Variant = "two layers that share x, gamma and beta",
            Inputs = [new(shape), Channels(shape), Channels(shape)],
            Build = x => x[0].BatchNorm(x[1], x[2]).Add(x[0].BatchNorm(x[1], x[2], activation: Activation.Tanh)).Add(x[0].LayerNorm(x[1], x[2])),
            Ulps = 64,
            Reference = x =>
            {
                (double, double) Of(int c) => Moments(Column(x[0], c, 6));
                double[] plain = Normalize(x[0], x[1], x[2], shape, Activation.None, Of), tanh = Normalize(x[0], x[1], x[2], shape, Activation.Tanh, Of);
                double[] layer = NormalizeRows(x[0], x[1], x[2], shape);
                return [.. plain.Select((value, i) => value + tanh[i] + layer[i])];
            },
        };
    }

    private static OpCase Layer(Shape shape) => new()
    {
        Op = nameof(Ops.LayerNorm),
        Variant = $"{shape}",
        Inputs = [new(shape), Channels(shape), Channels(shape)],
        Build = x => x[0].LayerNorm(x[1], x[2]),
        Ulps = 64,
        Reference = x => NormalizeRows(x[0], x[1], x[2], shape),
    };

    private static OpCase Weight(Shape shape) => new()
    {
        Op = nameof(Ops.WeightNorm),
        Variant = $"{shape}",
        Inputs = [new(shape), new(new Shape(shape[0]))],
        Build = x => x[0].WeightNorm(x[1]),
        Ulps = 32,
        Reference = x =>
        {
            int columns = (int)(shape.Count / shape[0]);
            return [.. x[0].Select((v, i) => x[1][i / columns] * v / Math.Sqrt(x[0].Skip(i / columns * columns).Take(columns).Sum(value => value * value)))];
        },
    };

    private static CaseInput Channels(Shape shape) => new(new Shape(shape.Columns));

    private static double[] Column(double[] x, int column, int columns) => [.. x.Where((_, i) => i % columns == column)];

    private static (double Mean, double Variance) Moments(double[] values)
    {
        double mean = values.Average();
        return (mean, values.Average(value => (value - mean) * (value - mean)));
    }

    private static double[] Normalize(
        double[] x, double[] gamma, double[] beta, Shape shape, Activation activation, Func<int, (double Mean, double Variance)> statistics)
    {
        var moments = Enumerable.Range(0, shape.Columns).Select(statistics).ToArray();
        return [.. x.Select((value, i) =>
        {
            int c = i % shape.Columns;
            double z = ((value - moments[c].Mean) / Math.Sqrt(moments[c].Variance + Epsilon) * gamma[c]) + beta[c];
            return References.Activate(activation, z, Slope);
        })];
    }

    private static double[] NormalizeRows(double[] x, double[] gamma, double[] beta, Shape shape)
    {
        int columns = shape.Columns;
        var moments = x.Chunk(columns).Select(Moments).ToArray();
        return [.. x.Select((value, i) =>
            ((value - moments[i / columns].Mean) / Math.Sqrt(moments[i / columns].Variance + Epsilon) * gamma[i % columns]) + beta[i % columns])];
    }
}

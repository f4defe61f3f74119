using GenEngine.Kernels.Convolution;

namespace GenEngine.Checks.Cases;

/// <summary>What is done in a convolution's epilogue: 1x1 convolutions are plain products, so references stay short. The plans are ConvCases' matter.</summary>
internal sealed class ConvEpilogueCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (var (n, h, w, c, k) in ((int, int, int, int, int)[])[(1, 1, 1, 3, 5), (2, 5, 6, 3, 1), (3, 5, 5, 8, 65), (1, 8, 8, 4, 64)])
            {
                yield return Residual(new Shape(n, h, w, c), k);
                if (n * h * w > 1) yield return Normalized(new Shape(n, h, w, c), k, transposed: false);
            }

            yield return Normalized(new Shape(2, 7, 5, 3), 9, transposed: true);
            yield return Own(new Shape(2, 3, 4, 5));
            foreach (var x in (Shape[])[new(2, 5, 6, 3), new(3, 5, 5, 8), new(1, 8, 8, 64), new(1, 3, 4, 1)])
            {
                yield return Behind(x, 7);
                yield return PreActivated(x);
                yield return Rectified(x, 6);
            }
        }
    }

    private static OpCase Residual(Shape x, int outputs) => new()
    {
        Op = nameof(Ops.Conv2d),
        Variant = $"{x} -> {outputs}, 1x1, a residual",
        Inputs = [new(x), new(new Shape(outputs, 1, 1, x.Columns)), new(new Shape(outputs)), new(x.WithColumns(outputs))],
        Build = t => t[0].Conv2d(t[1], t[2], ConvSpec.Square(1), residual: t[3]),
        Ulps = 8 + x.Columns,
        Reference = t => [.. Product(t[0], t[1], x.Columns, outputs).Select((value, i) => value + t[2][i % outputs] + t[3][i])],
    };

    /// <summary>x + f(x): the gradient of x has both parts.</summary>
    private static OpCase Own(Shape x) => new()
    {
        Op = nameof(Ops.Conv2d),
        Variant = $"{x}, 1x1, its own input as residual",
        Inputs = [new(x), new(new Shape(x.Columns, 1, 1, x.Columns))],
        Build = t => t[0].Conv2d(t[1], null, ConvSpec.Square(1), residual: t[0]),
        Ulps = 8 + x.Columns,
        Reference = t => [.. Product(t[0], t[1], x.Columns, x.Columns).Select((value, i) => value + t[0][i])],
    };

    /// <summary>Its input gradient goes on through the activation.</summary>
    private static OpCase Behind(Shape x, int outputs) => new()
    {
        Op = nameof(Ops.Conv2d),
        Variant = $"{x} -> {outputs}, 1x1, behind a leaky rectifier",
        Inputs = [new(x), new(new Shape(outputs, 1, 1, x.Columns))],
        Build = t => t[0].LeakyRelu(0.2).Conv2d(t[1], null, ConvSpec.Square(1)),
        Ulps = 8 + x.Columns,
        Reference = t => Product([.. t[0].Select(value => value > 0 ? value : 0.2 * value)], t[1], x.Columns, outputs),
    };

    /// <summary>z = x W + b + residual and max(z, 0) beside it, both read by others.</summary>
    private static OpCase Rectified(Shape x, int outputs) => new()
    {
        Op = nameof(Ops.Conv2dRectified),
        Variant = $"{x} -> {outputs}, 1x1, a residual",
        Inputs = [new(x), new(new Shape(outputs, 1, 1, x.Columns)), new(new Shape(outputs)), new(x.WithColumns(outputs))],
        Build = t =>
        {
            var (result, rectified) = t[0].Conv2dRectified(t[1], t[2], ConvSpec.Square(1), t[3]);
            return result.Add(rectified.Affine(3));
        },
        Ulps = 16 + x.Columns,
        Reference = t => [.. Product(t[0], t[1], x.Columns, outputs).Select((value, i) => value + t[2][i % outputs] + t[3][i]).Select(value => value + (3 * Math.Max(value, 0)))],
    };

    /// <summary>x + f(relu(x)), He et al. 2016: the gradient through the activation is added to the residual's.</summary>
    private static OpCase PreActivated(Shape x) => new()
    {
        Op = nameof(Ops.Conv2d),
        Variant = $"{x}, 1x1, behind a rectifier, what went into that as residual",
        Inputs = [new(x), new(new Shape(x.Columns, 1, 1, x.Columns))],
        Build = t => t[0].Relu().Conv2d(t[1], null, ConvSpec.Square(1), residual: t[0]),
        Ulps = 8 + x.Columns,
        Reference = t => [.. Product([.. t[0].Select(value => Math.Max(value, 0))], t[1], x.Columns, x.Columns).Select((value, i) => value + t[0][i])],
    };

    private static OpCase Normalized(Shape x, int outputs, bool transposed) => new()
    {
        Op = transposed ? nameof(Ops.ConvTranspose2d) : nameof(Ops.Conv2d),
        Variant = $"{x} -> {outputs}, 1x1, statistics for a batch norm",
        Inputs = [new(x), new(transposed ? new Shape(x.Columns, 1, 1, outputs) : new Shape(outputs, 1, 1, x.Columns)), new(new Shape(outputs)), new(new Shape(outputs))],
        Build = t =>
        {
            Tensor partials;
            var y = transposed ? t[0].ConvTranspose2d(t[1], null, ConvSpec.Square(1), 0, 0, out partials) : t[0].Conv2d(t[1], null, ConvSpec.Square(1), out partials);
            return y.BatchNorm(t[2], t[3], partials: partials);
        },
        Ulps = 128 + (4 * x.Columns),
        Reference = t =>
        {
            double[] filter = transposed ? [.. Enumerable.Range(0, t[1].Length).Select(i => t[1][(i % x.Columns * outputs) + (i / x.Columns)])] : t[1];
            double[] y = Product(t[0], filter, x.Columns, outputs), result = new double[y.Length];
            for (int k = 0; k < outputs; k++)
            {
                double[] column = [.. y.Where((_, i) => i % outputs == k)];
                double mean = column.Average(), variance = column.Average(value => (value - mean) * (value - mean));
                for (int r = 0; r < column.Length; r++) result[(r * outputs) + k] = ((column[r] - mean) / Math.Sqrt(variance + 1e-5) * t[2][k]) + t[3][k];
            }

            return result;
        },
    };

    private static double[] Product(double[] x, double[] filter, int inputs, int outputs)
    {
        var y = new double[x.Length / inputs * outputs];
        for (int i = 0; i < y.Length; i++)
            for (int c = 0; c < inputs; c++) y[i] += x[(i / outputs * inputs) + c] * filter[(i % outputs * inputs) + c];
        return y;
    }
}

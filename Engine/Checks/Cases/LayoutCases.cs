namespace GenEngine.Checks.Cases;

internal sealed class LayoutCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            yield return new OpCase
            {
                Op = nameof(Ops.Concat),
                Variant = "5x(3+4+9)",
                Inputs = [new(new Shape(5, 3)), new(new Shape(5, 4)), new(new Shape(5, 9))],
                Build = x => Ops.Concat(x[0], x[1], x[2]),
                Ulps = 0,
                Reference = x => [.. Enumerable.Range(0, 5).SelectMany(r => x[0][(r * 3)..((r * 3) + 3)].Concat(x[1][(r * 4)..((r * 4) + 4)]).Concat(x[2][(r * 9)..((r * 9) + 9)]))],
            };
            // on every device of the op cases a real tensor is what it is already; BF16 is for the tests of compact images
            yield return new OpCase
            {
                Op = nameof(Ops.ToFloat32),
                Variant = "4x5x3x2, twice",
                Inputs = [new(new Shape(4, 5, 3, 2))],
                Build = x => x[0].ToCompact().ToFloat32().Mul(x[0].ToFloat32()),
                Ulps = 1,
                Reference = x => [.. x[0].Select(value => value * value)],
            };
            yield return new OpCase
            {
                Op = nameof(Ops.ToCompact),
                Variant = "3x2x2x4",
                Inputs = [new(new Shape(3, 2, 2, 4))],
                Build = x => x[0].ToCompact().Neg(),
                Ulps = 0,
                Reference = x => [.. x[0].Select(value => -value)],
            };
            yield return new OpCase
            {
                Op = nameof(Ops.Slice),
                Variant = "6x19 columns 3..10",
                Inputs = [new(new Shape(6, 19))],
                Build = x => x[0].Slice(3, 7),
                Ulps = 0,
                Reference = x => [.. Enumerable.Range(0, 6).SelectMany(r => x[0][((r * 19) + 3)..((r * 19) + 10)])],
            };
            yield return new OpCase
            {
                Op = nameof(Ops.Slice),
                Variant = "two overlapping slices of one tensor",
                Inputs = [new(new Shape(4, 9))],
                Build = x => x[0].Slice(0, 5).Mul(x[0].Slice(3, 5)),
                Ulps = 1,
                Reference = x => [.. Enumerable.Range(0, 4).SelectMany(r => Enumerable.Range(0, 5).Select(c => x[0][(r * 9) + c] * x[0][(r * 9) + 3 + c]))],
            };
            yield return new OpCase
            {
                Op = nameof(Ops.Pad),
                Variant = "2x3x4x5",
                Inputs = [new(new Shape(2, 3, 4, 5))],
                Build = x => x[0].Pad(1, 2, 0, 3, 0.5),
                Ulps = 0,
                Reference = x => Padded(x[0], 2, 3, 4, 5, 1, 2, 0, 3, 0.5),
            };
            foreach (var (batch, rows, columns) in ((int, int, int)[])[(1, 7, 11), (3, 40, 35)])
            {
                yield return new OpCase
                {
                    Op = nameof(Ops.Transpose),
                    Variant = $"{batch}x{rows}x{columns}",
                    Inputs = [new(batch == 1 ? new Shape(rows, columns) : new Shape(batch, rows, columns))],
                    Build = x => x[0].Transpose(),
                    Ulps = 0,
                    Reference = x => [.. from b in Enumerable.Range(0, batch) from c in Enumerable.Range(0, columns) from r in Enumerable.Range(0, rows) select x[0][(((b * rows) + r) * columns) + c]],
                };
            }

            yield return new OpCase
            {
                Op = nameof(Ops.Levels),
                Variant = "67 of 4, as rows with a one",
                Inputs = [new(new Shape(67), InputKind.Probability)],
                Build = x => x[0].Levels(3).OneHot(4),
                Ulps = 0,
                Differentiable = false,
                Reference = x => [.. x[0].SelectMany(value => Enumerable.Range(0, 4).Select(level => level == (int)Math.Round(3 * value) ? 1.0 : 0.0))],
            };
            yield return new OpCase
            {
                Op = nameof(Ops.OneHot),
                Variant = "9 of 4",
                Inputs = [new(new Shape(9), InputKind.Label, Classes: 4)],
                Build = x => x[0].OneHot(4),
                Ulps = 0,
                Differentiable = false,
                Reference = x => [.. x[0].SelectMany(label => Enumerable.Range(0, 4).Select(c => c == (int)label ? 1.0 : 0.0))],
            };
        }
    }

    private static double[] Padded(double[] x, int n, int h, int w, int c, int top, int bottom, int left, int right, double value)
    {
        int height = h + top + bottom, width = w + left + right;
        var y = new double[n * height * width * c];
        Array.Fill(y, value);
        for (int b = 0; b < n; b++)
            for (int i = 0; i < h; i++)
                for (int j = 0; j < w; j++)
                    for (int k = 0; k < c; k++)
                        y[(((((b * height) + i + top) * width) + j + left) * c) + k] = x[(((((b * h) + i) * w) + j) * c) + k];
        return y;
    }
}

namespace GenEngine.Checks.Cases;

internal sealed class ShearCases : IOpCaseSource
{
    private static readonly Shape[] Shapes = [new(1, 1, 1, 1), new(2, 3, 3, 1), new(1, 5, 1, 3), new(2, 1, 5, 2), new(2, 4, 7, 5), new(1, 6, 9, 65)];

    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (var shape in Shapes)
            {
                var (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3]);
                var skewed = new Shape(n, h, w + h - 1, c);
                yield return Case(nameof(Ops.Skew), shape, skewed, x => x.Skew(), (i, j) => (i, j - i));
                yield return Case(nameof(Ops.Unskew), skewed, shape, x => x.Unskew(), (i, j) => (i, j + i));
                yield return Case(nameof(Ops.FlipWidth), shape, shape, x => x.FlipWidth(), (i, j) => (i, w - 1 - j));
                yield return Case(nameof(Ops.ShiftDown), shape, shape, x => x.ShiftDown(), (i, j) => (i - 1, j));
            }
        }
    }

    private static OpCase Case(string op, Shape from, Shape to, Func<Tensor, Tensor> build, Func<int, int, (int I, int J)> source) => new()
    {
        Op = op,
        Variant = $"{from}",
        Inputs = [new(from)],
        Build = x => build(x[0]),
        Ulps = 0,
        Reference = x =>
        {
            var y = new double[to.Count];
            for (int at = 0; at < y.Length; at++)
            {
                int c = at % to[3], j = at / to[3] % to[2], i = at / (to[3] * to[2]) % to[1], n = at / (to[3] * to[2] * to[1]);
                var (fromI, fromJ) = source(i, j);
                if (fromI >= 0 && fromJ >= 0 && fromI < from[1] && fromJ < from[2]) y[at] = x[0][((((n * from[1]) + fromI) * from[2]) + fromJ) * from[3] + c];
            }

            return y;
        },
    };
}

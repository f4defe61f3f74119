namespace GenEngine.Checks.Cases;

internal sealed class ResamplingCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (var (n, h, w, c, factor) in ((int, int, int, int, int)[])[(1, 1, 1, 1, 1), (2, 3, 5, 1, 2), (1, 5, 3, 65, 2), (3, 2, 21, 3, 3), (1, 2, 1, 16, 5)])
            {
                yield return new OpCase
                {
                    Op = nameof(Ops.Upsample),
                    Variant = $"{n}x{h}x{w}x{c} by {factor}",
                    Inputs = [new(new Shape(n, h, w, c))],
                    Build = x => x[0].Upsample(factor),
                    Ulps = 0,
                    Reference = x =>
                    [
                        .. from b in Enumerable.Range(0, n)
                           from i in Enumerable.Range(0, h * factor)
                           from j in Enumerable.Range(0, w * factor)
                           from k in Enumerable.Range(0, c)
                           select x[0][(((((b * h) + (i / factor)) * w) + (j / factor)) * c) + k],
                    ],
                };
            }

            foreach (var (n, h, w, c, factor) in ((int, int, int, int, int)[])[(1, 1, 1, 1, 1), (2, 3, 5, 1, 2), (1, 5, 3, 17, 2), (2, 2, 4, 3, 3)])
            {
                yield return new OpCase
                {
                    Op = nameof(Ops.DepthToSpace),
                    Variant = $"{n}x{h}x{w}x{c * factor * factor} by {factor}",
                    Inputs = [new(new Shape(n, h, w, c * factor * factor))],
                    Build = x => x[0].DepthToSpace(factor),
                    Ulps = 0,
                    Reference = x => ToSpace(x[0], n, h, w, c, factor),
                };
                yield return new OpCase
                {
                    Op = nameof(Ops.SpaceToDepth),
                    Variant = $"{n}x{h * factor}x{w * factor}x{c} by {factor}",
                    Inputs = [new(new Shape(n, h * factor, w * factor, c))],
                    Build = x => x[0].SpaceToDepth(factor),
                    Ulps = 0,
                    Reference = x => ToDepth(x[0], n, h, w, c, factor),
                };
            }
        }
    }

    // NHWC to NCHW, PyTorch's definition of pixel_shuffle word for word, and back
    private static double[] ToSpace(double[] x, int n, int h, int w, int c, int r)
    {
        var y = new double[x.Length];
        Each(n, h, w, c, r, (deep, wide) => y[wide] = x[deep]);
        return y;
    }

    private static double[] ToDepth(double[] x, int n, int h, int w, int c, int r)
    {
        var y = new double[x.Length];
        Each(n, h, w, c, r, (deep, wide) => y[deep] = x[wide]);
        return y;
    }

    private static void Each(int n, int h, int w, int c, int r, Action<int, int> move)
    {
        for (int b = 0; b < n; b++)
            for (int k = 0; k < c; k++)
                for (int y = 0; y < h * r; y++)
                    for (int x = 0; x < w * r; x++)
                        move((((((b * h) + (y / r)) * w) + (x / r)) * c * r * r) + (k * r * r) + (y % r * r) + (x % r), (((((b * h * r) + y) * w * r) + x) * c) + k);
    }
}

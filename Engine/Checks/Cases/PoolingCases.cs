using GenEngine.Kernels.Pooling;

namespace GenEngine.Checks.Cases;

internal sealed class PoolingCases : IOpCaseSource
{
    public IEnumerable<OpCase> Cases
    {
        get
        {
            (int N, int H, int W, int C, PoolWindow Window)[] shapes =
            [
                (1, 1, 1, 1, PoolWindow.Square(1)),
                (2, 6, 8, 3, PoolWindow.Square(2)),
                (1, 9, 35, 1, PoolWindow.Square(2)),
                (2, 7, 5, 65, PoolWindow.Square(3, stride: 2, padding: 1)),
                (1, 11, 70, 3, PoolWindow.Square(3, stride: 2, padding: 1)),
                (1, 5, 6, 17, PoolWindow.Square(3, stride: 1, padding: 1)),
                (3, 5, 9, 5, new PoolWindow(2, 4, 3, 1, 1, 2)),
                (1, 4, 90, 1, new PoolWindow(1, 2, 2, 3)),
                (1, 18, 19, 2, PoolWindow.Square(17, stride: 1)),
            ];
            foreach (var (n, h, w, c, window) in shapes)
            {
                yield return Pool(nameof(Ops.MaxPool2d), n, h, w, c, window, x => x.MaxPool2d(window), 0, values => values.Max());
                yield return Pool(nameof(Ops.AvgPool2d), n, h, w, c, window, x => x.AvgPool2d(window), 16, values => values.Sum() / window.Taps);
            }

            foreach (var (n, h, w, c) in ((int, int, int, int)[])[(1, 1, 1, 1), (2, 5, 3, 3), (3, 13, 11, 70), (1, 25, 26, 1), (2, 1, 64, 130)])
            {
                yield return new OpCase
                {
                    Op = nameof(Ops.GlobalAvgPool),
                    Variant = $"{n}x{h}x{w}x{c}",
                    Inputs = [new(new Shape(n, h, w, c))],
                    Build = x => x[0].GlobalAvgPool(),
                    Ulps = 64,
                    Reference = x => [.. from b in Enumerable.Range(0, n) from k in Enumerable.Range(0, c) select Enumerable.Range(0, h * w).Average(p => x[0][(((b * h * w) + p) * c) + k])],
                };
            }
        }
    }

    private static OpCase Pool(
        string op, int n, int h, int w, int c, PoolWindow window, Func<Tensor, Tensor> build, double ulps, Func<IEnumerable<double>, double> f)
    {
        return new OpCase
        {
            Op = op,
            Variant = $"{n}x{h}x{w}x{c} window {window.Height}x{window.Width} stride {window.StrideY}x{window.StrideX} padding {window.PadY}x{window.PadX}",
            Inputs = [new(new Shape(n, h, w, c))],
            Build = x => build(x[0]),
            Ulps = ulps,
            Reference = x => Pooled(x[0]),
        };

        double[] Pooled(double[] x)
        {
            var (height, width) = window.Output(op, h, w);
            return
            [
                .. from b in Enumerable.Range(0, n)
                   from oy in Enumerable.Range(0, height)
                   from ox in Enumerable.Range(0, width)
                   from k in Enumerable.Range(0, c)
                   select f(
                       from y in Enumerable.Range((oy * window.StrideY) - window.PadY, window.Height)
                       from z in Enumerable.Range((ox * window.StrideX) - window.PadX, window.Width)
                       where y >= 0 && y < h && z >= 0 && z < w
                       select x[(((((b * h) + y) * w) + z) * c) + k]),
            ];
        }
    }
}

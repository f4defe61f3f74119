using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Skewed maps, and the scans against the loop over the skewed map that the paper describes.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
[Parallelizable]
public sealed class ScanOpTests(TestDevice target)
{
    [Test]
    public void Skewing_moves_row_r_right_by_r()
    {
        using var context = new Context(target.Open(), DType.Float64, seed: 1);
        using var step = context.BeginStep();
        var x = context.Transient([1, 2, 3, 4, 5, 6, 7, 8, 9], new Shape(1, 3, 3, 1));
        var skewed = x.Skew();
        double[] table = [1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0, 0, 7, 8, 9];
        Assert.That(skewed.ToDoubles(), Is.EqualTo(table));
        Assert.That(skewed.Unskew().ToDoubles(), Is.EqualTo(x.ToDoubles()));
        double[] mirrored = [3, 2, 1, 6, 5, 4, 9, 8, 7], down = [0, 0, 0, 1, 2, 3, 4, 5, 6];
        Assert.That(x.FlipWidth().ToDoubles(), Is.EqualTo(mirrored));
        Assert.That(x.ShiftDown().ToDoubles(), Is.EqualTo(down));
        Assert.That(() => x.Reshape(1, 9, 1, 1).Unskew(), Throws.TypeOf<EngineException>().With.Message.Contains("9 rows"));
    }

    [Test]
    public void Unskewing_is_the_adjoint_of_skewing()
    {
        using var context = new Context(target.Open(), DType.Float64, seed: 2);
        using var step = context.BeginStep();
        double[] x = Draw(2 * 4 * 5 * 3, 1), y = Draw(2 * 4 * 8 * 3, 2);
        var map = context.Transient(x, new Shape(2, 4, 5, 3));
        var other = context.Transient(y, new Shape(2, 4, 8, 3));
        double left = Dot(map.Skew().ToDoubles(), y), right = Dot(x, other.Unskew().ToDoubles());
        Assert.That(left, Is.EqualTo(right).Within(1e-12));
        context.Tape.RequireGradient(map);
        context.Tape.BackwardFrom(map.Skew(), other, []);
        Assert.That(Dot(x, context.Tape.GradientOf(map).ToDoubles()), Is.EqualTo(left).Within(1e-12));
    }

    [TestCase(3, 5, 2), TestCase(4, 4, 1), TestCase(6, 2, 3), TestCase(1, 4, 2)]
    public void A_diagonal_scan_is_the_loop_over_the_columns_of_the_skewed_map(int height, int width, int channels)
    {
        using var context = new Context(target.Open(), DType.Float64, seed: 3);
        using var step = context.BeginStep();
        double[] filter = Draw(8 * channels * channels, 5);
        var w = context.Transient(filter, new Shape(4 * channels, 2, 1, channels));
        var gates = context.Transient(Draw(2 * height * width * 4 * channels, 4), new Shape(2, height, width, 4 * channels));
        double[] expected = OfColumns(context, gates.Skew(), filter, channels).Unskew().ToDoubles();
        Assert.That(gates.DiagonalScan(w).ToDoubles(), Is.EqualTo(expected).Within(1e-13));

        double[] mirrored = OfColumns(context, gates.FlipWidth().Skew(), filter, channels).Unskew().FlipWidth().ToDoubles();
        Assert.That(gates.DiagonalScan(w, reversed: true).ToDoubles(), Is.EqualTo(mirrored).Within(1e-13));
    }

    [Test]
    public void Shapes_that_do_not_fit_are_refused_with_their_extents()
    {
        using var context = new Context(target.Open(), seed: 4);
        using var step = context.BeginStep();
        Tensor Of(params int[] extents) => context.Transient(new double[new Shape(extents).Count], new Shape(extents));
        Assert.That(() => Of(1, 2, 2, 6).RowScan(Of(6, 1, 3, 1)), Throws.TypeOf<EngineException>().With.Message.Contains("6 channels"));
        Assert.That(() => Of(1, 2, 2, 4).RowScan(Of(4, 1, 2, 1)), Throws.TypeOf<EngineException>().With.Message.Contains("odd"));
        Assert.That(() => Of(1, 2, 2, 4).DiagonalScan(Of(4, 1, 2, 1)), Throws.TypeOf<EngineException>().With.Message.Contains("[4, 2, 1, 1]"));
        Assert.That(() => Of(2, 2, 4).RowScan(Of(4, 1, 1, 1)), Throws.TypeOf<EngineException>().With.Message.Contains("N,H,W,C"));
    }

    /// <summary>h of every cell of a skewed map, those outside the image too, whose gates are zero: column after column, a 2x1 convolution over rows r - 1 and r.</summary>
    private static Tensor OfColumns(Context context, Tensor skewed, double[] filter, int channels)
    {
        var (images, height, width) = (skewed.Shape[0], skewed.Shape[1], skewed.Shape[2]);
        double[] gates = skewed.ToDoubles(), h = new double[images * height * width * channels], c = new double[h.Length];
        for (int n = 0; n < images; n++)
        {
            for (int column = 0; column < width; column++)
            {
                for (int row = 0; row < height; row++)
                {
                    int cell = (((n * height) + row) * width) + column, above = cell - width - 1, beside = cell - 1;
                    var sums = new double[4 * channels];
                    for (int r = 0; r < sums.Length; r++)
                    {
                        sums[r] = gates[(cell * sums.Length) + r];
                        for (int k = 0; column > 0 && k < channels; k++)
                        {
                            if (row > 0) sums[r] += filter[(r * 2 * channels) + k] * h[(above * channels) + k];
                            sums[r] += filter[(((r * 2) + 1) * channels) + k] * h[(beside * channels) + k];
                        }
                    }

                    for (int k = 0; k < channels; k++)
                    {
                        double o = Sigmoid(sums[k]), f = Sigmoid(sums[channels + k]), i = Sigmoid(sums[(2 * channels) + k]), g = Math.Tanh(sums[(3 * channels) + k]);
                        c[(cell * channels) + k] = (column > 0 ? f * c[(beside * channels) + k] : 0) + (i * g);
                        h[(cell * channels) + k] = o * Math.Tanh(c[(cell * channels) + k]);
                    }
                }
            }
        }

        return context.Transient(h, new Shape(images, height, width, channels));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Draw(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextDouble()) - 1)];
    }
}

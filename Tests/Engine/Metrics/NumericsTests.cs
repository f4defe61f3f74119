using System.Diagnostics;
using GenEngine.Kernels;
using GenEngine.Metrics;
using NUnit.Framework;

namespace GenEngine.Tests.Metrics;

/// <summary>The linear algebra under the metrics, against closed forms, residuals and naive loops.</summary>
[Parallelizable]
public sealed class NumericsTests
{
    internal static FeatureMatrix Gaussian(int count, int width, int seed, Func<int, double, double>? change = null)
    {
        var random = new Random(seed);
        var values = new float[count * width];
        for (int i = 0; i < values.Length; i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            values[i] = (float)(change?.Invoke(i % width, normal) ?? normal);
        }

        return new FeatureMatrix(values, count, width);
    }

    [TestCase(1), TestCase(2), TestCase(3), TestCase(5), TestCase(64), TestCase(65), TestCase(257)]
    public void Eigenvectors_leave_no_residual_and_are_orthonormal(int n)
    {
        double[] a = Symmetric(n, n);
        var eigen = SymmetricEigen.Of(a, n, 2);
        CheckEigen(a, n, eigen);
        Assert.That(SymmetricEigen.Of(a, n, 1).Vectors, Is.EqualTo(eigen.Vectors), "one thread");
    }

    [Test]
    public void Eigenvalues_of_special_matrices_are_right()
    {
        // second differences: 2 - 2 cos(k pi / (n + 1))
        const int N = 50;
        var chain = new double[N * N];
        for (int i = 0; i < N; i++)
        {
            chain[(i * N) + i] = 2;
            if (i > 0) chain[(i * N) + i - 1] = chain[((i - 1) * N) + i] = -1;
        }

        double[] expected = [.. Enumerable.Range(1, N).Select(k => 2 - (2 * Math.Cos(k * Math.PI / (N + 1)))).OrderDescending()];
        Assert.That(SymmetricEigen.Of(chain, N).Values, Is.EqualTo(expected).Within(1e-13));
        CheckEigen(new double[25], 5, SymmetricEigen.Of(new double[25], 5));
        double[] ones = new double[N * N];
        Array.Fill(ones, 1.0);
        var eigen = SymmetricEigen.Of(ones, N);
        CheckEigen(ones, N, eigen);
        Assert.That(eigen.Values[0], Is.EqualTo(N).Within(1e-12));
        Assert.That(eigen.Values[1..], Is.All.EqualTo(0).Within(1e-12), "rank one");
        Assert.That(() => SymmetricEigen.Of([1, double.NaN, double.NaN, 1], 2), Throws.InstanceOf<EngineException>());
        Assert.That(() => SymmetricEigen.Of([1, 2, 3], 2), Throws.InstanceOf<EngineException>());
    }

    [Test]
    public void A_covariance_of_784_pixels_of_low_rank_is_decomposed_in_seconds()
    {
        var rows = Gaussian(500, 784, 3, (column, value) => column < 300 ? value : 0);
        double[] covariance = Moments.Of(rows).Covariance;
        var watch = Stopwatch.StartNew();
        var eigen = SymmetricEigen.Of(covariance, 784);
        TestContext.Out.WriteLine($"784x784: {watch.Elapsed.TotalSeconds:F2} s");
        CheckEigen(covariance, 784, eigen);
    }

    [TestCase(2, 1), TestCase(5, 3), TestCase(65, 17), TestCase(5000, 33)]
    public void Moments_equal_naive_sums_with_any_threads(int count, int width)
    {
        var rows = Gaussian(count, width, 5, (column, value) => value + (100 * column));
        var moments = Moments.Of(rows, 2);
        Assert.That(Moments.Of(rows, 1).Covariance, Is.EqualTo(moments.Covariance));
        for (int i = 0; i < width; i += 5)
        {
            for (int j = 0; j < width; j += 3)
            {
                double naive = 0;
                for (int r = 0; r < count; r++) naive += (rows.Row(r)[i] - moments.Mean[i]) * (rows.Row(r)[j] - moments.Mean[j]);
                Assert.That(moments.Covariance[(i * width) + j], Is.EqualTo(naive / (count - 1)).Within(1e-10));
            }
        }

        Assert.That(() => Moments.Of(rows.Slice(0, 1)), Throws.InstanceOf<EngineException>());
        Assert.That(() => Moments.Of(new FeatureMatrix([1, float.NaN], 2, 1)), Throws.InstanceOf<EngineException>().With.Message.Contains("row 1"));
    }

    [Test]
    public void Frechet_distance_of_known_gaussians_is_the_closed_form()
    {
        // commuting covariances: sum (m - n)^2 + (sqrt a - sqrt b)^2, turned by a rotation
        const int N = 3;
        double[] a = [4, 1, 0.25], b = [1, 9, 0], turn = SymmetricEigen.Of(Symmetric(N, 9), N).Vectors;
        double[] Turned(double[] d)
        {
            var result = new double[N * N];
            for (int i = 0; i < N * N; i++)
            {
                for (int k = 0; k < N; k++) result[i] += turn[(k * N) + (i / N)] * d[k] * turn[(k * N) + (i % N)];
            }

            return result;
        }

        Moments first = new([1, 2, 3], Turned(a), 10), second = new([1, 0, 3.5], Turned(b), 10);
        Assert.That(FrechetDistance.Between(first, second), Is.EqualTo(4 + 0.25 + 1 + 4 + 0.25).Within(1e-6));
        Assert.That(FrechetDistance.Between(first, first), Is.EqualTo(0).Within(1e-12));
        // 2x2 that do not commute: tr (AB)^(1/2) = sqrt(tr AB + 2 sqrt(det A det B))
        double trace = FrechetDistance.TraceOfRoot([2, 1, 1, 3], [5, -1, -1, 1], 2);
        Assert.That(trace, Is.EqualTo(Math.Sqrt(10 - 2 + 3 + (2 * Math.Sqrt(5.0 * 4)))).Within(1e-12));
        var rows = Gaussian(4000, 20, 1);
        var shifted = new FeatureMatrix(Array.ConvertAll(rows.Values, value => value + 0.5f), 4000, 20);
        Assert.That(FrechetDistance.Between(rows, shifted), Is.EqualTo(20 * 0.25).Within(1e-3));
        Assert.That(FrechetDistance.Relative(rows, shifted, 1), Is.EqualTo(FrechetDistance.Relative(rows, shifted, 2)));
        Assert.That(FrechetDistance.Floor(rows), Is.InRange(0, 0.02));
        var sorted = new FeatureMatrix([.. rows.Values, .. shifted.Values], 8000, 20);
        Assert.That(FrechetDistance.Floor(sorted), Is.InRange(0, 0.02), "the order of the rows is no difference between them");
        Assert.That(FrechetDistance.Floor(sorted, 1, 1), Is.EqualTo(FrechetDistance.Floor(sorted, 1, 2)).And.Not.EqualTo(FrechetDistance.Floor(sorted, 2)));
        Assert.That(() => FrechetDistance.Between(rows, Gaussian(10, 3, 1)), Throws.InstanceOf<EngineException>());
    }

    [Test]
    public void The_error_of_principal_components_is_the_sum_of_what_they_drop()
    {
        var rows = Gaussian(300, 12, 7, (column, value) => value * (column + 1));
        var components = PrincipalComponents.Of(rows);
        for (int k = 0; k <= 12; k++)
        {
            double dropped = components.Variances.Skip(k).Sum() * 299 / 300;
            Assert.That(components.ReconstructionError(rows, k, 2), Is.EqualTo(dropped).Within(1e-9 * components.Variances.Sum()), $"{k} components");
        }

        Assert.That(() => components.ReconstructionError(rows, 13), Throws.InstanceOf<EngineException>());
    }

    [Test]
    public void Draws_of_a_fit_have_its_mean_and_covariance()
    {
        var rows = Gaussian(2000, 4, 11, (column, value) => column == 3 ? 7 : (value * (column + 1)) + column);
        var fit = GaussianFit.Of(rows);
        var normals = Gaussian(40000, 4, 5);
        var drawn = new FeatureMatrix(new float[160_000], 40000, 4);
        for (int i = 0; i < drawn.Values.Length; i++)
            drawn.Values[i] = (float)(fit.Moments.Mean[i % 4] + Enumerable.Range(0, 4).Sum(k => normals.Row(i / 4)[k] * fit.Root[(k * 4) + (i % 4)]));
        var moments = Moments.Of(drawn);
        Assert.That(moments.Mean, Is.EqualTo(fit.Moments.Mean).Within(0.05));
        Assert.That(moments.Covariance, Is.EqualTo(fit.Moments.Covariance).Within(0.25));
        Assert.That(moments.Covariance[15], Is.EqualTo(0).Within(1e-9), "a dead unit stays dead");
    }

    [Test]
    public void A_probe_separates_what_is_separable_and_its_gradient_vanishes_on_chance()
    {
        int[] labels = [.. Enumerable.Range(0, 900).Select(i => i % 3)];
        var noise = Gaussian(900, 5, 2);
        var codes = new FeatureMatrix([.. noise.Values.Select((value, i) => (0.3f * value) + (i % 5 == labels[i / 5] ? 4 : 0))], 900, 5);
        var probe = SoftmaxProbe.Fit(codes, labels, 3, threads: 2);
        Assert.That(probe.Accuracy(codes, labels), Is.EqualTo(1));
        Assert.That(SoftmaxProbe.Fit(codes, labels, 3, threads: 1).Predict(noise), Is.EqualTo(probe.Predict(noise)), "one thread");
        Assert.That(SoftmaxProbe.Fit(noise, labels, 3).Accuracy(Gaussian(900, 5, 99), labels), Is.EqualTo(1 / 3.0).Within(0.07), "nothing to learn");
        Assert.That(() => SoftmaxProbe.Fit(codes, labels, 2), Throws.InstanceOf<EngineException>().With.Message.Contains("Label 2"));
        Assert.That(() => SoftmaxProbe.Fit(codes, labels[1..], 3), Throws.InstanceOf<EngineException>());
    }

    [Test]
    public void Ridge_finds_a_linear_map_and_r2_says_so()
    {
        var x = Gaussian(500, 6, 4);
        var y = new FeatureMatrix([.. Enumerable.Range(0, 1000).Select(i => i % 2 == 0 ? (3 * x.Row(i / 2)[1]) - x.Row(i / 2)[4] + 5 : Gaussian(1, 1, i).Values[0])], 500, 2);
        var fit = RidgeRegression.Fit(x, y);
        double[] r2 = RidgeRegression.R2(fit.Predict(x), y);
        Assert.That(r2[0], Is.EqualTo(1).Within(1e-6));
        Assert.That(r2[1], Is.InRange(0, 0.1));
        var mean = new FeatureMatrix([.. Enumerable.Range(0, 1000).Select(i => (float)Moments.MeanOf(y)[i % 2])], 500, 2);
        Assert.That(RidgeRegression.R2(mean, y), Is.All.EqualTo(0).Within(1e-6));
    }

    private static double[] Symmetric(int n, int seed)
    {
        var random = new Random(seed);
        var a = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++) a[(i * n) + j] = a[(j * n) + i] = random.NextDouble() - 0.5;
        }

        return a;
    }

    private static void CheckEigen(double[] a, int n, SymmetricEigen eigen)
    {
        double scale = Math.Max(1e-300, Math.Max(Math.Abs(eigen.Values[0]), Math.Abs(eigen.Values[^1]))), worst = 0, skew = 0;
        double[] image = DenseProduct.Of(eigen.Vectors, n, a, n, n), gram = DenseProduct.Of(eigen.Vectors, n, eigen.Vectors, n, n);
        for (int i = 0; i < n * n; i++)
        {
            worst = Math.Max(worst, Math.Abs(image[i] - (eigen.Values[i / n] * eigen.Vectors[i])) / scale);
            skew = Math.Max(skew, Math.Abs(gram[i] - (i / n == i % n ? 1 : 0)));
        }

        Assert.That(eigen.Values, Is.Ordered.Descending);
        Assert.That(worst, Is.LessThan(2e-14 * (n + 10)), "residual");
        Assert.That(skew, Is.LessThan(2e-14 * (n + 10)), "orthonormal");
    }
}

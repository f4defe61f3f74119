using System.Diagnostics;
using GenEngine.Kernels;
using GenEngine.Metrics;
using NUnit.Framework;

namespace GenEngine.Tests.Metrics;

/// <summary>Each figure against its definition written out naively, or a case whose answer is known.</summary>
[Parallelizable]
public sealed class ScoreTests
{
    [TestCase(7, 9, 2, 1), TestCase(65, 130, 5, 5), TestCase(40, 33, 64, 3)]
    public void Neighbours_precision_recall_density_and_coverage_equal_brute_force(int reals, int mades, int width, int k)
    {
        FeatureMatrix real = NumericsTests.Gaussian(reals, width, 1, (_, x) => x + 50), made = NumericsTests.Gaussian(mades, width, 2, (c, x) => (0.8 * x) + 50 + (c == 0 ? 0.7 : 0));
        double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            double sum = 0;
            for (int i = 0; i < a.Length; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
            return Math.Sqrt(sum);
        }

        double[] Naive(FeatureMatrix rows) =>
            [.. Enumerable.Range(0, rows.Count).Select(i => Enumerable.Range(0, rows.Count).Where(j => j != i).Select(j => Distance(rows.Row(i), rows.Row(j))).Order().ElementAt(k - 1))];
        double[] a = Naive(real), b = Naive(made);
        Assert.That(NearestNeighbours.Radii(real, k, 2), Is.EqualTo(a).Within(1e-10));
        double precision = 0, recall = 0, density = 0, coverage = 0;
        for (int j = 0; j < mades; j++)
        {
            int balls = Enumerable.Range(0, reals).Count(i => Distance(real.Row(i), made.Row(j)) < a[i]);
            precision += balls > 0 ? 1 : 0;
            density += balls;
        }

        for (int i = 0; i < reals; i++)
        {
            recall += Enumerable.Range(0, mades).Any(j => Distance(real.Row(i), made.Row(j)) < b[j]) ? 1 : 0;
            coverage += Enumerable.Range(0, mades).Any(j => Distance(real.Row(i), made.Row(j)) < a[i]) ? 1 : 0;
        }

        var expected = new PrecisionRecall(precision / mades, recall / reals, density / (k * mades), coverage / reals);
        Assert.That(PrecisionRecall.Of(real, made, k, 2), Is.EqualTo(expected));
        Assert.That(PrecisionRecall.Of(real, made, k, 1), Is.EqualTo(expected), "one thread");
        Assert.That(() => PrecisionRecall.Of(real.Slice(0, k), made, k), Throws.InstanceOf<EngineException>());
    }

    [Test]
    public void Ten_thousand_rows_have_their_neighbours_in_seconds()
    {
        var rows = NumericsTests.Gaussian(10000, 128, 4);
        var watch = Stopwatch.StartNew();
        NearestNeighbours.Radii(rows, 5);
        TestContext.Out.WriteLine($"10,000 x 10,000 x 128: {watch.Elapsed.TotalSeconds:F2} s");
        Assert.That(NearestNeighbours.Distances(rows.Slice(0, 100), rows), Is.All.EqualTo(0), "each row is there");
    }

    [Test]
    public void A_model_that_repeats_its_training_data_is_found_out()
    {
        FeatureMatrix train = NumericsTests.Gaussian(400, 8, 1), test = NumericsTests.Gaussian(300, 8, 2);
        var honest = NearestNeighbours.Memorisation(NumericsTests.Gaussian(500, 8, 3), train, test);
        Assert.That(honest.Ratio, Is.EqualTo(1).Within(0.05));
        Assert.That(honest.NearerToTraining, Is.EqualTo(0.5).Within(0.08));
        Assert.That(NearestNeighbours.Memorisation(train, train, test).Ratio, Is.LessThan(0.5));
    }

    [Test]
    public void Ms_ssim_is_one_for_equal_images_falls_with_noise_and_equals_a_naive_twin()
    {
        Assert.That((new MsSsim(28, 28, 1).Scales, new MsSsim(32, 32, 3).Scales, new MsSsim(64, 64, 3).Scales), Is.EqualTo((2, 2, 3)));
        Assert.That(new MsSsim(64, 64, 3).Weights.Sum(), Is.EqualTo(1).Within(1e-15));
        foreach (var (height, width, channels) in new[] { (28, 28, 1), (31, 40, 3), (64, 64, 1) })
        {
            var measure = new MsSsim(height, width, channels);
            float[] image = [.. Enumerable.Range(0, height * width * channels).Select(i => (float)(0.5 + (0.5 * Math.Sin(i * 0.37) * Math.Cos(i * 0.011))))];
            float[] noise = NumericsTests.Gaussian(1, image.Length, 3).Values;
            Assert.That(measure.Of(image, image), Is.EqualTo(1).Within(1e-12));
            double last = 1;
            foreach (float level in new[] { 0.02f, 0.1f, 0.3f })
            {
                float[] noisy = [.. image.Zip(noise, (x, n) => x + (level * n))];
                double value = measure.Of(image, noisy);
                Assert.That(value, Is.LessThan(last).And.EqualTo(NaiveMsSsim(image, noisy, height, width, channels, measure)).Within(1e-10));
                Assert.That(measure.Of(noisy, image), Is.EqualTo(value).Within(1e-12));
                last = value;
            }
        }

        Assert.That(() => new MsSsim(6, 28, 1), Throws.InstanceOf<EngineException>());
    }

    [Test]
    public void Diversity_within_a_class_is_seeded_and_sees_a_collapsed_one()
    {
        var images = NumericsTests.Gaussian(60, 784, 6, (_, x) => Math.Clamp((0.2 * x) + 0.5, 0, 1));
        for (int i = 0; i < 60; i += 3) images.Row(0).CopyTo(images.Values.AsSpan(i * 784));
        int[] labels = [.. Enumerable.Range(0, 60).Select(i => i % 3)];
        var measure = new MsSsim(28, 28, 1);
        double[] means = measure.WithinClass(images, labels, 4, 50, 1, 2);
        Assert.That(means[0], Is.EqualTo(1).Within(1e-12), "one image again and again");
        Assert.That(means[1..3], Is.All.LessThan(0.5));
        Assert.That(means[3], Is.NaN, "no image");
        Assert.That(measure.WithinClass(images, labels, 4, 50, 1, 1), Is.EqualTo(means));
        Assert.That(measure.WithinClass(images, labels, 4, 50, 2)[1], Is.Not.EqualTo(means[1]));
    }

    [Test]
    public void Classifier_scores_are_what_they_say()
    {
        var p = new FeatureMatrix([0.95f, 0.05f, 0, 0.45f, 0.3f, 0.25f, 0.1f, 0.8f, 0.1f, 0, 0.08f, 0.92f], 4, 3);
        int[] labels = [0, 0, 0, 2];
        Assert.That(ClassifierScores.Top1(p, labels), Is.EqualTo(0.75));
        Assert.That(ClassifierScores.Recognised(p), Is.EqualTo(0.5));
        Assert.That(ClassifierScores.GrossErrors(p, labels), Is.EqualTo(0.5), "row 1 is unsure, row 2 another class");
        Assert.That(ClassifierScores.ClassEntropy(p), Is.EqualTo(-(0.5 * Math.Log(0.5)) - (0.5 * Math.Log(0.25))).Within(1e-12));
        Assert.That(ClassifierScores.RarestClass(p), Is.EqualTo(0.25).Within(1e-12));
        var sure = new FeatureMatrix([.. Enumerable.Range(0, 1000).Select(i => i / 10 % 10 == i % 10 ? 1f : 0f)], 100, 10);
        var even = new FeatureMatrix([.. Enumerable.Repeat(0.1f, 1000)], 100, 10);
        Assert.That(ClassifierScores.InceptionStyle(sure).Mean, Is.EqualTo(10).Within(1e-6));
        Assert.That(ClassifierScores.InceptionStyle(even).Mean, Is.EqualTo(1).Within(1e-6));
        Assert.That(ClassifierScores.Softmax([1000, 1000, -1000, 0, 0, 0], 3), Is.EqualTo(new[] { 0.5f, 0.5f, 0, 1 / 3f, 1 / 3f, 1 / 3f }));
        Assert.That(ClassifierScores.CodeAccuracy([0, 0, 0, 1, 1, 2], [5, 5, 1, 5, 5, 3]), Is.EqualTo(5 / 6.0));
        Assert.That(() => ClassifierScores.Top1(p, [0, 0, 3, 0]), Throws.InstanceOf<EngineException>().With.Message.Contains("Label 3"));
        Assert.That(() => ClassifierScores.Top1(p, [0]), Throws.InstanceOf<EngineException>());
    }

    [Test]
    public void Sharpness_error_and_code_figures_are_what_they_say()
    {
        var random = NumericsTests.Gaussian(3, 8 * 9 * 2, 1);
        var half = new FeatureMatrix(Array.ConvertAll(random.Values, x => x / 2), 3, 144);
        Assert.That(ImageScores.RelativeSharpness(half, random, 8, 9, 2), Is.EqualTo(0.25).Within(1e-6));
        // one dot: the Laplacian is -4 and four 1s among 9 inner pixels
        var dot = new float[25];
        dot[12] = 1;
        Assert.That(ImageScores.Sharpness(new FeatureMatrix(dot, 1, 25), 5, 5, 1), Is.EqualTo(20 / 9.0).Within(1e-12));
        Assert.That(ImageScores.MeanSquaredError(half, random), Is.EqualTo(half.Values.Average(x => (double)x * x)).Within(1e-12));
        Assert.That(() => ImageScores.RelativeSharpness(dot.Length > 0 ? new FeatureMatrix(dot, 1, 25) : half, new FeatureMatrix(new float[25], 1, 25), 5, 5, 1), Throws.InstanceOf<EngineException>());
        Assert.That(LatentScores.ActiveUnits(NumericsTests.Gaussian(500, 3, 1, (c, x) => c == 1 ? 0.05 * x : x)), Is.EqualTo(new[] { true, false, true }));
        var sum = new ImportanceSum(3);
        double[][] weights = [[-1e5, 2, double.NegativeInfinity], [-1e5 + 1, 3, 0], [-1e5 - 800, 800, -1]];
        foreach (double[] row in weights) sum.Add(row);
        Assert.That(sum.Bounds()[0], Is.EqualTo(-1e5 + Math.Log((1 + Math.E) / 3)).Within(1e-9));
        Assert.That(sum.Bounds()[1], Is.EqualTo(800 - Math.Log(3)).Within(1e-9));
        Assert.That(sum.Bounds()[2], Is.EqualTo(Math.Log((1 + Math.Exp(-1)) / 3)).Within(1e-12));
        Assert.That(() => sum.Add([double.NaN, 0, 0]), Throws.InstanceOf<EngineException>());
        Assert.That(() => new ImportanceSum(1).Bounds(), Throws.InstanceOf<EngineException>());
    }

    [Test]
    public void Assignments_are_the_best_of_all_permutations()
    {
        var random = new Random(3);
        for (int trial = 0; trial < 50; trial++)
        {
            var costs = new double[5, 5];
            for (int i = 0; i < 25; i++) costs[i / 5, i % 5] = random.Next(-20, 20);
            int[] assigned = Clustering.Assign(costs);
            Assert.That(assigned.Order(), Is.EqualTo(Enumerable.Range(0, 5)));
            Assert.That(Enumerable.Range(0, 5).Sum(i => costs[i, assigned[i]]), Is.EqualTo(Best(costs, 0, 0)));
        }

        int[] classes = [0, 0, 1, 1, 2, 2], renamed = [2, 2, 0, 0, 1, 1];
        Assert.That(Clustering.Accuracy(renamed, classes), Is.EqualTo(1));
        Assert.That(Clustering.MutualInformation(renamed, classes), Is.EqualTo(1).Within(1e-12));
        Assert.That(Clustering.MutualInformation([0, 1, 0, 1, 0, 1], classes), Is.EqualTo(0).Within(1e-12));
        Assert.That(() => Clustering.Accuracy([0], classes), Throws.InstanceOf<EngineException>());
        // images 0 to 2 are in cluster 0, which its surest image, the third, names 7; images 3 and 4 are in cluster 1, named 5 by the fourth; nothing is in cluster 2
        var probabilities = new FeatureMatrix([0.6f, 0.3f, 0.1f, 0.7f, 0.2f, 0.1f, 0.8f, 0.1f, 0.1f, 0, 0.9f, 0.1f, 0.3f, 0.6f, 0.1f], 5, 3);
        Assert.That(Clustering.SurestAccuracy(probabilities, [5, 7, 7, 5, 5]), Is.EqualTo(0.8));
        Assert.That(() => Clustering.SurestAccuracy(probabilities, [5]), Throws.InstanceOf<EngineException>());
    }

    private static double Best(double[,] costs, int row, int used) => row == 5
        ? 0
        : Enumerable.Range(0, 5).Where(j => (used >> j & 1) == 0).Min(j => costs[row, j] + Best(costs, row + 1, used | 1 << j));

    // every window by its definition, variances about the window's own mean
    private static double NaiveMsSsim(float[] first, float[] second, int height, int width, int channels, MsSsim like)
    {
        double mean = 0;
        for (int c = 0; c < channels; c++)
        {
            double[,] a = Plane(first, c), b = Plane(second, c);
            double product = 1;
            for (int scale = 0; scale < like.Scales; scale++)
            {
                if (scale > 0) (a, b) = (Half(a), Half(b));
                double full = 0, contrast = 0;
                int windows = 0;
                for (int y = 0; y + 7 <= a.GetLength(0); y++)
                {
                    for (int x = 0; x + 7 <= a.GetLength(1); x++, windows++)
                    {
                        double total = 0, ma = 0, mb = 0, va = 0, vb = 0, cov = 0;
                        double Weight(int i) => Math.Exp(-(Math.Pow((i / 7) - 3, 2) + Math.Pow((i % 7) - 3, 2)) / 4.5);
                        for (int i = 0; i < 49; i++) total += Weight(i);
                        for (int i = 0; i < 49; i++) (ma, mb) = (ma + (Weight(i) / total * a[y + (i / 7), x + (i % 7)]), mb + (Weight(i) / total * b[y + (i / 7), x + (i % 7)]));
                        for (int i = 0; i < 49; i++)
                        {
                            double w = Weight(i) / total, da = a[y + (i / 7), x + (i % 7)] - ma, db = b[y + (i / 7), x + (i % 7)] - mb;
                            (va, vb, cov) = (va + (w * da * da), vb + (w * db * db), cov + (w * da * db));
                        }

                        double cs = ((2 * cov) + 9e-4) / (va + vb + 9e-4);
                        contrast += cs;
                        full += cs * ((2 * ma * mb) + 1e-4) / ((ma * ma) + (mb * mb) + 1e-4);
                    }
                }

                product *= Math.Pow(Math.Max(0, (scale == like.Scales - 1 ? full : contrast) / windows), like.Weights[scale]);
            }

            mean += product / channels;
        }

        return mean;

        double[,] Plane(float[] image, int c)
        {
            var plane = new double[height, width];
            for (int i = 0; i < height * width; i++) plane[i / width, i % width] = image[(i * channels) + c];
            return plane;
        }

        static double[,] Half(double[,] image)
        {
            var half = new double[image.GetLength(0) / 2, image.GetLength(1) / 2];
            for (int y = 0; y < half.GetLength(0); y++)
            {
                for (int x = 0; x < half.GetLength(1); x++) half[y, x] = (image[2 * y, 2 * x] + image[2 * y, (2 * x) + 1] + image[(2 * y) + 1, 2 * x] + image[(2 * y) + 1, (2 * x) + 1]) / 4;
            }

            return half;
        }
    }
}

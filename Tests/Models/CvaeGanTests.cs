using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>What CVAE-GAN has of its own: moving class means, and losses that reach the right networks.</summary>
[Parallelizable]
public sealed class CvaeGanTests
{
    private const int Classes = 4, Rows = 6, Side = 8;

    [Test]
    public void Averages_equal_a_brute_force_count_over_steps()
    {
        const int features = Classes; // as many as classes: a broadcast by the wrong side would show
        using var device = new CpuDevice();
        using var context = new Context(device, DType.Float64, seed: 1);
        var group = new ParameterGroup(context, "test");
        var means = new MovingMeans(group, "means", Classes, features);
        group.Build();
        var random = new Random(5);
        var expected = new double[Classes, features];
        int[] met = new int[Classes];
        for (int t = 0; t < 40; t++)
        {
            int[] labels = [.. Enumerable.Range(0, 5).Select(_ => random.Next(Math.Min(Classes, 1 + (t / 5))))];
            double[] x = [.. Enumerable.Range(0, 5 * features).Select(_ => random.NextDouble() - 0.5)];
            using (context.BeginStep())
                means.Keep(means.With(context.Transient(x, new Shape(5, features)), context.FromLabels(labels, new Shape(5)).OneHot(Classes)));
            for (int k = 0; k < Classes; k++)
            {
                if (!labels.Contains(k)) continue;
                double rate = Math.Max(0.1, 1.0 / ++met[k]);
                for (int f = 0; f < features; f++)
                    expected[k, f] += rate * (Enumerable.Range(0, 5).Where(row => labels[row] == k).Average(row => x[(row * features) + f]) - expected[k, f]);
            }

            var state = group.NamedState().ToDictionary(named => named.Name, named => named.Tensor.ToDoubles());
            Assert.That(state["means.mean"], Is.EqualTo(expected.Cast<double>()).Within(1e-12));
            Assert.That(state["means.met"], Is.EqualTo(met.Select(n => (double)n)));
        }
    }

    [TestCase(0, true, false), TestCase(1, true, true), TestCase(2, false, true), TestCase(3, false, true), Category("gradient")]
    public void A_term_reaches_only_the_networks_that_the_paper_moves_by_it(int term, bool encoder, bool generator)
    {
        using var device = new CpuDevice();
        using var context = new Context(device, DType.Float64, seed: 1);
        double[] lambdas = [0, 0, 0, 0];
        lambdas[term] = 1;
        using var model = new CvaeGan(context, new DataShape(Side, Side, 1, Classes), new ModelOptions { Latent = 3, Width = 6, Stages = [3, 5], Lambdas = lambdas });
        var random = new Random(1);
        double[] pixels = [.. Enumerable.Range(0, Rows * Side * Side).Select(_ => random.NextDouble())];
        var batch = new Batch(context.FromHost(pixels, new Shape(Rows, Side * Side)), context.FromLabels([.. Enumerable.Range(0, Rows).Select(row => row % Classes)], new Shape(Rows)));
        var phase = model.Phases[^1];
        using (context.BeginStep()) phase.Backward(phase.Loss(batch));
        Assert.That((Reached(model.Groups[0]), Reached(model.Groups[1])), Is.EqualTo((encoder, generator)), CvaeGan.Description.LambdaNames[term]);

        static bool Reached(ParameterGroup group) => group.Parameters.Any(parameter => group.Gradient(parameter).ToDoubles().Any(value => value != 0));
    }
}

using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using NUnit.Framework;

namespace GenEngine.Tests.Models.Autoregressive;

/// <summary>What the papers claim of pixel models: who sees whom, and that the probabilities are probabilities.</summary>
[Parallelizable]
public sealed class PixelModelTests
{
    private static IEnumerable<TestCaseData> Causal =>
        from name in new[] { "pixelcnn", "gated-pixelcnn", "row-lstm", "diagonal-bilstm", "pixelgan-ae" }
        from kind in new[] { (1, "bernoulli"), (3, "categorical"), (3, "mixture") }
        where kind.Item2 != "categorical" || !name.EndsWith("lstm", StringComparison.Ordinal)
        select new TestCaseData(name, kind.Item1, kind.Item2).SetArgDisplayNames(name, $"{kind.Item1} channels", kind.Item2);

    [TestCaseSource(nameof(Causal))]
    public void No_value_sees_itself_or_what_comes_later(string name, int channels, string loss)
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
        using var model = PixelProofs.Build(Zoo.Find(name), context, side: 5, channels, loss);
        double[] images = PixelProofs.Images(model, 1), before = PixelProofs.Logits(model, images, 1);
        bool together = model.Law == ColumnLaw.LogisticMixture;
        int groups = together ? 1 : channels, each = before.Length / (25 * groups);
        for (int changed = 0; changed < images.Length; changed++)
        {
            double[] other = (double[])images.Clone();
            other[changed] = 1 - other[changed];
            double[] after = PixelProofs.Logits(model, other, 1);
            int first = together ? changed / channels : changed; // the first draw that may not have noticed is that of the value itself
            Assert.That(after[..((first + 1) * each)], Is.EqualTo(before[..((first + 1) * each)]), $"value {changed} changed what is drawn before it or with it");
        }
    }

    [TestCase("gated-pixelcnn", false), TestCase("pixelcnn", true)]
    public void Every_earlier_pixel_matters_but_for_the_blind_spot_of_the_first_PixelCNN(string name, bool blind)
    {
        // 3x3 kernels throughout: the wedge that stacks of 3x3 masks cannot see begins one row up and two columns to the right
        const int Side = 7;
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), DType.Float64, seed: 3);
        using var group = new ParameterGroup(context, "net");
        var size = new PixelNetworkSize(1, 6, 6, 6, 1, Smooth: true) { FirstKernel = 3 };
        IPixelNetwork network = blind ? new PixelCnnNetwork(group, size) : new GatedPixelCnnNetwork(group, size);
        group.Build();
        double[] Logits(double[] pixels)
        {
            using var step = context.BeginStep();
            using var none = context.NoGradient();
            return network.Forward(context.Transient(pixels, new Shape(1, Side, Side, 1))).ToDoubles();
        }

        double[] image = [.. Enumerable.Range(0, Side * Side).Select(i => 0.3 + (0.01 * i))], before = Logits(image);
        const int Row = 5, Column = 2;
        Assert.Multiple(() =>
        {
            for (int i = 0; i < Side * Side; i++)
            {
                double[] other = (double[])image.Clone();
                other[i] += 0.25;
                bool matters = Logits(other)[(Row * Side) + Column] != before[(Row * Side) + Column];
                int up = Row - (i / Side), right = (i % Side) - Column;
                bool earlier = up > 0 || (up == 0 && right < 0);
                Assert.That(matters, Is.EqualTo(earlier && !(blind && right > up)), $"pixel {up} up and {right} to the right");
            }
        });
    }

    [TestCase("pixelcnn", null), TestCase("row-lstm", null), TestCase("diagonal-bilstm", null), TestCase("gated-pixelcnn", null), TestCase("gated-pixelcnn", "bias"), TestCase("gated-pixelcnn", "map"), TestCase("pixelgan-ae", "bias"), TestCase("pixelgan-ae", "map")]
    public void The_probabilities_of_all_images_of_nine_bits_sum_to_one(string name, string? condition)
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
        using var model = PixelProofs.Build(Zoo.Find(name), context, side: 3, condition: condition);
        const int Count = 512;
        double[] images = [.. Enumerable.Range(0, Count).SelectMany(bits => Enumerable.Range(0, 9).Select(pixel => (double)((bits >> pixel) & 1)))];
        using var step = new EvaluationStep(model);
        double[] nll = model.Nll(context.Transient(images, new Shape(Count, 9)), PixelRuns.Rows(model, Count, PixelProofs.Told(model, Count, apart: false))).ToDoubles();
        Assert.Multiple(() =>
        {
            Assert.That(nll.Sum(value => Math.Exp(-value)), Is.EqualTo(1).Within(1e-5));
            Assert.That(nll.Max() - nll.Min(), Is.GreaterThan(0.1), "not all images are equally likely");
        });
    }

    [TestCase("categorical"), TestCase("mixture")]
    public void The_probabilities_of_all_levels_sum_to_one(string loss)
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
        using var model = PixelProofs.Build(Zoo.Find("gated-pixelcnn"), context, side: 1, loss: loss);
        double[] levels = [.. Enumerable.Range(0, 256).Select(level => level / 255.0)];
        using var step = new EvaluationStep(model);
        double[] nll = model.RowLosses(new Batch(context.Transient(levels, new Shape(256, 1)), null))[0].ToDoubles();
        Assert.That(nll.Sum(value => Math.Exp(-value)), Is.EqualTo(1).Within(1e-5));
    }

    [TestCase("pixelcnn"), TestCase("gated-pixelcnn")]
    public void Colours_apart_do_not_see_each_other_and_are_drawn_as_in_the_full_pass(string name)
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
        using var model = (PixelModel)Zoo.Find(name).Build(context, new DataShape(4, 4, 3, 0), new GenEngine.Runs.ModelOptions { Width = 5, Layers = 1, Colours = "apart" });
        double[] images = PixelProofs.Images(model, 1), before = PixelProofs.Logits(model, images, 1);
        const int At = 5; // a pixel
        for (int colour = 0; colour < 3; colour++)
        {
            double[] other = (double[])images.Clone();
            other[(3 * At) + colour] = 1 - other[(3 * At) + colour];
            double[] after = PixelProofs.Logits(model, other, 1);
            Assert.That(after[..((At + 1) * 768)], Is.EqualTo(before[..((At + 1) * 768)]), "no colour of the pixel, nor what comes before");
            Assert.That(after[((At + 1) * 768)..], Is.Not.EqualTo(before[((At + 1) * 768)..]));
        }

        using var sampler = PixelRuns.Sampler(model, 2, null);
        int[] values = [.. Enumerable.Repeat(-1, 2 * model.Data.Pixels)];
        sampler.Run(values, seed: 9, new SamplingOptions { KeepLogits = true });
        Assert.That(values, Is.All.InRange(0, 255));
        double[] full = PixelProofs.Logits(model, Array.ConvertAll(values, value => (double)((float)value / 255)), 2);
        Assert.That(sampler.Logits(), Is.EqualTo(full.Select(logit => (float)logit)), "bit for bit");
        Assert.That(PixelRuns.Levels(model, 2, null), Is.EqualTo(PixelRuns.Levels(model, 2, null, new PixelDraw { Naive = true })));
    }

    [TestCase("gated-pixelcnn", 3, "mixture"), TestCase("row-lstm", 1, "mixture"), TestCase("pixelcnn", 3, "categorical"), TestCase("pixelgan-ae", 1, "bernoulli")]
    public void A_trace_has_the_law_of_every_value_that_was_drawn(string name, int channels, string loss)
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
        using var model = PixelProofs.Build(Zoo.Find(name), context, side: 4, channels, loss);
        var trace = PixelTraces.Of(model, null, [4]);
        Assert.That(trace.Steps, Has.Count.EqualTo(16 * channels));
        Assert.That(trace.Steps.Select(step => step.Entropy), Is.All.GreaterThan(0));
    }

    [TestCase(1), TestCase(3)]
    public void A_mixture_channel_by_channel_is_the_loss_of_the_pixel(int channels)
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 1), DType.Float64, seed: 3);
        var random = new GenEngine.Numerics.SplitMix64(4);
        double[] parameters = [.. Enumerable.Range(0, 5 * (channels == 1 ? 3 : 10)).Select(_ => (double)(float)random.NextDouble(-2, 1))];
        float[] known = Array.ConvertAll(parameters, value => (float)value);
        foreach (int[] pixel in (int[][])[[0, 0, 0], [255, 255, 255], [17, 230, 128]])
        {
            int[] levels = pixel[..channels];
            double likely = 0;
            for (int c = 0; c < channels; c++)
            {
                float[] law = MixtureLevels.Probabilities(known, channels, levels.AsSpan(0, c));
                Assert.That(law.Sum(p => (double)p), Is.EqualTo(1).Within(1e-5));
                likely -= Math.Log(law[levels[c]]);
            }

            using var step = context.BeginStep();
            var row = context.Transient(parameters, new Shape(1, 1, 1, parameters.Length));
            var target = context.Transient([.. levels.Select(level => (2.0 * level / 255) - 1)], new Shape(1, 1, 1, channels));
            Assert.That(likely, Is.EqualTo(row.LogisticMixtureNll(target).ToDoubles()[0]).Within(1e-4));
        }
    }

    [Test]
    public void Naive_and_incremental_draws_are_the_same_images()
    {
        foreach (var (name, channels, loss) in new[] { ("pixelcnn", 1, "bernoulli"), ("gated-pixelcnn", 3, "categorical"), ("gated-pixelcnn", 3, "mixture"), ("gated-pixelcnn", 1, "mixture"), ("row-lstm", 1, "bernoulli"), ("diagonal-bilstm", 1, "bernoulli") })
        {
            using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
            using var model = PixelProofs.Build(Zoo.Find(name), context, side: 4, channels, loss);
            int[] half = [.. Enumerable.Range(0, 3 * model.Data.Pixels).Select(i => i % model.Data.Pixels < model.Data.Pixels / 2 ? i % model.Levels : -1)];
            foreach (int[]? given in (int[]?[])[null, half])
            {
                foreach (double temperature in (double[])[1, 0.5])
                {
                    var draw = new PixelDraw { Given = given, Temperature = temperature };
                    Assert.That(PixelRuns.Levels(model, 3, null, draw), Is.EqualTo(PixelRuns.Levels(model, 3, null, draw with { Naive = true })), $"{name} {loss} at {temperature}");
                }
            }
        }
    }
}

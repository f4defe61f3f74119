using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using NUnit.Framework;

namespace GenEngine.Tests.Models.Autoregressive;

/// <summary>The incremental sampler equals the full forward pass, bit for bit.</summary>
[Parallelizable]
public sealed class PixelSamplerTests
{
    private static IEnumerable<TestCaseData> Cases =>
        from device in TestDevices.All
        from model in new[] { "pixelcnn", "gated-pixelcnn", "row-lstm", "diagonal-bilstm", "pixelgan-ae" }
        from kind in new[] { (1, "bernoulli", (string?)null), (1, "mixture", null), (1, "categorical", null), (3, "categorical", null), (3, "mixture", null), (3, "bernoulli", null), (1, "bernoulli", "bias"), (3, "categorical", "map"), (1, "bernoulli", "map") }
        where model == "pixelgan-ae" ? kind.Item3 is not null : (kind.Item3 is null || model == "gated-pixelcnn") && (kind.Item1 == 1 || kind.Item2 == "mixture" || model.EndsWith("cnn", StringComparison.Ordinal))
        select new TestCaseData(model, device, kind.Item1, kind.Item2, kind.Item3).SetArgDisplayNames(model, device.Name, $"{kind.Item1} channels", kind.Item2, kind.Item3 ?? "no condition");

    [TestCaseSource(nameof(Cases)), Category("determinism")]
    public void Logits_and_samples_are_those_of_the_full_pass(string name, TestDevice target, int channels, string loss, string? condition)
    {
        var device = target.Open();
        using var context = new Context(device, seed: 5);
        using var model = PixelProofs.Build(Zoo.Find(name), context, side: 6, channels, loss, condition, height: 5);
        const int Batch = 3;
        double[]? told = PixelProofs.Told(model, Batch);
        using var sampler = PixelRuns.Sampler(model, Batch, told);
        int[] values = [.. Enumerable.Repeat(-1, Batch * model.Data.Pixels)];
        sampler.Run(values, seed: 9, new SamplingOptions { KeepLogits = true });
        Assert.That(values, Is.All.InRange(0, model.Levels - 1));
        Assert.That(values.Distinct().Count(), Is.GreaterThan(1), "an untrained model draws different values");

        double[] images = Array.ConvertAll(values, value => (double)((float)value / (model.Levels - 1)));
        float[] full = Array.ConvertAll(PixelProofs.Logits(model, images, Batch, told), logit => (float)logit);
        float[] kept = sampler.Logits();
        if (loss == "mixture" && channels == 3) kept = [.. kept.Chunk(sampler.Program.Logits).Where((_, i) => i % 3 == 0).SelectMany(row => row)];
        Assert.That(kept, Is.EqualTo(full), "what each draw looked at, bit for bit");
    }

    [Test, Category("determinism")]
    public void Logits_are_those_of_the_full_pass_at_any_batch([Values("pixelcnn", "gated-pixelcnn", "row-lstm", "diagonal-bilstm", "pixelgan-ae")] string name, [Values(1, 7, 16)] int batch)
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 5);
        using var model = PixelProofs.Build(Zoo.Find(name), context, side: 6, height: 5);
        using var sampler = PixelRuns.Sampler(model, batch, PixelProofs.Told(model, batch));
        int[] values = [.. Enumerable.Repeat(-1, batch * model.Data.Pixels)];
        sampler.Run(values, seed: 9, new SamplingOptions { KeepLogits = true });
        double[] images = Array.ConvertAll(values, value => (double)value);
        Assert.That(sampler.Logits(), Is.EqualTo(PixelProofs.Logits(model, images, batch).Select(logit => (float)logit)), "bit for bit");
    }

    [TestCase("pixelcnn", 1), TestCase("gated-pixelcnn", 1), TestCase("gated-pixelcnn", 3), TestCase("row-lstm", 1), TestCase("diagonal-bilstm", 1), TestCase("pixelgan-ae", 1), Category("determinism")]
    public void A_sample_depends_on_neither_batch_nor_threads_nor_instruction_set(string name, int channels)
    {
        int[] Draw(CpuDevice device, int batch, int first)
        {
            using var context = new Context(device, seed: 5);
            using var model = PixelProofs.Build(Zoo.Find(name), context, side: 7, channels);
            using var sampler = PixelRuns.Sampler(model, batch, PixelProofs.Told(model, batch, apart: false));
            int[] values = [.. Enumerable.Repeat(-1, batch * model.Data.Pixels)];
            sampler.Run(values, seed: 9, new SamplingOptions { FirstImage = (ulong)first });
            return values;
        }

        int[] whole = Draw(TestDevices.Cpu(CpuIsa.Portable, 2), 16, 0);
        int pixels = whole.Length / 16;
        Assert.Multiple(() =>
        {
            foreach (var device in (CpuDevice[])[TestDevices.Cpu(CpuIsa.Portable, 1), .. CpuIsa.Avx2.IsSupported() ? (ReadOnlySpan<CpuDevice>)[TestDevices.Cpu(CpuIsa.Avx2, 2)] : [], .. CpuIsa.Avx512.IsSupported() ? (ReadOnlySpan<CpuDevice>)[TestDevices.Cpu(CpuIsa.Avx512, 2)] : []])
            {
                Assert.That(Draw(device, 16, 0), Is.EqualTo(whole), "16 at once");
                Assert.That(Draw(device, 7, 0), Is.EqualTo(whole[..(7 * pixels)]), "7 at once");
                Assert.That(Draw(device, 1, 3), Is.EqualTo(whole[(3 * pixels)..(4 * pixels)]), "the fourth alone");
            }
        });
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All)), Category("determinism")]
    public void Learned_positions_are_in_the_incremental_pass_too(TestDevice target)
    {
        const int Batch = 3, Height = 4, Width = 5;
        using var context = new Context(target.Open(), seed: 5);
        using var model = (PixelModel)Zoo.Find("pixelcnn").Build(context, new DataShape(Height, Width, 1, 0), new GenEngine.Runs.ModelOptions { Width = 4, Layers = 1, Positions = true });
        double[] Logits(double[] images)
        {
            using var step = new EvaluationStep(model);
            return model.Logits(context.Transient(images, new Shape(images.Length / (Height * Width), Height, Width, 1)), null).ToDoubles();
        }

        double[] before = Logits(new double[Height * Width]);
        for (int i = 0; i < 2; i++) // they begin as zeros
        {
            using var step = context.BeginStep();
            model.TrainStep(new Batch(context.RandomUniform(new Shape(Batch, Height * Width)), null));
        }

        using var sampler = PixelRuns.Sampler(model, Batch, null);
        int[] values = [.. Enumerable.Repeat(-1, Batch * Height * Width)];
        sampler.Run(values, seed: 9, new SamplingOptions { KeepLogits = true });
        var positions = model.Groups[0].Named().Single(named => named.Name == "positions").Tensor.ToDoubles();
        Assert.That(positions.Count(value => value != 0), Is.GreaterThan(positions.Length / 2), "they have learned, but for units that no image woke");
        Assert.That(sampler.Logits(), Is.EqualTo(Logits(Array.ConvertAll(values, value => (double)value)).Select(logit => (float)logit)), "bit for bit");
        Assert.That(Logits(new double[Height * Width]), Is.Not.EqualTo(before));
    }

    [Test]
    public void Given_values_stay_and_the_rest_is_drawn_around_them()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsa.Portable, 2), seed: 5);
        using var model = PixelProofs.Build(Zoo.Find("gated-pixelcnn"), context, side: 8);
        using var sampler = PixelRuns.Sampler(model, 2, null);
        int[] values = [.. Enumerable.Range(0, 128).Select(i => i % 64 < 32 ? i % 2 : -1)];
        sampler.Run(values, seed: 1);
        Assert.Multiple(() =>
        {
            for (int i = 0; i < 128; i++)
            {
                if (i % 64 < 32) Assert.That(values[i], Is.EqualTo(i % 2));
                else Assert.That(values[i], Is.InRange(0, 1));
            }
        });
    }

    [TestCase("pixelcnn"), TestCase("gated-pixelcnn"), TestCase("row-lstm"), TestCase("diagonal-bilstm"), TestCase("pixelgan-ae")]
    public void An_image_of_one_row_is_an_image_like_any_other(string name)
    {
        using var context = new Context(TestDevices.Cpu(CpuIsa.Portable, 2), seed: 5);
        using var model = PixelProofs.Build(Zoo.Find(name), context, side: 9, height: 1);
        using var sampler = PixelRuns.Sampler(model, 2, PixelProofs.Told(model, 2));
        int[] values = [.. Enumerable.Repeat(-1, 18)];
        sampler.Run(values, seed: 9, new SamplingOptions { KeepLogits = true });
        double[] images = Array.ConvertAll(values, value => (double)value);
        Assert.That(sampler.Logits(), Is.EqualTo(PixelProofs.Logits(model, images, 2).Select(logit => (float)logit)), "bit for bit");
    }

    [Test]
    public void Bad_input_is_refused()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsa.Portable, 2), seed: 5);
        using var model = PixelProofs.Build(Zoo.Find("pixelcnn"), context, side: 4);
        using var sampler = PixelRuns.Sampler(model, 2, null);
        Assert.Multiple(() =>
        {
            Assert.That(() => sampler.Run(new int[31], 1), Throws.TypeOf<EngineException>().With.Message.Contains("32 values, not 31"));
            Assert.That(() => sampler.Run([.. Enumerable.Repeat(2, 32)], 1), Throws.TypeOf<EngineException>().With.Message.Contains("levels 0 to 1"));
            Assert.That(() => sampler.Run(new int[32], 1, new SamplingOptions { Temperature = 0 }), Throws.TypeOf<EngineException>().With.Message.Contains("temperature"));
            Assert.That(() => sampler.Logits(), Throws.TypeOf<EngineException>());
            Assert.That(() => PixelProofs.Build(Zoo.Find("gated-pixelcnn"), context, 4, channels: 3, loss: "categorical", layers: -1), Throws.TypeOf<EngineException>());
            Assert.That(
                () => Zoo.Find("gated-pixelcnn").Build(context, new DataShape(4, 4, 3, 0), new GenEngine.Runs.ModelOptions { Width = 8 }),
                Throws.TypeOf<EngineException>().With.Message.Contains("multiple of 3"));
        });
    }
}

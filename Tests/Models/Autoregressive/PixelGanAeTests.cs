using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models.Autoregressive;

/// <summary>The PixelGAN autoencoder: its codes, its likelihood, its labels. What all pixel models have in common is tested with them.</summary>
[Parallelizable]
public sealed class PixelGanAeTests
{
    private static readonly Lazy<ImageDataset> s_digits = new(() => DataSets.Load("digits", "train", new DataOptions { Limit = 2000 }));

    private static PixelGanAe Build(Context context, DataShape data, string prior = "categorical", int labelled = 0, int latent = 10) =>
        (PixelGanAe)PixelGanAe.Description.Build(context, data, new ModelOptions { Latent = latent, Hidden = [32], Width = 4, Layers = 1, Prior = prior, Labelled = labelled, Condition = "bias", LearningRate = 3e-3 });

    [Test]
    public void A_mixture_over_codes_is_a_likelihood_of_images()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
        using var model = Build(context, new DataShape(3, 3, 1, 0), latent: 4);
        const int Count = 512;
        double[] images = [.. Enumerable.Range(0, Count).SelectMany(bits => Enumerable.Range(0, 9).Select(pixel => (double)((bits >> pixel) & 1)))];
        using var step = new EvaluationStep(model);
        var pixels = context.Transient(images, new Shape(Count, 9));
        double[] nll = model.Mixture(pixels);
        double[] given = model.Nll(pixels, context.Transient(ModelRuns.OneHot([.. Enumerable.Repeat(2, Count)], 4), new Shape(Count, 4))).ToDoubles();
        Assert.Multiple(() =>
        {
            Assert.That(nll.Sum(value => Math.Exp(-value)), Is.EqualTo(1).Within(1e-5));
            Assert.That(Enumerable.Range(0, Count).All(i => nll[i] <= given[i] + Math.Log(4) + 1e-6), "one code of four alone gives at least a quarter of its probability");
        });
    }

    [Test]
    public void A_prior_draws_what_it_says([Values("categorical", "gaussian")] string prior)
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 1), seed: 3);
        using var model = Build(context, new DataShape(4, 4, 1, 0), prior, latent: 5);
        double[] codes = ModelRuns.DrawCodes(model, 400);
        using var step = new EvaluationStep(model);
        double[] read = model.Encode(context.RandomUniform(new Shape(6, 16)), null).ToDoubles();
        Assert.Multiple(() =>
        {
            if (prior == "categorical")
            {
                Assert.That(codes.Chunk(5), Is.All.Matches<double[]>(row => row.Sum() == 1 && row.Max() == 1));
                Assert.That(codes.Chunk(5).GroupBy(row => Array.IndexOf(row, 1.0)).Select(group => group.Count()), Is.All.InRange(50, 110), "all alike");
                Assert.That(read.Chunk(5).Select(row => row.Sum()), Is.All.EqualTo(1).Within(1e-5));
            }
            else
            {
                Assert.That(codes.Average(), Is.EqualTo(0).Within(0.1));
                Assert.That(codes.Average(code => code * code), Is.EqualTo(1).Within(0.15));
                Assert.That(read.Any(code => code < 0), Is.True, "no softmax");
            }
        });
    }

    [Test]
    public void A_few_labels_name_the_categories()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 2), seed: 3);
        using var data = new SemiSupervisedData(context, s_digits.Value, s_digits.Value.Balanced(100, 1));
        using var model = Build(context, data.Shape, labelled: 100);
        Assert.That(model.LossNames, Has.Count.EqualTo(model.Phases.Count));
        using var trainer = new Trainer(model, data, 16);
        trainer.Run(200);
        var some = s_digits.Value.Take(500);
        int right;
        using (new EvaluationStep(model))
        {
            using var test = new DeviceDataset(context, some);
            double[] logits = model.CategoryLogits(test.EvaluationBatch(0, 500).Images).ToDoubles();
            right = Enumerable.Range(0, 500).Count(i => Enumerable.Range(0, 10).MaxBy(c => logits[(i * 10) + c]) == some.Labels![i]);
        }

        Assert.That(right / 500.0, Is.GreaterThan(0.5), "category k is class k, which no unsupervised loss could bring about");
        var error = new ModelEvaluation(model, some, some).Categories().Single(score => score.Name == "semi-supervised error");
        Assert.That(error.Value, Is.EqualTo(1 - (right / 500.0)).Within(1e-12));
        using var untaught = Build(context, data.Shape);
        Assert.That(new ModelEvaluation(untaught, some, some).Categories().Select(score => score.Name), Does.Not.Contain(error.Name), "without labels no category has a name");
    }

    [Test]
    public void A_semi_supervised_batch_has_labels_for_the_few_only()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 1), seed: 3);
        var few = s_digits.Value.Balanced(20, 7);
        Assert.That(few.Labels!.GroupBy(label => label).Select(group => group.Count()), Is.EqualTo(Enumerable.Repeat(2, 10)));
        Assert.That(s_digits.Value.Balanced(20, 7).ContentHash, Is.EqualTo(few.ContentHash), "the seed says which");
        Assert.That(s_digits.Value.Balanced(20, 8).ContentHash, Is.Not.EqualTo(few.ContentHash));
        using var data = new SemiSupervisedData(context, s_digits.Value, few);
        double[] First()
        {
            using var step = context.BeginStep();
            var batch = data.NextBatch(8);
            Assert.That(batch.Labels, Is.Null);
            Assert.That(batch.Labelled!.Labels!.Shape, Is.EqualTo(new Shape(8)));
            var known = Enumerable.Range(0, few.Count).Select(i => Convert.ToHexString(few.Item(i))).ToHashSet();
            foreach (double[] image in batch.Labelled.Images.ToDoubles().Chunk(784))
                Assert.That(known, Does.Contain(Convert.ToHexString(Array.ConvertAll(image, pixel => (byte)Math.Round(255 * pixel)))));
            return [.. batch.Images.ToDoubles(), .. batch.Labelled.Images.ToDoubles()];
        }

        double[] first = First(), second = First();
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(data.Position, Is.EqualTo(16));
        data.Seek(0);
        Assert.That(First(), Is.EqualTo(first), "a resume sees the same again");
    }

    [Test]
    public void What_cannot_be_is_refused()
    {
        using var context = new Context(TestDevices.Cpu(CpuIsas.Best, 1), seed: 3);
        var data = new DataShape(4, 4, 1, 10);
        Assert.Multiple(() =>
        {
            Assert.That(() => Build(context, data, "gaussian", labelled: 100), Throws.TypeOf<EngineException>().With.Message.Contains("--prior gaussian"));
            Assert.That(() => Build(context, data with { Classes = 0 }, labelled: 100), Throws.TypeOf<EngineException>().With.Message.Contains("two classes"));
            Assert.That(() => Build(context, data, labelled: 100, latent: 5), Throws.TypeOf<EngineException>().With.Message.Contains("--latent 10"));
            Assert.That(() => Build(context, data, latent: 1), Throws.TypeOf<EngineException>().With.Message.Contains("two values"));
            Assert.That(() => Build(context, data, "uniform"), Throws.TypeOf<EngineException>().With.Message.Contains("gaussian"));
            Assert.That(() => PixelGanAe.Description.Build(context, data, new ModelOptions { Condition = "none" }), Throws.TypeOf<EngineException>().With.Message.Contains("bias or map"));
            Assert.That(() => s_digits.Value.Balanced(15, 1), Throws.TypeOf<EngineException>().With.Message.Contains("multiple of 10"));
            Assert.That(() => s_digits.Value.Balanced(2010, 1), Throws.TypeOf<EngineException>().With.Message.Contains("of each class are wanted"));
        });
    }
}

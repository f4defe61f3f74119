using GenEngine.Data;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>A swap that draws the truth scores like real images, and one that changes nothing scores what the reference says.</summary>
[Parallelizable]
public sealed class FactorEvaluationTests
{
    private const int Count = 300;
    private static readonly DataOptions s_small = new() { Size = 32, Limit = 1600 };

    [Test]
    public void The_true_drawing_has_no_error_and_the_factors_of_its_source()
    {
        using var device = new CpuDevice();
        ImageDataset train = DataSets.Load("avatars", "train", s_small), test = DataSets.Load("avatars", "test", s_small with { Limit = Count });
        using var regressor = FactorRegressor.Load(
            device, train, FactorEvaluation.Factors(train), test, FactorEvaluation.Factors(test), new JudgeRecipe { Steps = 200, Batch = 64, Width = 8 }, cached: false);
        using var context = new Context(device);
        using Painter truth = new(context, test, paints: true), still = new(context, test, paints: false);
        Assert.That(FactorEvaluation.Applies(truth, test), Is.True);
        var (perfect, unchanged) = (new ModelEvaluation(truth, train, test).Factors(regressor), new ModelEvaluation(still, train, test).Factors(regressor));
        foreach (var score in perfect) TestContext.Out.WriteLine(FormattableString.Invariant($"{score.Name}: {score.Value:F3}, {score.Reference:F3}"));

        Assert.That(perfect.Select(score => score.Name), Is.EqualTo(AvatarFactors.Names.Select(name => $"{name} of swapped images").Append("squared error to the true drawing")));
        Assert.That(perfect[^1].Value, Is.EqualTo(0).Within(1e-6));
        Assert.That(unchanged[^1].Value, Is.EqualTo(unchanged[^1].Reference).Within(1e-6 * unchanged[^1].Value).And.GreaterThan(1));
        Assert.That(perfect[5].Value, Is.GreaterThan(0.7), "light");
        for (int i = 0; i < AvatarFactors.Count; i++)
        {
            Assert.That(unchanged[i].Value, Is.EqualTo(unchanged[i].Reference).Within(1e-4), "the images themselves, swapped by nobody");
            Assert.That(perfect[i].Value, Is.EqualTo(perfect[i].Reference).Within(0.15), "others drawn in the same pose");
        }
    }

    [Test]
    public void Images_without_known_factors_are_not_measured()
    {
        using var device = new CpuDevice();
        using var context = new Context(device);
        var digits = DataSets.Load("digits", "test", new DataOptions { Limit = 50 });
        using var painter = new Painter(context, digits, paints: false);
        Assert.That(FactorEvaluation.Applies(painter, digits), Is.False);
    }

    /// <summary>Knows the test set by heart: a code is an image's own place in it. Paints the person asked for, or what was there.</summary>
    private sealed class Painter(Context context, ImageDataset test, bool paints)
        : GenerativeModel(s_description, context, DataShape.Of(test), new ModelOptions()), IEncoder
    {
        private static readonly ModelDescription s_description = new()
        {
            Name = "painter",
            Summary = "",
            Paper = "",
            NeedsClasses = true,
            Defaults = [new() { Backbone = "none", Latent = 1 }],
            Create = (_, _, _) => throw new NotSupportedException(),
        };

        private int _seen;

        public override IReadOnlyList<Phase> Phases => [];

        public override IReadOnlyList<string> LossNames => [];

        public override string LossUnit => "";

        public override IReadOnlyList<Tensor> TrainStep(Batch batch) => [];

        public Tensor Encode(Tensor images, Tensor? classes)
        {
            int rows = images.Shape[0];
            double[] places = [.. Enumerable.Range(_seen, rows).Select(place => (double)place)];
            _seen += rows;
            return Context.Transient(places, new Shape(rows, 1));
        }

        public override Tensor Decode(Tensor codes, Tensor? classes)
        {
            double[] places = codes.ToDoubles(), rows = classes!.ToDoubles();
            var pixels = new double[places.Length * Data.Pixels];
            for (int i = 0; i < places.Length; i++)
            {
                int place = Math.Min((int)places[i], test.Count - 1), person = Array.IndexOf(rows, 1, i * Data.Classes, Data.Classes) - (i * Data.Classes);
                if (person < 0) continue; // a row that only fills up the batch
                byte[] picture = paints ? AvatarSource.Draw(person, AvatarFactors.From(test.Factors.AsSpan(place * AvatarFactors.Count, AvatarFactors.Count)), Data.Height) : test.Item(place).ToArray();
                for (int pixel = 0; pixel < picture.Length; pixel++) pixels[(i * Data.Pixels) + pixel] = picture[pixel] / 255.0;
            }

            return Context.Transient(pixels, new Shape(places.Length, Data.Pixels));
        }
    }
}

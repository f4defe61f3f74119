using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Layout;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>Warnings of a discriminator that is never wrong and of a generator that has collapsed, and no others.</summary>
[Parallelizable]
public sealed class GanWatchTests
{
    private const int Side = 8, Classes = 2;

    [Test]
    public void A_discriminator_that_is_never_wrong_is_said_once_an_episode()
    {
        using var small = new Small("gan");
        var watch = new GanWatch(small.Model, small.Data) { Every = 1_000_000 };
        int step = 0;
        Assert.That(Look(1.3, GanWatch.Window), Is.Empty);
        Assert.That(Look(0.01, GanWatch.Window / 2), Is.Empty, "the window is not over");
        Assert.That(Look(0.01, GanWatch.Window / 2), Has.Count.EqualTo(1).And.Some.Contains("step 400: the discriminator is never wrong (discriminator 0.010 over 200 steps)").And.Some.Contains("--loss hinge or least-squares"));
        Assert.That(Look(0.02, GanWatch.Window), Is.Empty, "it has been said");
        Assert.That(Look(0.06, GanWatch.Window), Is.Empty, "hardly better: the same episode");
        Assert.That(Look(0.01, GanWatch.Window), Is.Empty);
        Assert.That(Look(0.8, GanWatch.Window), Is.Empty);
        Assert.That(Look(0.01, GanWatch.Window), Has.Count.EqualTo(1), "another episode");

        IReadOnlyList<string> Look(double loss, int steps)
        {
            step += steps;
            return watch.Look(step, [.. Enumerable.Repeat(new[] { loss, 1.0 }, steps)]);
        }
    }

    [TestCase("gan")]
    [TestCase("cgan")]
    [TestCase("infogan")]
    [TestCase("cvae-gan")]
    public void A_generator_that_makes_one_image_has_collapsed(string name)
    {
        using var small = new Small(name);
        var watch = new GanWatch(small.Model, small.Data) { Every = 10 };
        var generator = small.Model.Groups.Single(group => group.Name == "generator");
        Fill.Run(small.Context.Device, DType.Float32, generator.Weights, generator.ArenaCount, 0);
        double[] losses = [.. small.Model.LossNames.Select(_ => 1.0)];
        Assert.That(watch.Look(10, [losses]), Is.Empty, "too early to say");
        Assert.That(watch.Look(20, [losses]), Has.Count.EqualTo(1).And.Some.Contains("step 20: the samples look all alike (variance 0.000 of the data's)"));
        Assert.That(watch.Look(40, [losses]), Is.Empty, "once an episode");
    }

    [Test]
    public void A_healthy_run_is_not_warned_of_and_keeps_its_bits()
    {
        double[] watched = Train(watch: true), alone = Train(watch: false);
        Assert.That(watched, Is.EqualTo(alone));

        static double[] Train(bool watch)
        {
            using var small = new Small("cgan", learningRate: 0.002);
            using var data = new DeviceDataset(small.Context, small.Data);
            GanWatch? watcher = watch ? new GanWatch(small.Model, small.Data) { Every = 200 } : null, often = watch ? new GanWatch(small.Model, small.Data) { Every = 50 } : null;
            using var trainer = new Trainer(small.Model, data, 16);
            var warnings = new List<string>();
            for (int step = 50; step <= 600; step += 50)
            {
                trainer.Run(step, progress =>
                {
                    warnings.AddRange(watcher?.Look(progress.Step, progress.Rows) ?? []);
                    often?.Look(progress.Step, progress.Rows);
                }, TimeSpan.FromHours(1));
                if (often is not null) TestContext.Out.WriteLine($"step {step}: variance {often.Diversity:F3} of the data's");
            }

            Assert.That(warnings, Is.Empty);
            if (watcher is not null) Assert.That(watcher.Diversity, Is.GreaterThan(GanWatch.Collapsed));
            return [.. small.Model.Groups.SelectMany(group => group.Parameters).SelectMany(parameter => parameter.ToDoubles())];
        }
    }

    [Test]
    public void Variance_is_half_the_mean_squared_distance_within_the_classes()
    {
        var random = new Random(1);
        const int Count = 12, Pixels = 5;
        float[] images = [.. Enumerable.Range(0, Count * Pixels).Select(_ => (float)random.NextDouble())];
        Assert.That(GanWatch.Variance(images, null, Pixels), Is.EqualTo(HalfDistance(Enumerable.Range(0, Count))).Within(1e-9));
        int[] labels = [.. Enumerable.Range(0, Count).Select(i => i % 2)];
        double within = (HalfDistance(Enumerable.Range(0, Count).Where(i => i % 2 == 0)) + HalfDistance(Enumerable.Range(0, Count).Where(i => i % 2 == 1))) / 2;
        Assert.That(GanWatch.Variance(images, labels, Pixels), Is.EqualTo(within).Within(1e-9), "classes of the same size weigh the same");

        double HalfDistance(IEnumerable<int> members)
        {
            int[] all = [.. members];
            return (from a in all from b in all where a < b select Enumerable.Range(0, Pixels).Average(p => Math.Pow(images[(a * Pixels) + p] - images[(b * Pixels) + p], 2))).Average() / 2;
        }
    }

    [Test]
    public void Other_models_are_not_watched()
    {
        using var device = new CpuDevice(new CpuOptions(1));
        using var context = new Context(device);
        using var vae = Zoo.Find("vae").Build(context, new DataShape(Side, Side, 1, 0), new ModelOptions());
        Assert.That(GanWatch.Watches(vae), Is.False);
    }

    /// <summary>A narrow model, and images of a bright bar, lying or standing, of any strength.</summary>
    private sealed class Small : IDisposable
    {
        private readonly CpuDevice _device = new(new CpuOptions(1));

        public Small(string name, double? learningRate = null)
        {
            var random = new Random(3);
            const int Count = 400;
            byte[] items = new byte[Count * Side * Side], labels = new byte[Count];
            for (int i = 0; i < Count; i++)
            {
                labels[i] = (byte)(i % Classes);
                int at = random.Next(Side), value = random.Next(100, 256);
                for (int j = 0; j < Side; j++) items[(i * Side * Side) + (labels[i] == 0 ? (at * Side) + j : (j * Side) + at)] = (byte)value;
            }

            Data = new ImageDataset("bars", "train", Side, Side, 1, items, [.. labels.Select(label => (int)label)], ["lying", "standing"]);
            Context = new Context(_device, seed: 1);
            Model = (GenerativeModel)Zoo.Find(name).Build(Context, DataShape.Of(Data), SmallModels.Of(Zoo.Find(name).Defaults[0]) with { LearningRate = learningRate });
        }

        public ImageDataset Data { get; }

        public Context Context { get; }

        public GenerativeModel Model { get; }

        public void Dispose()
        {
            Model.Dispose();
            Context.Dispose();
            _device.Dispose();
        }
    }
}

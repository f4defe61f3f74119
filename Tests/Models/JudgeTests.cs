using System.Diagnostics;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Metrics;
using GenEngine.Models;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>The judge learns, repeats, is cached, and refuses what it cannot judge.</summary>
[NonParallelizable] // the environment is the process's
public sealed class JudgeTests
{
    private static readonly Lazy<ImageDataset> s_train = new(() => DataSets.Load("digits", "train", new DataOptions { Limit = 3000 }));
    private static readonly Lazy<ImageDataset> s_test = new(() => DataSets.Load("digits", "test", new DataOptions { Limit = 500 }));
    private static readonly JudgeRecipe s_short = new() { Steps = 100, Batch = 64 };

    [Test]
    public void A_judge_learns_digits_and_is_the_same_from_the_cache_and_with_other_threads()
    {
        string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        string? before = Environment.GetEnvironmentVariable("GENENGINE_CACHE");
        Environment.SetEnvironmentVariable("GENENGINE_CACHE", folder);
        try
        {
            using CpuDevice two = new(new CpuOptions(Threads: 2)), one = new(new CpuOptions(Threads: 1));
            using Judge first = Judge.Load(two, s_train.Value, s_test.Value, s_short), again = Judge.Load(two, s_train.Value, s_test.Value, s_short);
            using var alone = Judge.Load(one, s_train.Value, s_test.Value, s_short with { Steps = 20 }, cached: false);
            using var together = Judge.Load(two, s_train.Value, s_test.Value, s_short with { Steps = 20 }, cached: false);
            TestContext.Out.WriteLine($"top-1 after 100 steps {first.TestAccuracy:P2}");
            Assert.That(first.TestAccuracy, Is.GreaterThan(0.9));
            Assert.That((first.WasCached, again.WasCached), Is.EqualTo((false, true)));
            Assert.That((again.WeightHash, again.TestAccuracy), Is.EqualTo((first.WeightHash, first.TestAccuracy)));
            Assert.That(together.WeightHash, Is.EqualTo(alone.WeightHash), "two threads");
            Verdict bytes = first.Of(s_test.Value), some = first.Of(FeatureMatrix.Of(s_test.Value.Take(7)));
            Assert.That(some.Logits.Values, Is.EqualTo(bytes.Logits.Values[..70]), "padding counts for nothing");
            Assert.That(bytes.Features.Width, Is.EqualTo(128));
            Assert.That(bytes.Features.Values.Min(), Is.EqualTo(0), "after ReLU");
            Assert.That(Enumerable.Range(0, 500).Select(i => bytes.Probabilities.Row(i).ToArray().Sum()), Is.All.EqualTo(1).Within(1e-5));
            string file = Directory.GetFiles(folder, "*.safetensors", SearchOption.AllDirectories).Single();
            byte[] damaged = File.ReadAllBytes(file);
            damaged[^5] ^= 1;
            File.WriteAllBytes(file, damaged);
            using var healed = Judge.Load(two, s_train.Value, s_test.Value, s_short);
            Assert.That((healed.WasCached, healed.WeightHash), Is.EqualTo((false, first.WeightHash)), "a damaged file is trained anew");
        }
        finally
        {
            Environment.SetEnvironmentVariable("GENENGINE_CACHE", before);
            if (Directory.Exists(folder)) Directory.Delete(folder, true);
        }
    }

    [Test]
    public void A_regressor_recovers_a_factor_of_colour_images_of_32_pixels()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        var (train, trainFactors) = Blobs(1200, 1);
        var (test, testFactors) = Blobs(200, 2);
        using var regressor = FactorRegressor.Load(device, train, trainFactors, test, testFactors, new JudgeRecipe { Steps = 150, Batch = 32, Width = 8 }, cached: false);
        TestContext.Out.WriteLine($"R^2 {string.Join(", ", regressor.TestR2.Select(r => FormattableString.Invariant($"{r:F3}")))}");
        Assert.That(regressor.TestR2, Has.Count.EqualTo(2).And.All.GreaterThan(0.8));
    }

    [Test]
    public void Augmentation_trains_each_seed_on_all_sets_for_the_same_steps()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        var real = s_train.Value.Take(300);
        var made = Augmentation.FromGenerated(FeatureMatrix.Of(real), real.Labels!, real);
        Assert.That(made.Items, Is.EqualTo(real.Items), "bytes survive");
        var seen = new List<ulong>();
        var recipe = new JudgeRecipe { Steps = 30, Batch = 32, Width = 8 };
        var result = Augmentation.Run(device, [real, made], s_test.Value, recipe, [1, 2, 3], (seed, _) => seen.Add(seed));
        Assert.That(seen, Is.EqualTo(new ulong[] { 1, 2, 3 }));
        Assert.That(result.Accuracies, Has.Count.EqualTo(3).And.All.GreaterThan(0.2));
        Assert.That(result.StandardError, Is.GreaterThan(0));
        Assert.That(() => Augmentation.Run(device, [], s_test.Value, recipe, [1]), Throws.InstanceOf<EngineException>());
        Assert.That(() => Augmentation.Run(device, [real], s_test.Value, recipe with { Steps = 0 }, [1]), Throws.InstanceOf<EngineException>().With.Message.Contains("steps"));
    }

    [Test]
    public void Images_that_a_judge_cannot_learn_from_or_see_are_refused()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 1));
        var few = s_train.Value.Take(20);
        var bare = new ImageDataset("bare", "train", 28, 28, 1, few.Items, null, []);
        var single = new ImageDataset("single", "train", 28, 28, 1, few.Items, new int[20], ["only"]);
        Assert.That(() => Judge.Load(device, bare, few, s_short, cached: false), Throws.InstanceOf<EngineException>().With.Message.Contains("bare"));
        Assert.That(() => Judge.Load(device, single, single, s_short, cached: false), Throws.InstanceOf<EngineException>().With.Message.Contains("one class"));
        Assert.That(() => Judge.Load(device, few, few, s_short with { Batch = 0 }, cached: false), Throws.InstanceOf<EngineException>());
        using var judge = Judge.Load(device, few, few, new JudgeRecipe { Steps = 1, Batch = 2, Width = 2 }, cached: false);
        Assert.That(() => judge.Of(new FeatureMatrix(new float[10], 1, 10)), Throws.InstanceOf<EngineException>().With.Message.Contains("784"));
    }

    [TestCase("mnist", 0.985), TestCase("fashion-mnist", 0.88), Explicit("slow: two epochs of real data, if they are there; run with --filter TestCategory=slow"), Category("slow")]
    public void Two_epochs_reach_the_peers_accuracy(string set, double expected)
    {
        ImageDataset train, test;
        try
        {
            (train, test) = (DataSets.Load(set, "train"), DataSets.Load(set, "test"));
        }
        catch (EngineException missing)
        {
            Assert.Ignore(missing.Message);
            return;
        }

        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        var watch = Stopwatch.StartNew();
        using var judge = Judge.Load(device, train, test, cached: false);
        TestContext.Out.WriteLine($"{set}: top-1 {judge.TestAccuracy:P2}, {watch.Elapsed.TotalSeconds:F0} s, weights {judge.WeightHash[..12]}");
        var features = judge.Of(test).Features;
        watch.Restart();
        double floor = FrechetDistance.Floor(features);
        TestContext.Out.WriteLine($"Frechet floor {floor:F4} of the trace, {watch.Elapsed.TotalSeconds:F2} s");
        watch.Restart();
        var prdc = PrecisionRecall.Of(features, features.Slice(0, 5000));
        TestContext.Out.WriteLine($"{prdc}, {watch.Elapsed.TotalSeconds:F2} s");
        Assert.That(judge.TestAccuracy, Is.GreaterThanOrEqualTo(expected));
    }

    // a bright square whose place is the two factors
    private static (ImageDataset Images, FeatureMatrix Factors) Blobs(int count, int seed)
    {
        var random = new Random(seed);
        var items = new byte[count * 32 * 32 * 3];
        var factors = new float[count * 2];
        for (int i = 0; i < count; i++)
        {
            int x = random.Next(24), y = random.Next(24);
            (factors[2 * i], factors[(2 * i) + 1]) = (x, 10 + (y / 10f));
            for (int j = 0; j < 64; j++) items.AsSpan((((i * 1024) + ((y + (j / 8)) * 32) + x + (j % 8)) * 3) + 1, 1).Fill(255);
        }

        return (new ImageDataset("blobs", "train", 32, 32, 3, items, null, []), new FeatureMatrix(factors, count, 2));
    }
}

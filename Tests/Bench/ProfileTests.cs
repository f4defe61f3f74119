using System.Text.Json;
using GenEngine.Bench;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>train --profile: the trace is whole, and training does not notice it.</summary>
public sealed class ProfileTests
{
    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("genengine-profile 图 ").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestCase("--device cpu --threads 2", "cpu")]
    [TestCase("--device cpu --eager", "cpu")]
    [TestCase("--device cpu --unroll 2", "cpu")]
    [TestCase("--device simt", "simt")]
    public void ATraceHoldsStepsInThemOperationsInThemLaunches(string options, string device)
    {
        if (device == "simt") BenchShapeTests.RequireSimt();
        string trace = Path.Combine(_folder, "deep", "trace.json");
        byte[] watched = Train(options, "watched", "--profile", trace), plain = Train(options, "plain");
        Assert.That(watched, Is.EqualTo(plain), "profiled steps give the same bits");

        using var file = JsonDocument.Parse(File.ReadAllText(trace));
        Assert.That(file.RootElement.GetProperty("otherData").GetProperty("device").GetString(), Is.EqualTo(device));
        var events = TraceEvents.Read(trace);
        List<TraceEvent> steps = Of("step"), ops = Of("op"), launches = Of("launch");
        Assert.That(steps.Select(step => step.Name), Is.EqualTo(new[] { "step 4", "step 5", "step 6" }));
        foreach (var kind in (List<TraceEvent>[])[steps, ops, launches])
        {
            Assert.That(kind, Is.Ordered.By(nameof(TraceEvent.Start)));
            for (int i = 1; i < kind.Count; i++) Assert.That(kind[i].Start, Is.GreaterThanOrEqualTo(kind[i - 1].End), $"{kind[i].Name} begins after {kind[i - 1].Name} has ended");
            foreach (var entry in kind) Assert.That(entry.End, Is.GreaterThanOrEqualTo(entry.Start));
        }

        foreach (var op in ops) Assert.That(steps.Count(step => step.Holds(op)), Is.EqualTo(1), op.Name);
        foreach (var launch in launches)
        {
            var holder = ops.Single(op => op.Holds(launch));
            Assert.That(launch.Args.GetProperty("op").GetString(), Is.EqualTo(holder.Name));
            Assert.That(launch.Args.GetProperty("bytes_read").GetInt64() + launch.Args.GetProperty("bytes_written").GetInt64(), Is.GreaterThan(0), launch.Name);
        }

        Assert.That(ops.Sum(op => op.Args.GetProperty("launches").GetInt32()), Is.EqualTo(launches.Count));
        Assert.That(steps.Select(step => step.Args.GetProperty("launches").GetInt32()).Distinct().Count(), Is.EqualTo(1), "every step makes the same launches");
        Assert.That(ops.Select(op => op.Name), Is.SupersetOf(new[] { "batch", "linear", "linear backward", "bce with logits mean", "Adam", "loss history" }));
        var product = launches.First(launch => launch.Name.StartsWith("matmul", StringComparison.Ordinal)).Args;
        Assert.That(product.GetProperty("shape").GetString(), Does.Contain("M=16 N=24 K=784"));
        Assert.That(product.GetProperty("flops").GetDouble(), Is.EqualTo(2.0 * 16 * 24 * 784));
        Assert.That(product.TryGetProperty("grid", out _), Is.EqualTo(device == "simt"));
        Assert.That(launches.Any(launch => launch.Args.TryGetProperty("roof_share", out _)), Is.EqualTo(device == "cpu"), "the emulator has no roof");

        List<TraceEvent> Of(string category) => [.. events.Where(entry => entry.Category == category)];
    }

    [Test]
    public void AShortRunIsProfiledToItsEnd()
    {
        string trace = Path.Combine(_folder, "trace.json");
        Train("--device cpu", "short", "--profile", trace, "--steps", "2");
        Assert.That(TraceEvents.Read(trace).Where(entry => entry.Category == "step").Select(step => step.Name), Is.EqualTo(new[] { "step 1", "step 2" }));
    }

    [Test]
    public void AFileThatCannotBeWrittenIsRefusedBeforeTraining()
    {
        string blocker = Path.Combine(_folder, "file");
        File.WriteAllText(blocker, "");
        var run = ConsoleRun.Of("train", "vae", "--steps", "2", "--out", Path.Combine(_folder, "run"), "--profile", Path.Combine(blocker, "trace.json"));
        Assert.That((run.Code, run.Out), Is.EqualTo((ExitCode.Failed, "")));
        Assert.That(run.Error, Does.Contain(blocker));
    }

    private byte[] Train(string options, string name, params string[] more)
    {
        string folder = Path.Combine(_folder, name);
        string[] steps = more.Contains("--steps") ? [] : ["--steps", "8"];
        var run = ConsoleRun.Of(["train", "vae", "--batch", "16", "--hidden", "24", "--seed", "3", "--out", folder, .. steps, .. options.Split(' '), .. more]);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        if (more.Contains("--profile")) Assert.That(run.Error, Does.Contain("trace.json").And.Contain("perfetto"));
        return File.ReadAllBytes(Path.Combine(folder, "weights.safetensors"));
    }
}

using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Bench.Compare;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>'bench floor': the least time of a step on paper.</summary>
public sealed class BenchFloorTests
{
    [TestCase("step-vae", "tf32"), TestCase("step-dcgan64", "bf16"), TestCase("step-wavenet", "tf32x3"), TestCase("zoo-cvae", "float32")]
    public void ItsSumsAreThoseOfItsLines(string step, string precision)
    {
        string name = step == "zoo-cvae" ? "zoo-cvae-mlp" : step;
        var report = Report($"bench floor {name} --precision {precision} --batch 8 --json");
        var lines = report.GetProperty("lines").EnumerateArray().ToList();
        Assert.That(report.GetProperty("launches").GetInt32(), Is.EqualTo(lines.Sum(line => line.GetProperty("launches").GetInt32())).And.Positive);
        Assert.That(report.GetProperty("serial_microseconds").GetDouble(), Is.EqualTo(lines.Sum(line => line.GetProperty("microseconds").GetDouble())).Within(1e-6));
        Assert.That(lines.Select(line => line.GetProperty("arithmetic_microseconds").GetDouble() <= line.GetProperty("microseconds").GetDouble() + 1e-9), Is.All.True);
        var chain = report.GetProperty("chain").EnumerateArray().ToList();
        Assert.That(chain.Count, Is.InRange(2, report.GetProperty("launches").GetInt32()));
        Assert.That(report.GetProperty("chain_microseconds").GetDouble(), Is.EqualTo(chain.Sum(link => link.GetProperty("microseconds").GetDouble()) + chain.Count).Within(1e-6));
        Assert.That(lines.Sum(line => line.GetProperty("memory_mega_bytes").GetDouble()), Is.LessThan(lines.Sum(line => line.GetProperty("mega_bytes").GetDouble())));
        Assert.That(report.GetProperty("cached_microseconds").GetDouble(), Is.EqualTo(lines.Sum(line => line.GetProperty("cached_microseconds").GetDouble())).Within(1e-6));
        Assert.That(report.GetProperty("cached_chain_microseconds").GetDouble(), Is.Positive.And.AtMost(report.GetProperty("chain_microseconds").GetDouble()));
        Assert.That(chain[^1].GetProperty("kernel").GetString(), Is.EqualTo("adam").Or.EqualTo("random_state_advance"));
    }

    /// <summary>28 bytes a parameter and nothing else, so it can be worked out by hand; the arithmetic of the products likewise.</summary>
    [Test]
    public void ItIsWhatAPencilGives()
    {
        var lines = Report("bench floor step-vae --precision tf32 --json").GetProperty("lines").EnumerateArray().ToList();
        var adam = lines.Single(line => line.GetProperty("kernel").GetString() == "adam");
        const double Parameters = (784 * 400) + 400 + (400 * 40) + 40 + (20 * 400) + 400 + (400 * 784) + 784;
        Assert.That(adam.GetProperty("mega_bytes").GetDouble(), Is.EqualTo(28 * Parameters / 1e6).Within(0.1).Percent, "padding between parameters aside");
        Assert.That(adam.GetProperty("microseconds").GetDouble(), Is.EqualTo(28 * Parameters / 4.3e12 * 1e6).Within(0.1).Percent);
        Assert.That(lines.Sum(line => line.GetProperty("memory_mega_bytes").GetDouble()), Is.Zero, "all of it is in the second-level cache, step after step");
        Assert.That(adam.GetProperty("cached_microseconds").GetDouble(), Is.EqualTo(28 * Parameters / 6e12 * 1e6).Within(0.1).Percent);
        double products = lines.Where(line => line.GetProperty("kernel").GetString() == "matmul_mma").Sum(line => line.GetProperty("gflop").GetDouble());
        Assert.That(products, Is.EqualTo(2e-9 * 128 * ((2 * 784 * 400) + (3 * ((400 * 2 * 20) + (20 * 400) + (400 * 784))))).Within(1e-6));
    }

    /// <summary>
    /// What a step of the dense VAE waits for: six launches forward, a gradient each way back, and Adam. A launch more here is a microsecond or two a step, and memory
    /// that two launches share for no reason is enough for one.
    /// </summary>
    [Test]
    public void ADenseVaeWaitsForThirteenLaunches() => Assert.That(Report("bench floor step-vae --precision tf32 --json").GetProperty("chain").GetArrayLength(), Is.EqualTo(13));

    [Test]
    public void EveryStepHasOne()
    {
        foreach (var entry in StepEntry.All) Assert.That(Report($"bench floor {entry.Name} --batch 2 --precision bf16 --json").GetProperty("launches").GetInt32(), Is.Positive, entry.Name);
    }

    [Test]
    public void ItIsPrinted()
    {
        string text = ConsoleRun.Of("bench floor step-vae --precision tf32 --top 3 --chain".Split(' ')).Out;
        Assert.That(text, Does.Contain("a floor, not a measurement").And.Contain("longest chain").And.Match(@"\d us  adam, Adam"));
    }

    [TestCase("bench floor step-vea", "Did you mean 'step-vae'?"), TestCase("bench floor step-vae --precision float64", "Known: float32, tf32, bf16, tf32x3."), TestCase("bench floor step-vae --top 0", "from 1 up")]
    public void BadLinesAreAnswered(string line, string expected)
    {
        var run = ConsoleRun.Of(line.Split(' '));
        Assert.That((run.Code, run.Out), Is.EqualTo((ExitCode.Usage, "")));
        Assert.That(run.Error, Does.Contain(expected));
    }

    private static JsonElement Report(string line)
    {
        var run = ConsoleRun.Of(line.Split(' '));
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        return JsonDocument.Parse(run.Out).RootElement;
    }
}

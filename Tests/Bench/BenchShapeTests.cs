using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Bench.Compare;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>bench gemm, conv, step and ladder, as a user types them.</summary>
public sealed class BenchShapeTests
{
    private const string Small = "bench gemm --m 5 --n 7 --k 3 --seconds 0";

    private static readonly string[] MeasurementFields = ["name", "device", "precision", "ms", "repeats", "gflops", "roof_share"];

    [TestCase("", "gemm-5x7x3", "float32")]
    [TestCase(" --op nt --precision float64", "gemm-5x7x3-nt", "float64")]
    [TestCase(" --op tn --batch 3", "gemm-5x7x3-tn-batch3", "float32")]
    public void AProductIsTimedAndItsRoofIsKnown(string more, string name, string precision)
    {
        var run = ConsoleRun.Of((Small + more + " --device cpu --threads 1 --json").Split(' '));
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        var result = JsonDocument.Parse(run.Out).RootElement;
        Assert.That(result.EnumerateObject().Select(field => field.Name), Is.EqualTo(MeasurementFields));
        Assert.That(Text(result, "name", "device", "precision"), Is.EqualTo(new[] { name, "cpu", precision }));
        Assert.That(result.GetProperty("repeats").GetInt32(), Is.GreaterThanOrEqualTo(7));
        double ms = result.GetProperty("ms").GetDouble(), flops = 2 * 5 * 7 * 3 * (more.Contains("batch") ? 3 : 1);
        Assert.That(result.GetProperty("gflops").GetDouble(), Is.EqualTo(flops / ms / 1e6).Within(0.002 + (flops / 1e8)), "from the unrounded time");
        Assert.That(result.GetProperty("roof_share").GetDouble(), Is.InRange(0, 1));
    }

    [TestCase("--kernel 3 --pad 1", "conv-2x5x6x3-4-forward", 2 * 2 * 5 * 6 * 4 * 27)]
    [TestCase("--kernel 3 --pad 1 --mask B --pass all", "conv-2x5x6x3-4-all", 3 * 2 * 2 * 5 * 6 * 4 * 15)]
    [TestCase("--kernel 4 --stride 2 --pad 1 --transposed --pass filter", "deconv-2x5x6x3-4-filter", 2 * 2 * 10 * 12 * 4 * 12)]
    [TestCase("--kernel 1x2 --dilation 1x2 --pad 0x2,0 --pass input", "conv-2x5x6x3-4-input", 2 * 2 * 5 * 6 * 4 * 6)]
    public void AConvolutionIsTimed(string geometry, string name, double flops)
    {
        var run = ConsoleRun.Of($"bench conv --shape 2x5x6x3 --filters 4 {geometry} --seconds 0 --device cpu --threads 1 --json".Split(' '));
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        var result = JsonDocument.Parse(run.Out).RootElement;
        Assert.That(result.GetProperty("name").GetString(), Is.EqualTo(name));
        Assert.That(result.GetProperty("gflops").GetDouble() * result.GetProperty("ms").GetDouble() * 1e6, Is.EqualTo(flops).Within(0.05 * flops));
    }

    [TestCase("--kernel 9", "the kernel spans 9x9, more than the padded input 5x6")]
    [TestCase("--kernel 3xa", "--kernel 3xa: 'a' is no whole number")]
    [TestCase("--kernel 2 --mask A", "odd kernels, not 2x2")]
    [TestCase("--kernel 4 --stride 2 --transposed --output-pad 2", "output padding 2x2 must be below the stride 2x2")]
    public void AnImpossibleConvolutionIsRefused(string geometry, string why)
    {
        var run = ConsoleRun.Of($"bench conv --shape 2x5x6x3 {geometry} --device cpu".Split(' '));
        Assert.That(run.Code, Is.Not.EqualTo(ExitCode.Done));
        Assert.That(run.Error, Does.Contain(why));
    }

    [TestCase("step-convvae", "--batch 2", "step-convvae-batch2"), TestCase("step-dcgan64", "--batch 1", "step-dcgan64-batch1"), TestCase("step-pixelcnn-h128", "--batch 1", "step-pixelcnn-h128-batch1")]
    public void ATrainingStepIsTimed(string step, string more, string name)
    {
        var run = ConsoleRun.Of($"bench step {step} {more} --seconds 0 --device cpu --json".Split(' '));
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        var result = JsonDocument.Parse(run.Out).RootElement;
        Assert.That(Text(result, "name", "device", "precision"), Is.EqualTo(new[] { name, "cpu", "float32" }));
        Assert.That(result.GetProperty("gflops").GetDouble(), Is.Positive);
    }

    [Test]
    public void SeveralStepsInOneLaunchAreTimedBesideSingleOnes()
    {
        const string Line = "bench step step-vae --batch 2 --seconds 0 --device cpu";
        var unrolled = JsonDocument.Parse(ConsoleRun.Of((Line + " --unroll 4 --json").Split(' ')).Out).RootElement.GetProperty("unrolled");
        Assert.That(unrolled.GetProperty("steps").GetInt32(), Is.EqualTo(4));
        Assert.That((unrolled.GetProperty("ms").GetDouble(), unrolled.GetProperty("in_a_row_ms").GetDouble()), Is.GreaterThan((0.0, 0.0)));
        Assert.That(ConsoleRun.Of((Line + " --unroll 4").Split(' ')).Out, Does.Match(@"4 in a row: .* ms each; in one launch: .* ms each"));
        foreach (string none in (string[])["", " --unroll off", " --unroll 1"])
            Assert.That(JsonDocument.Parse(ConsoleRun.Of((Line + none + " --json").Split(' ')).Out).RootElement.TryGetProperty("unrolled", out _), Is.False, "nothing to gain on the CPU");
    }

    /// <summary>Whatever 'train' can build, on small and on large images, has its step measured.</summary>
    [Test]
    public void EveryModelOfTheZooHasAStep()
    {
        Assert.That(Zoo.Names, Is.All.Matches<string>(model => StepEntry.All.Any(entry => entry.Name.StartsWith($"zoo-{model}", StringComparison.Ordinal))));
        foreach (var entry in StepEntry.All.Where(entry => entry.Name.StartsWith("zoo-", StringComparison.Ordinal)))
        {
            var run = ConsoleRun.Of($"bench step {entry.Name} --batch 4 --seconds 0 --device cpu".Split(' '));
            Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")), entry.Name);
            Assert.That(run.Out, Does.Match(@"\d ms \(median of \d+\)\s*$"), "no rate, since the arithmetic is not counted");
        }
    }

    [TestCase("step-dcgam", "Did you mean 'step-dcgan'?"), TestCase("step-vae --precision float64", "not in double"), TestCase("step-vae --unroll 0", "from 1 to 32"), TestCase("step-vae --unroll many", "auto, off")]
    public void AnImpossibleStepIsRefused(string step, string why)
    {
        var run = ConsoleRun.Of($"bench step {step} --device cpu".Split(' '));
        Assert.That(run.Code, Is.Not.EqualTo(ExitCode.Done));
        Assert.That(run.Error, Does.Contain(why));
    }

    /// <summary>DCGAN-64, PixelCNN and WaveNet against the arithmetic that their papers' shapes have, in units of 10^9.</summary>
    [TestCase("step-dcgan64-paper", 291.3), TestCase("step-pixelcnn-h128", 711.5), TestCase("step-wavenet-30", 484.8)]
    public void TheLargeStepsCountTheirProducts(string name, double expected)
    {
        using var device = new CpuDevice(new CpuOptions(1));
        var entry = StepEntry.All.Single(step => step.Name == name);
        using var step = entry.Create(device, 1);
        Assert.That(step.Flops * entry.Batch / 1e9, Is.EqualTo(expected).Within(0.002 * expected));
    }

    [Test]
    public void PeopleReadTheWorkTheTimeAndTheRoof()
    {
        var run = ConsoleRun.Of((Small + " --op tn --device cpu").Split(' '));
        Assert.That(run.Out, Does.Contain("C[5,7] = A'[3,5] B[3,7], float32, on cpu").And.Match("ms \\(median of \\d+\\), .* GFLOP/s, .* % of the roof").And.Contain("roof: "));
    }

    [Test]
    public void TheEmulatorHasNoRoofAndAProfileOfTheRunsIsWritten()
    {
        RequireSimt();
        string trace = Path.Combine(Path.GetTempPath(), $"trace {Guid.NewGuid():N}.json");
        try
        {
            var run = ConsoleRun.Of([.. (Small + " --device simt --profile").Split(' '), trace]);
            Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
            Assert.That(run.Out, Does.Contain("says nothing of a GPU"));
            var launches = TraceEvents.Read(trace).Where(entry => entry.Category == "launch").ToList();
            Assert.That(launches, Has.Count.EqualTo(3));
            Assert.That(launches.Select(launch => launch.Args.GetProperty("shape").GetString()), Is.All.StartsWith("Batch=1 M=5 N=7 K=3"));
        }
        finally
        {
            File.Delete(trace);
        }
    }

    [Test]
    public void AKernelOfOnesOwnIsTimedInPlaceOfTheEngines()
    {
        RequireSimt();
        string file = Path.Combine(Path.GetTempPath(), $"mine {Guid.NewGuid():N}.cu");
        File.WriteAllText(file, KernelsRunTests.NaiveMatMul);
        try
        {
            var run = ConsoleRun.Of([.. (Small + " --device simt --with").Split(' '), file]);
            Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
            run = ConsoleRun.Of([.. (Small + " --device cpu --with").Split(' '), file]);
            Assert.That((run.Code, run.Out), Is.EqualTo((ExitCode.Usage, "")));
            Assert.That(run.Error, Does.Contain("--device simt"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public void TheLadderIsCountedOnTheEmulator()
    {
        RequireSimt();
        var run = ConsoleRun.Of("bench ladder --device simt --m 33 --n 20 --k 8 --json".Split(' '));
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        var rungs = JsonDocument.Parse(run.Out).RootElement.EnumerateArray().ToList();
        Assert.That(rungs.Select(rung => rung.GetProperty("name").GetString()), Is.EqualTo(new[]
        {
            "ladder-1-naive", "ladder-2-shared", "ladder-3-registers", "ladder-4-vectors", "ladder-5-pipelined", "ladder-6-tensor",
        }));
        Assert.That(rungs[0].GetProperty("bank_passes").ValueKind, Is.EqualTo(JsonValueKind.Null), "the first rung uses no shared memory");
        Assert.That(rungs.Select(rung => rung.GetProperty("sectors").GetProperty("cost").GetInt64()), Is.All.GreaterThan(0));
        Assert.That(rungs.Select(rung => rung.GetProperty("ms").ValueKind), Is.All.EqualTo(JsonValueKind.Null), "emulated times mean nothing");
        Assert.That(ConsoleRun.Of("bench ladder --device simt --m 8 --n 8 --k 8".Split(' ')).Out, Does.Contain("tensor cores").And.Contain("say nothing of a GPU"));
    }

    [TestCase("bench gmem", "Unknown benchmark 'gmem'. Did you mean 'gemm'?")]
    [TestCase("bench gemm --m 0", "--m takes a whole number from 1 up, not '0'.")]
    [TestCase("bench gemm --op nm", "Unknown --op value 'nm'. Did you mean 'nn'?")]
    [TestCase("bench gemm --precision bf16 --device cpu", "--precision bf16 needs tensor cores")]
    [TestCase("bench gemm --precision float16", "Known: float32, tf32, bf16, tf32x3, float64.")]
    [TestCase("bench gemm --kk 3", "'genengine bench gemm' has no option '--kk'. Did you mean '--k'?")]
    [TestCase("bench gemm --with nothing.cu --device simt", "There is no file 'nothing.cu'.")]
    [TestCase("bench ladder --device cpu", "GPU kernels")]
    [TestCase("bench ladder --n -4", "--n takes a whole number from 1 up")]
    public void BadLinesAreAnswered(string line, string expected)
    {
        var run = ConsoleRun.Of(line.Split(' '));
        Assert.That((run.Code, run.Out), Is.EqualTo((ExitCode.Usage, "")));
        Assert.That(run.Error, Does.Contain(expected));
    }

    internal static void RequireSimt()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
    }

    private static string?[] Text(JsonElement element, params string[] names) => [.. names.Select(name => element.GetProperty(name).GetString())];
}

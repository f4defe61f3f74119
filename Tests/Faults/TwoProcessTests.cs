using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using GenEngine.Bench;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Tests.Bench;
using GenEngine.Tests.Files;
using GenEngine.Tests.Kernels.Cuda;
using GenEngine.Tests.Kernels.Simt;
using NUnit.Framework;

namespace GenEngine.Tests.Faults;

/// <summary>Two processes at once on what both would write: the cache of compiled kernels, and a run. The cache of cubins is held by <see cref="CubinCacheTests"/>.</summary>
public sealed partial class TwoProcessTests
{
    private static readonly GpuKernel s_kernel = new("Tests/Kernels/Simt/probe.cu", "map", typeof(SimtTests.MapArgs));

    [Test]
    public void Both_fill_the_emulators_cache_and_it_is_whole()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        using var folder = new TemporaryFolder();
        var children = Enumerable.Range(0, 2).Select(_ => EngineCopy.Start(nameof(Fills_the_emulators_cache), ("GENENGINE_CACHE", folder.Path))).ToArray();
        foreach (var child in children)
        {
            var (code, output) = EngineCopy.Finish(child);
            Assert.That(code, Is.Zero, output);
            Assert.That(output, Does.Contain("succeeded: 1"));
        }

        string[] files = Directory.GetFiles(folder["simt"], "*", SearchOption.AllDirectories);
        Assert.That(files, Is.Not.Empty.And.None.EndsWith(".tmp"));
        Assert.That(files.Select(file => Path.GetFileName(file).Split('-')[0]), Is.Unique, "one object a key");
        var warm = SimtDriver.Open(new SimtOptions(CacheFolder: folder["simt"]));
        warm.Load(s_kernel);
        Assert.That(warm.Compiled, Is.Zero, "what the two left is found, and matches its own sums");
    }

    /// <summary>Useful by itself, and what the two processes of the test above run.</summary>
    [Test]
    public void Fills_the_emulators_cache()
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        ((GpuDevice)TestDevices.Simt!).Driver.Load(s_kernel);
        Assert.That(Directory.GetFiles(UserCache.Folder("simt"), "*", SearchOption.AllDirectories), Is.Not.Empty);
    }

    [Test]
    public void The_second_on_a_run_is_refused_and_the_first_goes_on()
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("the first process is stopped by a signal");
        using var folder = new TemporaryFolder();
        string run = folder["run"];
        using var first = ConsoleProcess.Start(ConsoleProcess.Program, Line(run, 100_000_000)); // ends when it is told to
        try
        {
            var wait = Stopwatch.StartNew();
            while (!File.Exists(Path.Combine(run, "checkpoints", "manifest.json")) && !first.HasExited && wait.Elapsed < TimeSpan.FromMinutes(2)) Thread.Sleep(20);
            var second = ConsoleRun.Of("train", "--resume", run, "--threads", "1");
            Assert.That(second.Code, Is.EqualTo(ExitCode.Failed), second.Error);
            Assert.That(second.Error, Does.Contain("cannot be trained into").And.Contain(run).And.Contain("another process"));
            Assert.That(ConsoleRun.Of(Line(run, 10)).Error, Does.Contain("not empty").And.Contain("--out"));
            using (var stop = Process.Start("/bin/kill", ["-TERM", first.Id.ToString(CultureInfo.InvariantCulture)])) stop.WaitForExit();
            var (code, output, error) = ConsoleProcess.Finish(first, TimeSpan.FromMinutes(2));
            Assert.That(code, Is.EqualTo(ExitCode.Stopped), error);
            int steps = int.Parse(Stopped().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
            Assert.That(steps, Is.GreaterThan(0), output);
            var alone = ConsoleRun.Of(Line(folder["alone"], steps));
            Assert.That(alone.Code, Is.EqualTo(ExitCode.Done), alone.Error);
            Assert.That(TensorBytes.Of(Path.Combine(run, "weights.safetensors")), Is.EqualTo(TensorBytes.Of(folder["alone", "weights.safetensors"])), $"after {steps} steps");
        }
        finally
        {
            if (!first.HasExited) first.Kill();
        }
    }

    private static string[] Line(string folder, int steps) =>
        ["train", "vae", "--steps", steps.ToString(CultureInfo.InvariantCulture), "--batch", "4", "--hidden", "4", "--threads", "1", "--checkpoint-every", "20", "--out", folder];

    [GeneratedRegex("Stopped after ([0-9]+) steps")]
    private static partial Regex Stopped();
}

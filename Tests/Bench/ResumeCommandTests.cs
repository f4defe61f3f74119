using System.Diagnostics;
using GenEngine.Bench;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>train --resume as a user types it, after Ctrl-C and after the process was killed.</summary>
public sealed class ResumeCommandTests
{
    private static readonly string[] s_files = ["weights.safetensors", "metrics.jsonl", "checkpoints/step-300.safetensors"];

    private string _root = "", _whole = "";

    [OneTimeSetUp]
    public void Train()
    {
        _root = Path.Combine(Path.GetTempPath(), $"genengine resume {Guid.NewGuid():N}");
        _whole = Path.Combine(_root, "whole");
        var run = ConsoleRun.Of(Line(_whole));
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        Assert.That(Directory.GetFiles(Path.Combine(_whole, "checkpoints")), Has.Length.InRange(3, 4), "two, the best, and the manifest");
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, recursive: true);

    [Test]
    public void A_run_that_is_stopped_says_how_it_goes_on_and_ends_as_if_it_had_not_been()
    {
        string folder = Path.Combine(_root, "stopped");
        using var stop = new CancellationTokenSource();
        stop.Cancel(); // before the first step
        Assert.That(ConsoleRun.Of(stop.Token, Line(folder)).Code, Is.EqualTo(ExitCode.Stopped));
        var resume = ConsoleRun.Of("train", "--resume", folder, "--threads", "1", "--eager", "--checkpoint-every", "2");
        Assert.That(resume.Code, Is.EqualTo(ExitCode.Done), resume.Error);
        Assert.That(resume.Out, Does.Contain("going on from step 0"));
        Same(folder);
        var again = ConsoleRun.Of("train", "--resume", folder, "--checkpoint-every", "2"); // nothing is left to do, and that is no error
        Assert.That(again.Code, Is.EqualTo(ExitCode.Done), again.Error);
        Assert.That(again.Out, Does.Contain("going on from step 300"));
        Same(folder);
    }

    [Test]
    public void Bad_resumes_are_refused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(ConsoleRun.Of("train").Error, Does.Contain("needs a model").And.Contain("--resume"));
            Assert.That(ConsoleRun.Of("train", "--resume", _root).Error, Does.Contain("no run folder"));
            Assert.That(ConsoleRun.Of("train", "gan", "--resume", _whole).Error, Does.Contain("run of 'vae'"));
            Assert.That(ConsoleRun.Of("train", "--resume", _whole, "--batch", "8").Error, Does.Contain("--batch is settled by the run").And.Contain("--threads"));
            Assert.That(ConsoleRun.Of("train", "vae", "--allow-other-isa").Error, Does.Contain("belongs to --resume"));
            if (CpuIsas.Best == CpuIsa.Portable) return;
            var other = ConsoleRun.Of("train", "--resume", _whole, "--isa", "portable");
            Assert.That(other.Code, Is.EqualTo(ExitCode.Failed));
            Assert.That(other.Error, Does.Contain("cpu with portable").And.Contain(CpuIsas.Best.Name()).And.Contain("--allow-other-isa"));
            Assert.That(ConsoleRun.Of("train", "--resume", _whole, "--isa", "portable", "--allow-other-isa").Code, Is.EqualTo(ExitCode.Done));
        });
    }

    [Test]
    public void Runs_are_listed_and_compared()
    {
        string other = Path.Combine(_root, "other", "deep"), damaged = Path.Combine(_root, "damaged"), picture = Path.Combine(_root, "compared.png");
        Assert.That(ConsoleRun.Of("train", "ae", "--steps", "20", "--batch", "8", "--hidden", "16", "--out", other).Code, Is.EqualTo(ExitCode.Done));
        Directory.CreateDirectory(damaged);
        File.WriteAllText(Path.Combine(damaged, "run.json"), "{ half");
        var list = ConsoleRun.Of("runs", "--root", _root);
        Assert.That(list.Code, Is.EqualTo(ExitCode.Done), list.Error);
        Assert.That(list.Out, Does.Match("whole +. vae +. digits +. finished +. 300 of 300").And.Match("deep +. ae +. digits +. finished +. 20 of 20"));
        Assert.That(list.Error, Does.Contain("damaged"));
        var compared = ConsoleRun.Of("runs", _whole, other, "--out", picture);
        Assert.That(compared.Code, Is.EqualTo(ExitCode.Done), compared.Error);
        Assert.That(compared.Out, Does.Match("batch +. 16 +. 8").And.Match("schedule +. cosine +. constant").And.Not.Contain("classNames"));
        Assert.That(GenEngine.Files.Png.Read(picture).Pixels.Distinct().Count(), Is.GreaterThan(10));
        Assert.That(ConsoleRun.Of("runs", _whole).Error, Does.Contain("two run folders"));
        Assert.That(ConsoleRun.Of("runs", "--root", Path.Combine(_root, "none")).Error, Does.Contain("--root"));
        Directory.Delete(damaged, recursive: true);
    }

    [Test]
    public void A_run_without_weights_says_how_to_get_them()
    {
        string folder = Path.Combine(_root, "killed before the end");
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(_whole, "run.json"), Path.Combine(folder, "run.json"));
        var sample = ConsoleRun.Of("sample", "vae", "--run", folder);
        Assert.That(sample.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(sample.Error, Does.Contain("train --resume").And.Contain(folder));
    }

    [Test]
    public void A_killed_process_loses_nothing_that_was_saved() => Kill(4);

    [Test, Explicit("long: kills 200 processes; run with --filter TestCategory=long"), Category("long")]
    public void Two_hundred_kills_lose_nothing_that_was_saved() => Kill(200);

    /// <summary>Trains in other processes, each killed at a random moment and gone on with by the next, until so many have died; whenever a run is done before, the next one begins.</summary>
    private void Kill(int kills)
    {
        var random = new Random(kills);
        int runs = 0, killed = 0, resumed = 0;
        string folder = Path.Combine(_root, $"killed-{kills}-0");
        var whole = Stopwatch.StartNew();
        Assert.That(Run(Line($"{folder}-timed"), TimeSpan.FromMinutes(5)), Is.EqualTo(ExitCode.Done));
        double seconds = whole.Elapsed.TotalSeconds;
        while (killed < kills)
        {
            bool begun = File.Exists(Path.Combine(folder, "run.json"));
            if (begun) resumed++;
            else if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true); // killed before the run had a file
            int? code = Run(begun ? ["train", "--resume", folder, "--checkpoint-every", "2"] : Line(folder), TimeSpan.FromSeconds(seconds * random.NextDouble()));
            if (code is null)
            {
                if (++killed % 20 == 0) TestContext.Progress.WriteLine($"{killed} killed, {resumed} resumes, {runs} runs ended");
                continue;
            }

            Assert.That(code, Is.EqualTo(ExitCode.Done), $"after {killed} kills");
            Same(folder);
            Directory.Delete(folder, recursive: true);
            folder = Path.Combine(_root, $"killed-{kills}-{++runs}");
        }

        bool last = File.Exists(Path.Combine(folder, "run.json"));
        if (!last && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Assert.That(Run(last ? ["train", "--resume", folder, "--checkpoint-every", "2"] : Line(folder), TimeSpan.FromMinutes(5)), Is.EqualTo(ExitCode.Done));
        Same(folder);
        TestContext.Out.WriteLine($"{killed} processes killed at random moments of {seconds:F1} s, {resumed} resumes, {runs + 1} runs ended, all with the bits of the one that was never stopped");
    }

    private static string[] Line(string folder) =>
        ["train", "vae", "--steps", "300", "--batch", "16", "--hidden", "16", "--seed", "3", "--schedule", "cosine", "--learning-rate", "0.002", "--checkpoint-every", "2", "--out", folder];

    /// <summary>The console in a process of its own; null when it was killed.</summary>
    private static int? Run(string[] line, TimeSpan life)
    {
        using var process = ConsoleProcess.Start(ConsoleProcess.Program, line);
        var (code, _, error) = ConsoleProcess.Finish(process, life);
        if (code is not (null or ExitCode.Done)) Assert.Fail($"{string.Join(' ', line)}: {error}");
        return code;
    }

    private void Same(string folder)
    {
        var told = EventFileReader.Read(EventFileReader.Of(folder)).Values.Where(value => value.Tag.StartsWith("train/", StringComparison.Ordinal)).Select(value => (value.Tag, value.Step)).ToList();
        Assert.That(told, Is.Unique.And.Exactly(3 * File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Count()).Items, "three losses a window, each once");
        foreach (string file in s_files) Assert.That(File.ReadAllBytes(Path.Combine(folder, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(_whole, file))), file);
    }
}

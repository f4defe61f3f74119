using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using GenEngine.Bench;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>Ctrl-C as a terminal sends it, to a console in a process of its own.</summary>
public sealed partial class InterruptTests
{
    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Path.Combine(Path.GetTempPath(), $"genengine interrupt {Guid.NewGuid():N}");

    [TearDown]
    public void Remove()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void Once_saves_and_says_how_to_go_on()
    {
        using var console = Start("train", "vae", "--steps", "100000000", "--batch", "8", "--hidden", "8", "--threads", "1", "--checkpoint-every", "0", "--out", _folder);
        Interrupt(console);
        string rest = console.StandardOutput.ReadToEnd(), error = console.StandardError.ReadToEnd();
        console.WaitForExit();
        Assert.That(console.ExitCode, Is.EqualTo(ExitCode.Stopped));
        Assert.That(error, Does.Contain("Stopping after this step; once more to stop at once."));
        var run = RunFolder.Open(_folder);
        Assert.That(rest, Does.Contain("Stopped after ").And.Contain(run.ResumeCommand));
        var saved = new Checkpoints(run).Entries[^1].Point;
        Assert.That(rest, Does.Contain(saved.Step.ToString(CultureInfo.InvariantCulture)), "the checkpoint is of the step that it stopped after");
        Assert.That(File.Exists(run.WeightsPath));
    }

    [Test]
    public void Twice_stops_at_once_and_leaves_nothing_half_written()
    {
        for (int attempt = 1; ; attempt++)
        {
            // steps of a second: the second signal falls into the one that the first waits for
            Remove();
            using var console = Start("train", "vae", "--steps", "1000", "--batch", "20000", "--hidden", "400", "--threads", "1", "--checkpoint-every", "1", "--out", _folder);
            Interrupt(console);
            while (console.StandardError.ReadLine() is { } line && !line.StartsWith("Stopping after this step", StringComparison.Ordinal)) { }
            Signal(console);
            string rest = console.StandardOutput.ReadToEnd();
            console.WaitForExit();
            Assert.That(console.ExitCode, Is.EqualTo(ExitCode.Stopped));
            if (rest.Contains("Stopped after", StringComparison.Ordinal) && attempt < 5) continue; // the step was over just then
            Assert.That(rest, Does.Not.Contain("Stopped after"), "it did not stay to end its step");
            break;
        }

        var run = RunFolder.Open(_folder);
        foreach (var entry in new Checkpoints(run).Entries) Assert.That(File.Exists(Path.Combine(_folder, "checkpoints", entry.File)), entry.File);
        run.Lock().Dispose(); // nobody holds the folder
    }

    /// <summary>Starts it and waits for its first line of progress.</summary>
    private static Process Start(params string[] line)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "genengine");
        if (OperatingSystem.IsWindows() || !File.Exists(program)) Assert.Ignore($"there is no {program} to be interrupted as terminals of Unix do");
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in line) start.ArgumentList.Add(word);
        return Process.Start(start)!;
    }

    private static void Interrupt(Process console)
    {
        while (console.StandardOutput.ReadLine() is { } line)
        {
            if (!line.StartsWith("step ", StringComparison.Ordinal)) continue;
            Signal(console);
            return;
        }

        Assert.Fail($"it ended before its first progress: {console.StandardError.ReadToEnd()}");
    }

    private static void Signal(Process console) => Assert.That(Kill(console.Id, 2), Is.Zero); // SIGINT

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}

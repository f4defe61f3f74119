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
    /// <summary>SIGINT.</summary>
    private const int Interruption = 2;

    private string _folder = "";
    private Timer? _patience;

    [SetUp]
    public void Make() => _folder = Path.Combine(Path.GetTempPath(), $"genengine interrupt {Guid.NewGuid():N}");

    [TearDown]
    public void Remove()
    {
        _patience?.Dispose();
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

    /// <summary>Starts it; it is killed should it outlive all patience, so that a signal that was not heard is a failure and no hang.</summary>
    private Process Start(params string[] line)
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("terminals of Windows interrupt in another way");
        string program = ConsoleProcess.Program;
        // tests that a shell runs in the background inherit that SIGINT is ignored, and so would their children
        var process = IgnoresInterrupts() ? ConsoleProcess.Start("env", ["--default-signal=INT", program, .. line]) : ConsoleProcess.Start(program, line);
        _patience = new Timer(_ => process.Kill(), null, TimeSpan.FromMinutes(3), Timeout.InfiniteTimeSpan);
        return process;
    }

    private static bool IgnoresInterrupts()
    {
        const string Field = "SigIgn:";
        if (!OperatingSystem.IsLinux() || File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal)) is not { } ignored) return false;
        return (ulong.Parse(ignored.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1 << (Interruption - 1))) != 0;
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

    private static void Signal(Process console) => Assert.That(Kill(console.Id, Interruption), Is.Zero);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}

using System.Security.Cryptography;
using GenEngine.Bench;
using GenEngine.Tests.Bench;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Faults;

/// <summary>No room for a checkpoint: a sentence says so, what was saved before stays as it was, and with room again the run ends with the bits of one that never lacked any.</summary>
public sealed class FullDiskTests
{
    private const int CannotMount = 77;

    private TemporaryFolder _folder = null!;

    [OneTimeSetUp]
    public void Train()
    {
        _folder = new TemporaryFolder();
        var whole = ConsoleRun.Of(Line(_folder["whole"]));
        Assert.That(whole.Code, Is.EqualTo(ExitCode.Done), whole.Error);
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Dispose();

    /// <summary>A file that may not grow beyond a limit (setrlimit, EFBIG) is a full disk that any user can have.</summary>
    [Test]
    public void A_limit_on_file_size_leaves_the_checkpoint_before()
    {
        string run = _folder["limited"];
        using (var stop = new CancellationTokenSource())
        {
            stop.Cancel(); // before the first step, whose checkpoint is then there
            Assert.That(ConsoleRun.Of(stop.Token, Line(run)).Code, Is.EqualTo(ExitCode.Stopped));
        }

        string before = Hash(run, "step-0.safetensors");
        var limited = ConsoleProcess.Bash("""trap '' XFSZ; ulimit -f 64; exec "$1" train --resume "$2" --checkpoint-every 20 --threads 1""", ConsoleProcess.Program, run);
        Refused(limited, before, run, "step-0.safetensors");
        Ends(run);
    }

    [Test]
    public void A_full_disk_leaves_the_checkpoint_before()
    {
        // the mount is seen by these processes only and goes with them; what there is to look at is copied out
        string disk = _folder["disk"], copy = _folder["copied"];
        Directory.CreateDirectory(disk);
        var full = ConsoleProcess.Bash($"""
            unshare --mount bash -c '
              mount -t tmpfs -o size=800k tmpfs "$2" 2>/dev/null || exit {CannotMount}
              "$1" {string.Join(' ', Line("\"$2/run\""))}
              code=$?
              cp -r "$2/run" "$3"
              exit $code
            ' bash "$1" "$2" "$3" || exit $?
            """, ConsoleProcess.Program, disk, copy);
        if (full.Code is CannotMount or 1 && full.Error.Contains("unshare", StringComparison.Ordinal)) Assert.Ignore("this user may not mount a small disk (unshare --mount); the limit on file size stands in for it");
        string newest = Directory.GetFiles(Path.Combine(copy, "checkpoints"), "step-*.safetensors").MaxBy(File.GetLastWriteTimeUtc)!;
        Assert.That(GenEngine.Runs.RunFolder.Open(copy), Is.Not.Null);
        Refused(full, Hash(copy, Path.GetFileName(newest)), copy, Path.GetFileName(newest));
        Ends(copy);
    }

    private static string[] Line(string folder) =>
        ["train", "vae", "--steps", "60", "--batch", "8", "--hidden", "16", "--seed", "3", "--threads", "1", "--checkpoint-every", "20", "--out", folder];

    private static string Hash(string run, string checkpoint) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(run, "checkpoints", checkpoint))));

    /// <summary>The command failed by one sentence; the checkpoint is the one that the manifest describes.</summary>
    private static void Refused((int? Code, string Out, string Error) command, string hash, string run, string checkpoint)
    {
        Assert.That(command.Code, Is.EqualTo(ExitCode.Failed), command.Error);
        Assert.That(command.Error, Does.Contain("could not be written").And.Contain("free space").And.Not.Contain("internal error").And.Not.Contain("   at "));
        Assert.That(command.Error, Does.Contain("What was saved after step").And.Contain("train --resume"));
        Assert.That(command.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.StartsWith("error:", StringComparison.Ordinal)), Is.EqualTo(1), command.Error);
        Assert.That(Hash(run, checkpoint), Is.EqualTo(hash));
        Assert.That(File.ReadAllText(Path.Combine(run, "checkpoints", "manifest.json")), Does.Contain(hash).And.Contain(checkpoint));
        Assert.That(Directory.GetFiles(run, "*.tmp", SearchOption.AllDirectories), Is.Empty);
    }

    /// <summary>With room again the run ends as the one that always had it.</summary>
    private void Ends(string run)
    {
        var resumed = ConsoleRun.Of("train", "--resume", run, "--threads", "1");
        Assert.That(resumed.Code, Is.EqualTo(ExitCode.Done), resumed.Error);
        foreach (string file in (string[])["weights.safetensors", "metrics.jsonl"]) Assert.That(File.ReadAllBytes(Path.Combine(run, file)), Is.EqualTo(File.ReadAllBytes(_folder["whole", file])), file);
        Assert.That(Directory.GetFiles(run, "*.tmp", SearchOption.AllDirectories), Is.Empty, "what a full disk left half-way is gone");
    }
}

using GenEngine.Tests.Bench;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Build;

/// <summary>tools/gpu-check with stand-ins for the programs that it starts: a part that fails, hangs or proves nothing is said to, and the others go on.</summary>
public sealed class GpuCheckTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Unpack()
    {
        if (!File.Exists("/bin/bash")) Assert.Ignore("there is no /bin/bash");
        _folder = new TemporaryFolder();
        Directory.CreateDirectory(_folder["app"]);
        Directory.CreateDirectory(_folder["peer"]);
        File.Copy(Path.Combine(Checkout.Root, "tools", "gpu-check"), _folder["gpu-check"]);
        File.WriteAllText(_folder["commit"], "abc\n");
        Program("Tests", "echo '  succeeded: 3'");
        Program("genengine", "echo '  ok  cuda    a card'");
    }

    [TearDown]
    public void Clean() => _folder?.Dispose();

    [Test]
    public void A_part_that_fails_stops_no_other()
    {
        var (code, parts) = Run("60");
        Assert.That(code, Is.EqualTo(1), "there is no peer.py here");
        Assert.That(parts["facts"], Is.EqualTo("passed"));
        Assert.That(parts["op-cases"], Is.EqualTo("passed"));
        Assert.That(parts["peer"], Does.StartWith("FAILED"));
        Assert.That(parts["devices-agree"], Is.EqualTo("passed"), "behind the peer");
        Assert.That(File.ReadAllText(_folder["results", "compile.log"]), Does.Match(@"cold, sm_\d+: \d+ ms\nwarm, sm_\d+: \d+ ms"));
        Assert.That(parts.Keys.Take(3), Is.EqualTo(new[] { "facts", "compile", "op-cases" }), "op cases would compile theirs one by one");
    }

    [Test]
    public void Tests_that_were_all_skipped_and_tests_that_fail_are_no_success()
    {
        Program("Tests", "case \"$*\" in *'!~OpCaseTests'*) echo 'failed Sum(cuda) (1ms)'; exit 2 ;; *) echo '  succeeded: 0'; echo '  skipped: 12' ;; esac");
        Program("genengine", "echo '  --  cuda    no driver'");
        var (code, parts) = Run("60");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(parts["facts"], Does.StartWith("FAILED").And.EndWith("no GPU that the device cuda can use"));
        Assert.That(parts["op-cases"], Does.EndWith("no test ran: all 12 were skipped"));
        Assert.That(parts["kernels-on-cuda"], Does.EndWith("first failure: Sum(cuda) (1ms)"));
    }

    [Test]
    public void What_hangs_is_stopped_and_all_of_it_ends_in_time()
    {
        Program("genengine", "sleep 100");
        var (code, parts) = Run("7");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(parts["facts"], Does.Match("^stopped after [67] s$"), "all the time there is, of which a loaded machine may have spent a second before");
        Assert.That(parts["peer-compiled"], Is.EqualTo("no time left"));
    }

    private void Program(string name, string body)
    {
        File.WriteAllText(_folder["app", name], $"#!/bin/bash\n{body}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder["app", name], UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
    }

    private (int? Code, Dictionary<string, string> Parts) Run(string seconds)
    {
        using var process = ConsoleProcess.Start("/bin/bash", [_folder["gpu-check"], _folder["results"], seconds]);
        var run = ConsoleProcess.Finish(process, TimeSpan.FromMinutes(2));
        Assert.That(run.Error, Is.Empty);
        return (run.Code, File.ReadLines(_folder["results", "summary.txt"]).ToDictionary(line => line[..22].TrimEnd(), line => line[31..]));
    }
}

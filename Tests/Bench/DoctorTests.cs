using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Bench.Health;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

public sealed class DoctorTests
{
    private static readonly string[] s_names = ["cpu", "simt", "cuda", "nvrtc", "cache", "runs", "data", "memory", "terminal"];

    [Test]
    public void The_machine_is_looked_at_on_one_screen()
    {
        var run = ConsoleRun.Of("doctor");
        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCode.Done, "")));
        string[] lines = run.Out.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.LessThan(25));
        foreach (string name in s_names) Assert.That(lines, Has.Some.Matches<string>(line => line.StartsWith("  ok  " + name, StringComparison.Ordinal) || line.StartsWith("  --  " + name, StringComparison.Ordinal)), name);
        Assert.That(lines[^1], Does.StartWith("Training works on ").And.Contain("cpu"));
        Assert.That(run.Out, Does.Contain("digits").And.Contain("tones").And.Not.Contain("Tried:"));
    }

    [Test]
    public void For_programs_there_is_only_JSON()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"doctor {Guid.NewGuid():N}");
        var run = ConsoleRun.Of("doctor", "--json", "--data-dir", folder);
        using var report = JsonDocument.Parse(run.Out);
        Assert.That(report.RootElement.GetProperty("trains_on").EnumerateArray().Select(device => device.GetString()), Does.Contain("cpu"));
        var findings = report.RootElement.GetProperty("findings").EnumerateArray().ToDictionary(finding => finding.GetProperty("name").GetString()!);
        Assert.That(findings.Keys, Is.EquivalentTo(s_names));
        Assert.That(findings["data"].GetProperty("text").GetString(), Does.Contain(folder), "it says where it looked");
        foreach (var (name, finding) in findings)
            Assert.That(finding.GetProperty("ok").GetBoolean() || finding.GetProperty("advice").ValueKind == JsonValueKind.String, Is.True, $"{name}: what does not work comes with advice");
    }

    [Test]
    public void A_message_is_what_is_wrong_what_to_do_and_what_was_tried()
    {
        var three = Finding.Missing("cuda", "No driver here; 'cuda' needs one. Install it, or use\nthe cpu. Tried:\n  system libcuda.so.1: none");
        Assert.That(three, Is.EqualTo(new Finding("cuda", false, "No driver here; 'cuda' needs one.", "Install it, or use the cpu.", "Tried:\n  system libcuda.so.1: none")));
        Assert.That(Finding.Missing("cpu", "This processor has no avx512; the widest set it has is avx2."), Is.EqualTo(new Finding("cpu", false, "This processor has no avx512; the widest set it has is avx2.")));
    }

    [TestCase("COLORTERM=truecolor", true)]
    [TestCase("COLORTERM=24bit TERM=xterm-256color", true)]
    [TestCase("TERM=xterm-direct", true)]
    [TestCase("WT_SESSION=1", true)]
    [TestCase("TERM=xterm-256color", false)]
    [TestCase("COLORTERM=truecolor TERM=dumb", false)]
    [TestCase("COLORTERM=truecolor NO_COLOR=1", false)]
    [TestCase("", false)]
    public void A_terminal_says_whether_it_has_colour(string variables, bool expected)
    {
        var set = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('=')).ToDictionary(word => word[0], word => word[1]);
        Assert.That(TerminalKind.TrueColour(set.GetValueOrDefault), Is.EqualTo(expected));
    }
}

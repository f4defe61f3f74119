using GenEngine.Tests.Bench;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Build;

/// <summary>The shell scripts under tools say what they take, and take nothing else for a folder to write into.</summary>
public sealed class ShellToolTests
{
    private static readonly string[] s_tools = ["get-nvrtc", "gpu-bundle", "gpu-check", "gpu-recipes"];

    [Test]
    public void Help_is_the_scripts_own([ValueSource(nameof(s_tools))] string tool, [Values("--help", "-h")] string option)
    {
        var (code, said, error) = Run(tool, option);
        Assert.That((code, error), Is.EqualTo((0, "")));
        Assert.That(said, Does.Match($@"{tool} +\["));
        Assert.That(said, Does.Not.Contain("pipefail"), "the comment alone");
    }

    [Test]
    public void An_unknown_option_is_refused([ValueSource(nameof(s_tools))] string tool)
    {
        var (code, said, error) = Run(tool, "--quick");
        Assert.That((code, said), Is.EqualTo((2, "")));
        Assert.That(error, Does.Contain("--quick").And.Contain("--help"));
    }

    [Test]
    public void Seconds_are_a_number([Values("gpu-check", "gpu-recipes")] string tool)
    {
        var (code, _, error) = Run(tool, "results", "soon");
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.Contain("'soon'"));
    }

    private static (int Code, string Out, string Error) Run(string tool, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var run = ConsoleProcess.Bash("cd \"$1\" && shift && \"$@\"", [folder.Path, Path.Combine(Checkout.Root, "tools", tool), .. arguments]);
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty, "nothing is left behind");
        return (run.Code ?? -1, run.Out, run.Error);
    }
}

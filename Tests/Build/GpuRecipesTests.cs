using GenEngine.Models;
using GenEngine.Tests.Bench;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Build;

/// <summary>tools/gpu-recipes with a stand-in for the console: rows that fail or are stopped are said to, the others go on, and what one looks at comes back.</summary>
public sealed class GpuRecipesTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Unpack()
    {
        if (!File.Exists("/bin/bash")) Assert.Ignore("there is no /bin/bash");
        _folder = new TemporaryFolder();
        Directory.CreateDirectory(_folder["app"]);
        File.Copy(Path.Combine(Checkout.Root, "tools", "gpu-recipes"), _folder["gpu-recipes"]);
        File.WriteAllText(_folder["ledger.json"], "old\n");
        Console("""
            while [ $# -gt 0 ]; do case $1 in --out) runs=$2 ;; --ledger) ledger=$2 ;; reproduce) row=$2 ;; esac; shift; done
            mkdir -p "$runs/run-1/samples" "$runs/run-1/checkpoints"
            touch "$runs/run-1/samples.png" "$runs/run-1/samples/step-5.png" "$runs/run-1/weights.safetensors" "$runs/run-1/checkpoints/manifest.json"
            case $row in
              broken) echo 'error: there is no such row'; exit 1 ;;
              long) sleep 100 ;;
              *) echo "$row" >> "$ledger" ;;
            esac
            """);
    }

    [TearDown]
    public void Clean() => _folder?.Dispose();

    [Test]
    public void ARowThatFailsStopsNoOther()
    {
        var (code, rows) = Run("60", "broken", "good");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(rows["broken"], Is.EqualTo("FAILED (1): error: there is no such row"));
        Assert.That(rows["good"], Is.EqualTo("finished"));
        Assert.That(File.ReadAllText(_folder["results", "ledger.json"]), Is.EqualTo("old\ngood\n"), "rows that were there before stay");
        Assert.That(Run("60", "good").Code, Is.Zero);
    }

    [Test]
    public void PicturesComeBackAndWeightsStay()
    {
        Run("60", "good");
        string run = Path.Combine(_folder["results", "good"], "run-1");
        Assert.That(Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(run, file)), Is.EquivalentTo([Path.Combine("samples", "step-5.png"), "samples.png"]));
        Assert.That(File.Exists(Path.Combine(_folder["runs", "good"], "run-1", "weights.safetensors")), Is.True);
    }

    [Test]
    public void ARowThatTakesLongerIsStoppedAndLaterOnesHaveNoTime()
    {
        var (code, rows) = Run("22", "long", "good");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(rows["long"], Does.Match("^stopped after [67] s; call again to go on$"), "but for the seconds that a checkpoint may take");
        Assert.That(rows["good"], Is.EqualTo("no time left"));
    }

    [Test]
    public void TheRowsItTrainsByItselfAreRecipes()
    {
        string line = File.ReadLines(Path.Combine(Checkout.Root, "tools", "gpu-recipes")).Single(line => line.Contains("|| set --", StringComparison.Ordinal));
        string[] rows = line[(line.IndexOf("set --", StringComparison.Ordinal) + 6)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(rows, Is.Not.Empty);
        Assert.That(rows.Select(row => Recipe.Find(row).Row), Is.EqualTo(rows));
    }

    [Test]
    public void OutsideOfTheArchiveItSaysWhereItBelongs()
    {
        Directory.Delete(_folder["app"], recursive: true);
        var run = ConsoleProcess.Bash("\"$@\"", [_folder["gpu-recipes"], _folder["results"]]);
        Assert.That((run.Code, run.Out), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.Contain("tools/gpu-bundle"));
    }

    private void Console(string body)
    {
        string program = _folder["app", "genengine"];
        File.WriteAllText(program, $"#!/bin/bash\n{body}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
    }

    private (int? Code, Dictionary<string, string> Rows) Run(string seconds, params string[] rows)
    {
        using var process = ConsoleProcess.Start("/bin/bash", [_folder["gpu-recipes"], _folder["results"], seconds, .. rows]);
        var run = ConsoleProcess.Finish(process, TimeSpan.FromMinutes(2));
        Assert.That(run.Error, Is.Empty);
        return (run.Code, File.ReadLines(_folder["results", "summary.txt"]).ToDictionary(line => line[..28].TrimEnd(), line => line[37..]));
    }
}

using System.Security.Cryptography;
using GenEngine.Bench;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Runs;
using GenEngine.Tests.Bench;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Engine.Runs;

/// <summary>Run folders as earlier versions wrote them (Tests/Fixtures/Runs, one a format) are opened, drawn from and gone on with.</summary>
public sealed class PastFormatTests
{
    /// <summary>Of the weights that the version which began the run ended it with, uninterrupted, on AVX2; the same on every instruction set.</summary>
    private const string Ended = "05188850a406cf1a86cac71c8bef60841c43fb4a4503824344c29e1eb2abc323";

    private static readonly string s_fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures", "Runs");

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Make() => _folder = new TemporaryFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void There_is_a_run_of_every_format_up_to_the_current_one()
    {
        var formats = Directory.GetDirectories(s_fixtures).Select(folder => RunFolder.Open(folder).Config.Format).ToList();
        Assert.That(formats.Distinct().Order(), Is.EqualTo(Enumerable.Range(1, RunConfig.CurrentFormat)));
        var manifests = Directory.GetFiles(s_fixtures, Checkpoints.ManifestName, SearchOption.AllDirectories);
        Assert.That(manifests, Has.Length.EqualTo(CheckpointManifest.CurrentFormat), "add a run folder of the format that is now past");
    }

    [TestCase("format-1"), TestCase("format-2")]
    public void A_run_is_opened_and_drawn_from(string name)
    {
        string path = Copy(name);
        var run = RunFolder.Open(path);
        Assert.That((run.Config.Model, run.Config.Data, run.Config.Steps, run.Config.Latent, run.Config.Batch, run.Config.Seed), Is.EqualTo(("vae", "digits", 20L, (int?)2, 8, 7UL)));
        Assert.That(run.Config.Hidden, Is.EqualTo(new[] { 1 }));
        Assert.That(run.Metrics().Points[^1].Step, Is.EqualTo(20));
        Draw(path);
        var resume = ConsoleRun.Of("train", "--resume", path);
        Assert.That(resume.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(resume.Error, Does.Contain("made before there were any"), "of checkpoints");
    }

    [Test]
    public void A_run_goes_on_to_the_weights_that_its_own_version_would_have_ended_with()
    {
        string path = Copy("format-2-checkpoints");
        Assert.That(new Checkpoints(RunFolder.Open(path)).Entries.Select(entry => entry.Point.Step), Is.EqualTo(new[] { 10 }));
        var resume = ConsoleRun.Of("train", "--resume", path, "--threads", "1", "--device", "cpu", "--allow-other-isa");
        Assert.That(resume.Code, Is.EqualTo(ExitCode.Done), resume.Error);
        Assert.That(resume.Out, Does.Contain("going on from step 10 of 20"));
        Assert.That(Convert.ToHexStringLower(SHA256.HashData(TensorBytes.Of(Path.Combine(path, "weights.safetensors")))), Is.EqualTo(Ended));
        Draw(path);
    }

    [Test]
    public void A_newer_format_is_refused_whatever_else_it_has()
    {
        string path = Copy("format-2"), file = Path.Combine(path, "run.json");
        File.WriteAllText(file, """{"format": 3, "architecture": "unheard of"}""");
        Assert.That(() => RunFolder.Open(path), Throws.TypeOf<EngineException>().With.Message.Contains("newer version").And.Message.Contains("format 3"));
        path = Copy("format-2-checkpoints");
        File.WriteAllText(Path.Combine(path, Checkpoints.FolderName, Checkpoints.ManifestName), """{"format": 2, "shards": []}""");
        Assert.That(() => new Checkpoints(RunFolder.Open(path)).Entries, Throws.TypeOf<EngineException>().With.Message.Contains("newer version").And.Message.Contains("format 2"));
    }

    [TestCase("null", "Null"), TestCase("[]", "Array"), TestCase("", "JSON"), TestCase("""{"format": 0, "model": "vae", "data": "digits"}""", "format"), TestCase("""{"model": null, "data": "digits"}""", "model")]
    [TestCase("""{"model": "vae", "data": "digits", "batch": -1}""", "batch"), TestCase("""{"model": "vae", "data": "digits", "learningRate": 1e999}""", "learningRate")]
    [TestCase("""{"model": "vae", "data": "digits", "hidden": [4, -4]}""", "hidden"), TestCase("""{"model": "vae", "data": "digits", "classNames": ["a", null]}""", "classNames")]
    [TestCase("""{"model": "vae", "data": "digits", "binarize": "sometimes"}""", "binarize"), TestCase("""{"model": "vae", "model": "gan", "data": "digits"}""", "model"), TestCase("""{"data": "digits"}""", "model")]
    public void A_damaged_run_file_is_told_by_its_field(string text, string says)
    {
        Directory.CreateDirectory(_folder["run"]);
        File.WriteAllText(_folder["run", "run.json"], text);
        Assert.That(() => RunFolder.Open(_folder["run"]), Throws.TypeOf<EngineException>().With.Message.Contains(_folder["run"]).And.Message.Contains(says).And.Message.Contains("damaged"));
    }

    private void Draw(string run)
    {
        string picture = _folder["drawn.png"];
        var sample = ConsoleRun.Of("sample", "vae", "--run", run, "--out", picture, "--device", "cpu", "--threads", "1");
        Assert.That(sample.Code, Is.EqualTo(ExitCode.Done), sample.Error);
        Assert.That(Png.Read(picture).Pixels.Distinct().Count(), Is.GreaterThan(10));
    }

    private string Copy(string name)
    {
        string to = _folder[name];
        foreach (string file in Directory.GetFiles(Path.Combine(s_fixtures, name), "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(Path.Combine(s_fixtures, name), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return to;
    }
}

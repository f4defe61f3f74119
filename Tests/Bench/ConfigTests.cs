using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Bench.Commands;
using GenEngine.Bench.Configuration;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>train --config and --print-config: one file with every option.</summary>
public sealed class ConfigTests
{
    private string _folder = "";

    [OneTimeSetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("genengine config ").FullName;

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestCase("train vae --hidden none --latent 3 --steps 7 --learning-rate 0.002")]
    [TestCase("train gated-pixelcnn --layers 2 --epochs 3 --device cpu --isa portable")]
    [TestCase("train cvae-gan --lambdas 1,2,0.5,1e-05 --seed 18446744073709551615")]
    [TestCase("train wavenet --window 64 --unroll 8")]
    public void A_printed_configuration_is_the_same_when_it_is_fed_back(string line)
    {
        string[] words = line.Split(' ');
        var printed = ConsoleRun.Of([.. words, "--print-config"]);
        Assert.That(printed.Code, Is.EqualTo(ExitCode.Done), printed.Error);
        string file = Write(printed.Out);
        Assert.That(ConsoleRun.Of("train", "--config", file, "--print-config").Out, Is.EqualTo(printed.Out), "of the file alone");
        Assert.That(ConsoleRun.Of([.. words, "--config", file, "--print-config"]).Out, Is.EqualTo(printed.Out), "of the file and the line");
    }

    [Test]
    public void A_configuration_holds_every_option_that_applies()
    {
        using var vae = JsonDocument.Parse(ConsoleRun.Of("train", "vae", "--print-config").Out);
        var names = vae.RootElement.EnumerateObject().Select(property => property.Name).ToList();
        Assert.That(names, Is.SupersetOf(new[] { "model", "data", "batch", "epochs", "seed", "latent", "hidden", "learning-rate", "schedule", "device", "checkpoint-every" }));
        Assert.That(names, Has.None.AnyOf("window", "stacks", "config", "resume", "verbose"));
        Assert.That((vae.RootElement.GetProperty("epochs").GetInt32(), vae.RootElement.GetProperty("steps").ValueKind), Is.EqualTo((10, JsonValueKind.Null)));
        foreach (var option in ConfigPrinter.Options(new ModelOptions(), nulls: true))
            Assert.That(CommandList.For(["train"]).Single().Options.Select(known => known.Name), Does.Contain("--" + option.Key), "a model's option is called on the command line as it is in a file");
    }

    [Test]
    public void What_is_typed_wins_over_the_file()
    {
        string file = Write("""
            {
                // a comment, and a comma behind the last
                "model": "vae", "epochs": 3, "batch": 16, "latent": 5, "hidden": [32, 16], "device": null,
            }
            """);
        using var printed = JsonDocument.Parse(ConsoleRun.Of("train", "--config", file, "--steps", "9", "--latent", "4", "--print-config").Out);
        var root = printed.RootElement;
        Assert.That((root.GetProperty("steps").GetInt32(), root.GetProperty("latent").GetInt32(), root.GetProperty("batch").GetInt32()), Is.EqualTo((9, 4, 16)));
        Assert.That(root.GetProperty("epochs").ValueKind, Is.EqualTo(JsonValueKind.Null), "steps that are typed stand in place of the file's epochs");
        Assert.That(root.GetProperty("hidden").EnumerateArray().Select(width => width.GetInt32()), Is.EqualTo(new[] { 32, 16 }));
        string run = Path.Combine(_folder, "run");
        Assert.That(ConsoleRun.Of("train", "--config", file, "--steps", "3", "--out", run).Code, Is.EqualTo(ExitCode.Done));
        Assert.That(ConsoleRun.Of("train", "--config", file, "--unroll", "4", "--eager").Error, Does.Contain("--eager captures none"));
        var config = RunFolder.Open(run).Config;
        Assert.That((config.Model, config.Steps, config.Batch, config.Latent), Is.EqualTo(("vae", 3L, 16, (int?)5)));
        Assert.That(ConsoleRun.Of("train", "--resume", run, "--config", file).Error, Does.Contain("--config is settled by the run"));
    }

    [TestCase("{\n \"lattent\": 3 }", "line 2: 'lattent' is no option of train. Did you mean 'latent'?")]
    [TestCase("{ \"resume\": \"x\" }", "line 1: 'resume' is typed, and cannot stand in a file.")]
    [TestCase("{\n\n \"latent\": 0 }", "line 3: --latent takes a whole number from 1 up, not '0'.")]
    [TestCase("{ \"learning-rate\": \"fast\" }", "line 1: --learning-rate takes a number from 0 up, not 'fast'.")]
    [TestCase("{ \"unroll\": 64 }", "line 1: --unroll takes auto, off, or a whole number from 1 to 32, not '64'.")]
    [TestCase("{ \"trim\": 1.5 }", "line 1: --trim takes a number from 0 to 1, not '1.5'.")]
    [TestCase("{ \"threads\": 5000 }", "line 1: --threads takes a whole number from 0 to 1024, not '5000'.")]
    [TestCase("{ \"schedule\": \"cosin\" }", "Unknown --schedule value 'cosin'. Did you mean 'cosine'?")]
    [TestCase("{ \"data\": \"minst\" }", "line 1: Unknown data set 'minst'. Did you mean 'mnist'?")]
    [TestCase("{ \"flip\": \"perhaps\" }", "line 1: 'flip' is true or false, not 'perhaps'.")]
    [TestCase("{ \"model\": \"vea\" }", "line 1: Unknown model 'vea'. Did you mean 'vae'?")]
    [TestCase("{ \"batch\": 8,\n \"batch\": 9 }", "line 2: 'batch' is there twice")]
    [TestCase("{ \"hidden\": { \"a\": 1 } }", "line 1: 'hidden' is a text, a number")]
    [TestCase("{ \"steps\": 5, \"epochs\": 2 }", "give one of them")]
    [TestCase("{ \"batch\": 8\n \"seed\": 9 }", "line 2: this is no JSON")]
    [TestCase("[1]", "a configuration is one JSON object")]
    public void A_wrong_file_is_refused_where_it_is_wrong(string text, string expected)
    {
        var run = ConsoleRun.Of("train", "vae", "--config", Write(text));
        Assert.That((run.Code, run.Out), Is.EqualTo((ExitCode.Usage, "")));
        if (text.Contains("vea", StringComparison.Ordinal)) run = ConsoleRun.Of("train", "--config", Write(text));
        Assert.That(run.Error, Does.Contain(expected));
    }

    [Test]
    public void A_file_that_is_not_there_is_said() => Assert.That(ConsoleRun.Of("train", "--config", Path.Combine(_folder, "none.json")).Error, Does.StartWith("error: Cannot read the configuration"));

    [Test]
    public void Help_knows_the_defaults_of_the_model()
    {
        Assert.That(ConsoleRun.Of("train", "vae", "--help").Out, Does.Contain("Options of vae with their defaults:").And.Contain("--learning-rate 0.001").And.Contain("Examples:"));
        Assert.That(ConsoleRun.Of("train", "--help").Out, Does.Not.Contain("with their defaults"));
        Assert.That(ConsoleRun.Of("models", "wavenet").Out, Does.Contain("--stacks").And.Not.Contain("vae"));
        Assert.That(ConsoleRun.Of("models", "wavenett").Error, Does.Contain("Did you mean 'wavenet'?"));
    }

    private string Write(string text)
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid():N}.json");
        File.WriteAllText(path, text);
        return path;
    }
}

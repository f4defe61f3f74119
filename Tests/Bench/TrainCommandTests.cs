using System.Globalization;
using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>train and the commands on what it leaves, as a user types them; small steps, real files.</summary>
[NonParallelizable] // cultures and the current folder belong to the process
public sealed class TrainCommandTests
{
    private string _folder = "";

    [OneTimeSetUp]
    public void Train()
    {
        _folder = Path.Combine(Path.GetTempPath(), $"genengine run 数字 {Guid.NewGuid():N}");
        var run = ConsoleRun.Of("train", "vae", "--steps", "30", "--batch", "16", "--out", _folder, "--seed", "3");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestCase("weights.safetensors"), TestCase("run.json"), TestCase("metrics.jsonl")]
    [TestCase("reconstructions.png"), TestCase("samples.png"), TestCase("manifold.png"), TestCase("codes.png"), TestCase("loss.png")]
    public void The_run_folder_holds(string file) => Assert.That(new FileInfo(Path.Combine(_folder, file)).Length, Is.GreaterThan(200));

    [Test]
    public void Pictures_are_real_pngs_with_something_on_them()
    {
        foreach (string file in Directory.GetFiles(_folder, "*.png"))
        {
            var image = Png.Read(file);
            Assert.That(image.Pixels.Distinct().Count(), Is.GreaterThan(20), file);
        }
    }

    [Test]
    public void A_run_on_fixed_bits_is_evaluated_and_goes_on_on_the_same_bits()
    {
        string folder = Path.Combine(_folder, "fixed bits");
        var run = ConsoleRun.Of("train", "pixelcnn", "--binarize", "static", "--steps", "1", "--batch", "8", "--width", "8", "--layers", "1", "--out", folder);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        Assert.That(run.Error, Does.Contain("binarisation: static"));
        var evaluated = ConsoleRun.Of("evaluate", "pixelcnn", "--run", folder);
        Assert.That(evaluated.Code, Is.EqualTo(ExitCode.Done), evaluated.Error);
        Assert.That(evaluated.Out, Does.Contain("static bits"));
        Assert.That(evaluated.Error, Does.Not.Contain("not the test images"));
        var resumed = ConsoleRun.Of("train", "--resume", folder); // checks the hash of the images
        Assert.That(resumed.Code, Is.EqualTo(ExitCode.Done), resumed.Error);
        Assert.That(ConsoleRun.Of("train", "vae", "--binarize", "static", "--print-config").Out, Does.Contain("\"binarize\": \"static\""));
    }

    [Test]
    public void A_run_is_never_overwritten()
    {
        var again = ConsoleRun.Of("train", "vae", "--steps", "1", "--out", _folder);
        Assert.That(again.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(again.Error, Does.Contain("never overwrites").And.Contain("--out"));
    }

    [Test]
    public void Sample_manifold_and_evaluate_take_the_run_and_say_which()
    {
        string picture = Path.Combine(_folder, "ä b.png");
        var sample = ConsoleRun.Of("sample", "vae", "--run", _folder, "--count", "4", "--columns", "2", "--out", picture);
        Assert.That(sample.Code, Is.EqualTo(ExitCode.Done), sample.Error);
        Assert.That(sample.Error, Does.Contain(_folder));
        Assert.That(sample.Out.Trim(), Is.EqualTo(picture));
        File.Delete(picture);
        var manifold = ConsoleRun.Of("manifold", "vae", "--run", _folder, "--side", "3");
        Assert.That(manifold.Code, Is.EqualTo(ExitCode.Done), manifold.Error);
        Assert.That(File.Exists(Path.Combine(_folder, "manifold-3.png")));
        var evaluate = ConsoleRun.Of("evaluate", "vae", "--run", _folder, "--json");
        Assert.That(evaluate.Code, Is.EqualTo(ExitCode.Done), evaluate.Error);
        var scores = JsonDocument.Parse(evaluate.Out).RootElement[0].GetProperty("scores");
        Assert.That(scores.EnumerateArray().Single(score => score.GetProperty("name").GetString() == "-elbo").GetProperty("value").GetDouble(), Is.InRange(50, 600));
    }

    [TestCase("de-DE"), TestCase("tr-TR")]
    public void Another_culture_changes_nothing(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        string folder = $"{_folder}-{culture}";
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo(culture);
            var run = ConsoleRun.Of("train", "vae", "--steps", "30", "--batch", "16", "--out", folder, "--seed", "3", "--learning-rate", "0.001");
            Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
            Assert.That(File.ReadAllText(Path.Combine(folder, "metrics.jsonl")), Is.EqualTo(File.ReadAllText(Path.Combine(_folder, "metrics.jsonl"))));
            Assert.That(File.ReadAllBytes(Path.Combine(folder, "weights.safetensors")), Is.EqualTo(File.ReadAllBytes(Path.Combine(_folder, "weights.safetensors"))));
        }
        catch (CultureNotFoundException)
        {
            Assert.Ignore($"this runtime is built without cultures; {culture} cannot be tried");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void Ctrl_c_keeps_what_was_learned()
    {
        string folder = $"{_folder}-stopped";
        using var stop = new CancellationTokenSource();
        stop.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            var run = ConsoleRun.Of(stop.Token, "train", "vae", "--steps", "10000000", "--batch", "16", "--out", folder);
            Assert.That(run.Code, Is.EqualTo(ExitCode.Stopped), run.Error);
            Assert.That(run.Out, Does.Contain("Stopped after"));
            Assert.That(ConsoleRun.Of("sample", "vae", "--run", folder).Code, Is.EqualTo(ExitCode.Done));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void A_loss_that_is_not_a_number_stops_with_step_and_term()
    {
        string folder = $"{_folder}-nan";
        try
        {
            var run = ConsoleRun.Of("train", "vae", "--steps", "300", "--batch", "8", "--learning-rate", "1e18", "--out", folder);
            Assert.That(run.Code, Is.EqualTo(ExitCode.Failed));
            Assert.That(run.Error, Does.Match("'(-elbo|reconstruction|kl)' is .* at step [0-9]+"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void Unknown_names_are_answered_with_the_nearest()
    {
        Assert.That(ConsoleRun.Of("train", "vea").Error, Does.Contain("vae"));
        Assert.That(ConsoleRun.Of("train", "vae", "--data", "digist").Error, Does.Contain("digits"));
        Assert.That(ConsoleRun.Of("gradcheck", "Linaer").Error, Does.Contain("Linear"));
    }

    [Test]
    public void Damaged_weights_and_foreign_folders_are_refused()
    {
        string folder = $"{_folder}-damaged";
        Directory.CreateDirectory(folder);
        try
        {
            File.Copy(Path.Combine(_folder, "run.json"), Path.Combine(folder, "run.json"));
            File.WriteAllBytes(Path.Combine(folder, "weights.safetensors"), File.ReadAllBytes(Path.Combine(_folder, "weights.safetensors"))[..5000]);
            Assert.That(ConsoleRun.Of("sample", "vae", "--run", folder).Error, Does.Contain("weights.safetensors"));
            Assert.That(ConsoleRun.Of("sample", "ae", "--run", _folder).Error, Does.Contain("run of 'vae'"));
            Assert.That(ConsoleRun.Of("sample", "vae", "--run", Path.GetTempPath()).Error, Does.Contain("no run.json"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void Without_a_run_the_train_command_is_named()
    {
        var error = Assert.Throws<EngineException>(() => RunFolder.Newest("vae", $"{_folder}-none"));
        Assert.That(error!.Message, Does.Contain("train vae"));
    }

    [Test]
    public void Gradcheck_of_one_op_passes()
    {
        var run = ConsoleRun.Of("gradcheck", "Linear", "--threads", "2");
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Out);
        Assert.That(run.Out, Does.Contain("0 failed"));
    }
}

using System.Security.Cryptography;
using System.Text.Json;
using System.Xml.Linq;
using GenEngine.Bench;
using GenEngine.Bench.Commands;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Runs;
using GenEngine.Tests.Data;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>What train leaves in the run folder for people and other programs to look at, and that none of it changes a bit of training.</summary>
[NonParallelizable] // the environment belongs to the process
public sealed class RunFolderTests
{
    private TemporaryFolder _folder = null!;
    private DataEnvironment _environment = null!;
    private string[] _data = [], _line = [];
    private string _whole = "";

    [OneTimeSetUp]
    public void Train()
    {
        _folder = new TemporaryFolder();
        _environment = new DataEnvironment(null, _folder["cache"]);
        _data = ["--data", SmallData.Faces(_folder), "--size", "28", "--channels", "1"];
        _line = ["train", "vae", .. _data, "--backbone", "mlp", "--steps", "40", "--batch", "8", "--hidden", "16", "--latent", "2", "--seed", "3", "--schedule", "cosine", "--threads", "1"];
        _whole = _folder["whole"];
        Done([.. _line, "--checkpoint-every", "10", "--out", _whole]);
    }

    [OneTimeTearDown]
    public void Remove()
    {
        _environment.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Another_program_reads_losses_rates_figures_and_samples_of_the_event_files()
    {
        var (values, restarts) = EventFileReader.Read(EventFileReader.Of(_whole));
        Assert.That(restarts, Is.Empty);
        var (names, points) = RunFolder.Open(_whole).Metrics();
        Assert.That(points, Has.Count.EqualTo(40));
        for (int i = 0; i < names.Count; i++)
        {
            var losses = values.Where(value => value.Tag == $"train/{names[i]}").ToList();
            Assert.That(losses.Select(value => (value.Step, value.Scalar)), Is.EqualTo(points.Select(point => (point.Step, (float)point.Losses[i]))), names[i]);
        }

        var rates = values.Where(value => value.Tag.StartsWith("learning rate/", StringComparison.Ordinal)).Select(value => value.Scalar).Distinct().ToList();
        Assert.That((rates[0], rates[^1]), Is.EqualTo((1e-3f, (float)(1e-3 * (1 + Math.Cos(Math.PI * 39 / 40)) / 2))), "the first and the last update's");
        Assert.That(values.Where(value => value.Tag == "speed/steps per second").Select(value => value.Scalar), Is.All.GreaterThan(0).And.Exactly(40).Items);
        Assert.That(values.Where(value => value.Tag.StartsWith("test/", StringComparison.Ordinal)).Select(value => (value.Tag, value.Step)), Does.Contain(("test/-elbo", 40L)).And.Contain(("test/kl", 40L)));
        var images = values.Where(value => value.Png is not null).ToList();
        Assert.That(images.Select(image => image.Step), Is.EqualTo((long[])[10, 20, 30, 40]));
        foreach (var image in images)
        {
            Assert.That(image.Png, Is.EqualTo(File.ReadAllBytes(Path.Combine(_whole, "samples", $"step-{image.Step}.png"))));
            Assert.That((image.Width, image.Height), Is.EqualTo(((8 * 57) + 1, (8 * 57) + 1)).Or.EqualTo((8 * 57, 8 * 57)).Or.EqualTo(((8 * 57) - 1, (8 * 57) - 1)));
        }
    }

    [Test]
    public void Samples_are_of_one_noise_and_change_only_as_the_weights_do()
    {
        byte[] first = Png.Read(Path.Combine(_whole, "samples", "step-10.png")).Pixels, last = Png.Read(Path.Combine(_whole, "samples", "step-40.png")).Pixels;
        Assert.That(last, Is.Not.EqualTo(first));
        string other = _folder["other checkpoints"];
        Done([.. _line, "--checkpoint-every", "0", "--out", other]);
        Assert.That(Directory.GetFiles(Path.Combine(other, "samples")).Select(Path.GetFileName), Is.EqualTo((string[])["step-40.png"]), "the end has one always");
        Assert.That(Png.Read(Path.Combine(other, "samples", "step-40.png")).Pixels, Is.EqualTo(last));
        Same("weights.safetensors", _whole, other);
        Same("samples.png", _whole, other, pixels: true);
    }

    /// <summary>Models with running statistics, with noise in every step, that draw pixel by pixel, and with more than one optimiser: sheets at every step change nothing.</summary>
    [TestCase("infogan --width 8"), TestCase("cvae --backbone mlp --hidden 8 --latent 2"), TestCase("ae --backbone mlp --hidden 8 --noise 0.3"), TestCase("pixelgan-ae --latent 4 --hidden 8 --width 4 --layers 1")]
    public void Looking_changes_no_bit_of_training(string line)
    {
        string watched = _folder[$"watched {line}"], plain = _folder[$"plain {line}"];
        Done(["train", .. line.Split(' '), .. _data, "--steps", "4", "--batch", "4", "--seed", "1", "--checkpoint-every", "1", "--out", watched]);
        Done(["train", .. line.Split(' '), .. _data, "--steps", "4", "--batch", "4", "--seed", "1", "--checkpoint-every", "0", "--out", plain]);
        Assert.That(Directory.GetFiles(Path.Combine(watched, "samples")), Has.Length.EqualTo(4));
        foreach (string file in (string[])["weights.safetensors", "metrics.jsonl"]) Same(file, watched, plain);
        Assert.That(State(plain), Is.EqualTo(State(watched)), "moments, counters, random numbers and the place in the data");
        Assert.That(Png.Read(Path.Combine(watched, "samples", "step-4.png")).Pixels, Is.EqualTo(Png.Read(Path.Combine(plain, "samples", "step-4.png")).Pixels));
    }

    [Test]
    public void A_resumed_run_has_the_events_of_one_that_was_not_stopped()
    {
        string folder = _folder["killed"];
        Done([.. _line, "--checkpoint-every", "10", "--out", folder]);
        // as a process leaves it that dies while it writes the last checkpoint: that is not there, events are cut short, and the sheet before was not made any more
        File.Delete(Path.Combine(folder, "checkpoints", "step-40.safetensors"));
        File.Delete(Path.Combine(folder, "weights.safetensors"));
        File.Delete(Path.Combine(folder, "samples", "step-30.png"));
        string events = EventFileReader.Of(folder).Single();
        using (var stream = new FileStream(events, FileMode.Append)) stream.Write([7, 0, 0]);
        Done("train", "--resume", folder, "--checkpoint-every", "10", "--threads", "1");
        foreach (string file in (string[])["weights.safetensors", "metrics.jsonl"]) Same(file, _whole, folder);
        foreach (long step in (long[])[10, 20, 30, 40]) Same(Path.Combine("samples", $"step-{step}.png"), _whole, folder, pixels: true);
        Assert.That(EventFileReader.Of(folder).Count(), Is.EqualTo(2), "one a process");
        var (values, restarts) = EventFileReader.Read(EventFileReader.Of(folder));
        Assert.That(restarts, Is.EqualTo((long[])[31]));
        var whole = EventFileReader.Read(EventFileReader.Of(_whole)).Values;
        Assert.That(Told(values), Is.EqualTo(Told(whole)), "the same values of the same steps, each once");
        var processes = RunEnvironment.Of(RunFolder.Open(folder));
        Assert.That(processes.Select(process => process.FromStep), Is.EqualTo((long[])[0, 30]));
        Assert.That(processes[1].Command, Does.StartWith("train --resume ").And.Contain("--checkpoint-every 10"));

        // what is done stays as it is
        Done("train", "--resume", folder, "--threads", "1");
        Assert.That(Told(EventFileReader.Read(EventFileReader.Of(folder)).Values), Is.EqualTo(Told(whole)));

        static IEnumerable<string> Told(IEnumerable<EventValue> values) =>
            values.Where(value => !value.Tag.StartsWith("speed/", StringComparison.Ordinal)).Select(value => $"{value.Tag} {value.Step} {value.Scalar:R} {value.Png is null}").Order(StringComparer.Ordinal);
    }

    [Test]
    public void The_environment_says_what_a_run_was_made_on_and_not_by_whom()
    {
        string text = File.ReadAllText(Path.Combine(_whole, "environment.json"));
        var process = RunEnvironment.Of(RunFolder.Open(_whole)).Single();
        Assert.That(process.Started, Is.EqualTo(DateTime.UtcNow).Within(TimeSpan.FromHours(1)));
        Assert.That(CommandWords.Split(process.Command), Is.EqualTo((string[])[.. _line, "--checkpoint-every", "10", "--out", _whole]), "as typed");
        Assert.That((process.Device, process.Precision, process.Threads), Is.EqualTo(("cpu", "float32", 1)));
        Assert.That(process.Isa, Is.AnyOf("portable", "avx2", "avx512"));
        Assert.That((process.Cores, process.Dotnet), Is.EqualTo((Environment.ProcessorCount, Environment.Version.ToString())));
        Assert.That(process.MemoryBytes, Is.GreaterThan(1 << 20));
        Assert.That(process.Commit, Is.Null.Or.Match("^[0-9a-f]{40}$"));
        Assert.That(process.Engine, Does.Match(@"^[0-9]+\.[0-9]+\.[0-9]+$"));
        string rest = text.Replace(JsonEncodedText.Encode(process.Command).ToString(), "", StringComparison.Ordinal);
        if (Environment.MachineName.Length > 3) Assert.That(rest, Does.Not.Contain(Environment.MachineName));
    }

    [Test]
    public void A_run_where_a_model_is_named_is_told_how_it_is_named()
    {
        var run = ConsoleRun.Of("sample", _whole);
        Assert.That(run.Code, Is.Not.EqualTo(ExitCode.Done));
        Assert.That(run.Error, Does.Contain($"vae --run {_whole}"));
        Assert.That(ConsoleRun.Of("sample", _folder["none"]).Error, Does.Contain("is no run folder"));
    }

    [Test]
    public void Options_that_could_not_be_read_again_make_no_run()
    {
        var options = new RunConfig { Model = "vae", Data = "digits", Batch = 99_999_999 };
        Assert.That(() => RunFolder.Create(options, _folder["wide"]), Throws.TypeOf<EngineException>().With.Message.Contains("'batch' is 99999999"));
        Assert.That(Directory.Exists(_folder["wide"]), Is.False);
    }

    [Test]
    public void Losses_are_drawn_a_lines_too_alone_and_of_runs_side_by_side()
    {
        var svg = XDocument.Load(Path.Combine(_whole, "loss.svg")).Root!;
        Assert.That(svg.Elements().Where(shape => shape.Name.LocalName == "text").Select(shape => shape.Value), Does.Contain("training loss").And.Contain("kl").And.Contain("nats per image"));
        string again = _folder["compared.svg"];
        Done("runs", _whole, _whole, "--out", again);
        Assert.That(XDocument.Load(again).Root!.Elements().Count(shape => shape.Attribute("clip-path") is not null), Is.EqualTo(2));
    }

    [TestCase(1000, 100_000, 50), TestCase(1000, 20_000, 20), TestCase(2, 300, 50), TestCase(7, 300, 43), TestCase(1, 3, 3), TestCase(1000, 30, 1), TestCase(0, 300, 1)]
    public void Sheets_are_due_at_checkpoints_fifty_times_a_run_at_most(int every, long steps, int sheets)
    {
        long[] due = [.. Enumerable.Range(0, (int)steps + 1).Select(step => (long)step).Where(step => (step == steps || (every > 0 && step % every == 0)) && TrainLog.IsDue(step, every, steps))];
        Assert.That(due, Has.Length.EqualTo(sheets));
        Assert.That(due[^1], Is.EqualTo(steps));
        Assert.That(due[0], Is.GreaterThan(0));
    }

    /// <summary>What the last checkpoint keeps, but for the mean loss since the one before it.</summary>
    private static string State(string folder)
    {
        var point = new Checkpoints(RunFolder.Open(folder)).Entries[^1].Point;
        byte[] file = File.ReadAllBytes(Path.Combine(folder, "checkpoints", Checkpoints.FileName(point.Step)));
        return $"{point with { Loss = null }} {Convert.ToHexString(SHA256.HashData(file.AsSpan(8 + (int)BitConverter.ToInt64(file))))}";
    }

    private static void Same(string file, string one, string other, bool pixels = false)
    {
        if (pixels) Assert.That(Png.Read(Path.Combine(other, file)).Pixels, Is.EqualTo(Png.Read(Path.Combine(one, file)).Pixels), file);
        else Assert.That(File.ReadAllBytes(Path.Combine(other, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(one, file))), file);
    }

    private static void Done(params string[] line)
    {
        var run = ConsoleRun.Of(line);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
    }
}

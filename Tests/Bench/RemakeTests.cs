using GenEngine.Bench;
using GenEngine.Files;
using GenEngine.Tests.Data;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>What pictures and sounds say of their making, and that 'remake' makes them again from it.</summary>
[NonParallelizable] // the environment belongs to the process
public sealed class RemakeTests
{
    private TemporaryFolder _folder = null!;
    private DataEnvironment _environment = null!;

    [OneTimeSetUp]
    public void Train()
    {
        _folder = new TemporaryFolder();
        _environment = new DataEnvironment(null, _folder["cache"]);
        string[] small = ["--data", SmallData.Faces(_folder), "--size", "28", "--channels", "1", "--batch", "4"];
        Done(["train", "vae", .. small, "--steps", "20", "--backbone", "mlp", "--hidden", "16", "--latent", "2", "--seed", "3", "--checkpoint-every", "10", "--out", _folder["vae"]]);
        Done(["train", "cvae", .. small, "--steps", "4", "--backbone", "mlp", "--hidden", "16", "--latent", "3", "--out", _folder["cvae"]]);
        Done(["train", "gated-pixelcnn", .. small, "--width", "4", "--layers", "1", "--steps", "3", "--condition", "bias", "--out", _folder["pixels"]]);
        Done("train", "wavenet", "--data", SmallData.Clips(_folder), "--layers", "3", "--residual", "8", "--skip", "8", "--window", "64", "--batch", "2", "--steps", "5", "--out", _folder["wavenet"]);
    }

    [OneTimeTearDown]
    public void Remove()
    {
        _environment.Dispose();
        _folder.Dispose();
    }

    [TestCase("vae", "samples.png"), TestCase("vae", "manifold.png"), TestCase("vae", "reconstructions.png"), TestCase("vae", "codes.png"), TestCase("vae", "loss.png")]
    [TestCase("vae", "samples/step-10.png"), TestCase("vae", "samples/step-20.png")]
    [TestCase("cvae", "samples.png"), TestCase("cvae", "samples/step-4.png"), TestCase("pixels", "samples.png"), TestCase("pixels", "samples/step-3.png"), TestCase("wavenet", "loss.png")]
    public void Pictures_that_training_leaves_are_made_again_to_the_byte(string run, string picture)
    {
        var notes = Provenance.Read(_folder[run, picture]);
        Assert.That(notes["Command"], Does.StartWith($"train {(run == "pixels" ? "gated-pixelcnn" : run)} ").And.Not.Contain("--out"));
        Assert.That((notes["Software"], notes["Run"]), Is.EqualTo((EngineVersion.Software, _folder[run])));
        Assert.That(notes["Weights"], Does.Match("^[0-9a-f]{64}$"));
        Assert.That(Done("remake", _folder[run, picture]).Out, Does.StartWith("identical: every byte"));
    }

    [TestCase("sample vae --count 6 --columns 3 --seed 9"), TestCase("sample cvae --class bob ann --count 4"), TestCase("reconstruct vae --count 2"), TestCase("manifold vae --side 3"), TestCase("interpolate vae --index 0,1 --columns 4")]
    [TestCase("traverse vae --columns 4"), TestCase("swap cvae --count 1 --to ann"), TestCase("sample gated-pixelcnn --count 2 --sampler naive"), TestCase("complete gated-pixelcnn --count 1 --draws 2")]
    public void What_a_command_drew_is_drawn_again_to_the_byte(string line)
    {
        string[] words = line.Split(' ');
        string run = _folder[words[1] == "gated-pixelcnn" ? "pixels" : words[1]], path = _folder[$"{Guid.NewGuid():N}.png"];
        Done([.. words, "--threads", "1", "--run", run, "--out", path]);
        Assert.That(Provenance.Read(path)["Command"], Is.EqualTo($"{line} --threads 1"));
        Assert.That(Provenance.Read(path).Keys, Is.SupersetOf((string[])["Software", "Run", "Weights", "Seed", "Device"]));
        Assert.That(Done("remake", path).Out, Does.StartWith("identical: every byte"));
    }

    [TestCase("data show --count 2 --data", "faces"), TestCase("data show --count 1 --data", "clips")]
    public void What_was_drawn_without_a_run_is_too(string line, string data)
    {
        Done([.. line.Split(' '), _folder[data], "--out", _folder["shown.png"]]);
        Assert.That(Done("remake", _folder["shown.png"]).Out, Does.StartWith("identical: every byte"));
    }

    [Test]
    public void Comparisons_name_their_runs()
    {
        string path = _folder["compared.png"];
        Done("runs", _folder["vae"], _folder["cvae"], "--out", path);
        Assert.That(Done("remake", path).Out, Does.StartWith("identical: every byte"));
    }

    [Test]
    public void Sounds_and_files_beside_each_other_are_found_by_their_part()
    {
        Done("sample", "wavenet", "--run", _folder["wavenet"], "--count", "2", "--length", "40", "--seed", "5", "--out", _folder["made.wav"]);
        foreach (string file in (string[])["made-1.wav", "made-2.wav", "made.png"]) Assert.That(Done("remake", _folder[file]).Out, Does.StartWith("identical: every byte"), file);
        Assert.That(Provenance.Read(_folder["made-2.wav"])["Part"], Is.EqualTo("sound 2"));
        Done("sample", "gated-pixelcnn", "--run", _folder["pixels"], "--trace", "--class", "bob", "--out", _folder["trace.png"]);
        foreach (string file in (string[])["trace.png", "trace-animated.png"]) Assert.That(Done("remake", _folder[file]).Out, Does.StartWith("identical: every byte"), file);
        Done("swap", "cvae", "--run", _folder["cvae"], "--count", "1", "--to", "ann", "--separate", _folder["apart"]);
        foreach (string file in Directory.GetFiles(_folder["apart"])) Assert.That(Done("remake", file).Out, Does.StartWith("identical: every byte"), file);
    }

    [Test]
    public void What_differs_is_counted_and_the_exit_code_says_so()
    {
        string path = _folder["mine.png"], wav = _folder["mine.wav"];
        Done("sample", "vae", "--run", _folder["vae"], "--count", "4", "--out", path);
        var picture = Png.Read(path, out var notes);
        Png.Write(path, picture, [.. notes.Select(note => (note.Key, note.Key == "Device" ? "an abacus" : note.Value))]);
        var same = Done("remake", path);
        Assert.That(same.Out, Does.StartWith("identical: every pixel").And.Contain("Device: an abacus, and now cpu"));
        picture.Pixels[17] = (byte)(picture.Pixels[17] > 100 ? picture.Pixels[17] - 3 : picture.Pixels[17] + 3);
        picture.Pixels[18] ^= 1;
        Png.Write(path, picture, [.. notes.Select(note => (note.Key, note.Value))]);
        var differs = ConsoleRun.Of("remake", path, "--out", _folder["again.png"]);
        Assert.That(differs.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(differs.Out, Does.StartWith("different: 2 of ").And.Contain("by 3 of 255"));
        Assert.That(Png.Read(_folder["again.png"]).Pixels[18], Is.EqualTo(picture.Pixels[18] ^ 1), "what was drawn is kept");

        Done("sample", "wavenet", "--run", _folder["wavenet"], "--length", "40", "--out", wav);
        var sound = WavFile.Read(wav);
        sound.Samples[^1] = sound.Samples[^1] > 0 ? -0.5f : 0.5f;
        WavWriter.Write(wav, sound.Samples, sound.SampleRate, [.. Provenance.Read(wav).Select(note => (note.Key, note.Value))]);
        Assert.That(ConsoleRun.Of("remake", wav).Out, Does.StartWith("different: 1 of 40 samples"));
    }

    [Test]
    public void A_run_that_moved_is_found_and_one_with_other_weights_is_refused()
    {
        string path = _folder["moving.png"], moved = _folder["moved"];
        Done("sample", "cvae", "--run", _folder["cvae"], "--count", "4", "--out", path);
        Directory.Move(_folder["cvae"], moved);
        try
        {
            Assert.That(ConsoleRun.Of("remake", path).Error, Does.Contain("no longer there").And.Contain("--run"));
            Assert.That(Done("remake", path, "--run", moved).Out, Does.StartWith("identical: every pixel").And.Contain("Run: "));
            Assert.That(Done("remake", Path.Combine(moved, "samples.png")).Out, Does.StartWith("identical: every pixel"), "by the folder that it lies in");
            var wrong = ConsoleRun.Of("remake", path, "--run", _folder["vae"]);
            Assert.That(wrong.Code, Is.EqualTo(ExitCode.Failed));
            Assert.That(wrong.Error, Does.Contain("other weights"));
        }
        finally
        {
            Directory.Move(moved, _folder["cvae"]);
        }
    }

    [Test]
    public void A_sheet_whose_checkpoint_is_gone_says_so()
    {
        string run = _folder["long"];
        Done("train", "vae", "--data", _folder["faces"], "--size", "28", "--channels", "1", "--batch", "4", "--backbone", "mlp", "--steps", "10", "--hidden", "8", "--latent", "2", "--checkpoint-every", "1", "--out", run);
        var gone = Directory.GetFiles(Path.Combine(run, "samples")).Select(file => ConsoleRun.Of("remake", file)).Where(made => made.Code != ExitCode.Done).ToList();
        Assert.That(gone, Has.Count.EqualTo(7).Or.Count.EqualTo(8), "the newest two and the best are there");
        Assert.That(gone[0].Error, Does.Contain("no longer has").And.Contain("step-10.safetensors"));
    }

    [TestCase("train vae --steps 1", "not run again"), TestCase("data fetch mnist", "not run again"), TestCase("data", "not run again"), TestCase("", "not run again"), TestCase("encode vae", "not run again"), TestCase("sample vae --nonsense 3", "could not be drawn again")]
    public void Only_drawing_is_done_on_a_files_word(string command, string says)
    {
        string path = _folder["foreign.png"], target = _folder["written by a file"];
        Png.Write(path, new Bitmap(3, 3, 1), ("Command", $"{command} --out \"{target}\" --separate={target}"));
        var run = ConsoleRun.Of("remake", path);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Failed));
        Assert.That(run.Error, Does.Contain(says));
        Assert.That(Path.Exists(target), Is.False);
    }

    [Test]
    public void What_says_nothing_of_its_making_is_refused()
    {
        Png.Write(_folder["bare.png"], new Bitmap(3, 3, 1));
        Assert.That(ConsoleRun.Of("remake", _folder["bare.png"]).Error, Does.Contain("does not say how it was made"));
        Assert.That(ConsoleRun.Of("remake", _folder["nowhere.png"]).Error, Does.Contain("nowhere.png"));
        Png.Write(_folder["odd.png"], new Bitmap(3, 3, 1), ("Picture", "portrait.png"), ("Run", _folder["vae"]), ("Weights", Provenance.Read(_folder["vae", "samples.png"])["Weights"]));
        Assert.That(ConsoleRun.Of("remake", _folder["odd.png"]).Error, Does.Contain("portrait.png"));
    }

    [Test]
    public void Command_lines_survive_as_one_text()
    {
        string[][] lines =
        [
            ["sample", "vae", "--count", "3"], ["a b", "", "\"", "\\", "C:\\a\\b", "C:\\a b\\", "--prime=x y", "'", "数字", "two\nlines", "$HOME", "é"], [], [""],
        ];
        foreach (string[] words in lines) Assert.That(CommandWords.Split(CommandWords.Join(words)), Is.EqualTo(words));
        Assert.That(CommandWords.Join(["sample", "my model", "--run", "runs/vae-1"]), Is.EqualTo("sample \"my model\" --run runs/vae-1"));
        Assert.That(CommandWords.Join(["two\nlines"]), Does.Not.Contain("\n"), "a note is one line");
        Assert.That(CommandWords.Split("  a   b "), Is.EqualTo((string[])["a", "b"]));
        Assert.That(CommandWords.Without(["sample", "--out", "a b", "vae", "--out=x", "--run:y", "--outer", "z", "--run"], "--out", "--run"), Is.EqualTo((string[])["sample", "vae", "--outer", "z"]));
    }

    private static ConsoleRun Done(params string[] line)
    {
        var run = ConsoleRun.Of(line);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), $"{string.Join(' ', line)}: {run.Out}{run.Error}");
        return run;
    }
}

using GenEngine.Bench;
using GenEngine.Files;
using GenEngine.Tests.Data;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>What people do with trained models, as they type it: tiny models on digits and on a folder of their own.</summary>
[NonParallelizable]
public sealed class PictureCommandTests
{
    private TemporaryFolder _folder = null!;
    private DataEnvironment _environment = null!;

    [OneTimeSetUp]
    public void Train()
    {
        _folder = new TemporaryFolder();
        _environment = new DataEnvironment(null, _folder["cache"]);
        for (int i = 0; i < 24; i++)
        {
            string name = _folder["faces", i % 2 == 0 ? "ann" : "bob", i % 3 == 0 ? $"{i}.jpg" : $"{i}.png"];
            Directory.CreateDirectory(Path.GetDirectoryName(name)!);
            File.WriteAllBytes(name, i % 3 == 0 ? MadePictures.Jpeg(50 + i, 40, 9) : MadePictures.Png(50, 40 + i, 9));
        }

        string[] small = ["--steps", "20", "--batch", "8", "--backbone", "mlp", "--hidden", "32", "--latent", "3"];
        foreach (string model in (string[])["vae", "cvae"])
            Done(["train", model, "--data", _folder["faces"], "--size", "28", "--flip", "--out", _folder[model], .. small]);
        foreach (string model in (string[])["gan", "infogan", "cvae-gan"])
            Done("train", model, "--data", _folder["faces"], "--size", "28", "--width", "16", "--steps", "4", "--batch", "8", "--out", _folder[model]);
    }

    [OneTimeTearDown]
    public void Remove()
    {
        _environment.Dispose();
        _folder.Dispose();
    }

    [TestCase("reconstruct vae", 2, 2), TestCase("reconstruct cvae --count 2 --columns 1", 1, 4), TestCase("sample cvae --class bob --count 6 --columns 3", 3, 2)]
    [TestCase("manifold cvae --class ann --side 3", 3, 3), TestCase("interpolate vae --index 0,1 --columns 5", 5, 1), TestCase("interpolate vae --spherical --count 2 --columns 4", 4, 2)]
    [TestCase("interpolate cvae --path ann bob --count 2 --columns 4", 4, 2), TestCase("traverse cvae --columns 5", 5, 3), TestCase("swap cvae --count 2", 4, 2), TestCase("swap cvae --to bob --index 0", 3, 1)]
    [TestCase("sample gan --count 6 --columns 3", 3, 2), TestCase("traverse infogan --columns 4", 10, 3), TestCase("reconstruct cvae-gan --count 2 --columns 1", 1, 4), TestCase("swap cvae-gan --count 2", 4, 2)]
    [TestCase("sample cvae-gan --class bob --count 6 --columns 3", 3, 2), TestCase("interpolate cvae-gan --path ann bob --count 2 --columns 4", 4, 2)]
    public void Pictures_are_drawn(string line, int columns, int rows)
    {
        string path = _folder[$"{Guid.NewGuid():N}.png"];
        var run = Done([.. line.Split(' '), "--run", _folder[line.Split(' ')[1]], "--out", path]);
        Assert.That(run.Error, Does.Contain("run: "));
        Assert.That(run.Out.Trim(), Is.EqualTo(path));
        var sheet = Png.Read(path);
        Assert.That(sheet.Width, Is.InRange(columns * 56, columns * 57 + 80));
        Assert.That(sheet.Height, Is.InRange(rows * 56, rows * 57 + 30));
        Assert.That(sheet.Pixels.Distinct().Count(), Is.GreaterThan(10));
    }

    [Test]
    public void Own_pictures_go_to_files_of_their_own()
    {
        Done("swap", "cvae", "--run", _folder["cvae"], "--images", _folder["faces", "ann", "0.jpg"], "--class", "ann", "--separate", _folder["files"]);
        Assert.That(Directory.GetFiles(_folder["files"]).Select(Path.GetFileName), Is.EquivalentTo((string[])["000-original.png", "000-reconstruction.png", "000-ann.png", "000-bob.png"]));
        Assert.That(Png.Read(_folder["files", "000-bob.png"]).Width, Is.EqualTo(28));
    }

    [TestCase("npy"), TestCase("csv")]
    public void Codes_go_to_files_and_back(string kind)
    {
        string file = _folder[$"codes.{kind}"], direct = _folder[$"direct {kind}"], decoded = _folder[$"decoded {kind}"];
        Done("encode", "cvae", "--run", _folder["cvae"], "--out", file);
        Done("reconstruct", "cvae", "--run", _folder["cvae"], "--class", "bob", "--separate", direct);
        Done("decode", "cvae", "--run", _folder["cvae"], "--codes", file, "--class", "bob", "--separate", decoded);
        foreach (string path in Directory.GetFiles(direct, "*-reconstruction.png"))
            Assert.That(Png.Read(Path.Combine(decoded, Path.GetFileName(path).Replace("-reconstruction", "", StringComparison.Ordinal))).Pixels, Is.EqualTo(Png.Read(path).Pixels));
        Assert.That(ConsoleRun.Of("decode", "vae", "--run", _folder["vae"], "--codes", WrongWidth(kind)).Error, Does.Contain("codes of 2 numbers").And.Contain("have 3"));
    }

    [TestCase("sample vae --class ann", "not told a class"), TestCase("sample cvae --class bop", "Did you mean 'bob'"), TestCase("sample cvae --class 7", "ann, bob")]
    [TestCase("swap vae", "none to swap"), TestCase("swap infogan", "cvae, cvae-gan"), TestCase("swap cvae --index 0 --class ann", "leave --class out"), TestCase("sample vae --standard-normal", "for ae"), TestCase("reconstruct gan", "no encoder"), TestCase("traverse gan --index 0", "no encoder"), TestCase("reconstruct vae --index 99", "test images are 0 to"), TestCase("interpolate cvae --path ann", "two or more")]
    [TestCase("interpolate vae --index 0", "two images"), TestCase("decode vae --codes nowhere.npy", "nowhere.npy"), TestCase("decode vae --codes a.txt", "neither"), TestCase("reconstruct vae --images nowhere.png", "nowhere.png")]
    public void Bad_input_is_refused(string line, string says)
    {
        var run = ConsoleRun.Of([.. line.Split(' '), "--run", _folder[line.Split(' ')[1]]]);
        Assert.That(run.Code, Is.Not.EqualTo(ExitCode.Done));
        Assert.That(run.Error, Does.Contain(says));
    }

    [Test]
    public void A_folder_that_moved_is_told_and_found_by_data()
    {
        Directory.Move(_folder["faces"], _folder["moved"]);
        try
        {
            Assert.That(ConsoleRun.Of("reconstruct", "vae", "--run", _folder["vae"]).Error, Does.Contain("no longer there").And.Contain("--data"));
            Done("reconstruct", "vae", "--run", _folder["vae"], "--data", _folder["moved"]);
        }
        finally
        {
            Directory.Move(_folder["moved"], _folder["faces"]);
        }
    }

    [Test]
    public void Models_are_listed()
    {
        Assert.That(Done("models").Out, Does.Contain("Kingma and Welling 2013").And.Contain("images with classes").And.Contain("--latent 2"));
        Assert.That(Done("models", "--json").Out, Does.Contain("\"needs\": \"images with classes\""));
    }

    private string WrongWidth(string kind)
    {
        string path = _folder[$"wrong.{kind}"];
        if (kind == "npy") Npy.Write(path, (ReadOnlySpan<float>)[1, 2, 3, 4], 2);
        else File.WriteAllText(path, "z1,z2\n1,2\n");
        return path;
    }

    private static ConsoleRun Done(params string[] args)
    {
        var run = ConsoleRun.Of(args);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        return run;
    }
}

using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Files;
using GenEngine.Tests.Data;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

public class DataShowTests
{
    private TemporaryFolder _folder = null!;
    private DataEnvironment _environment = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _environment = new DataEnvironment(null, _folder["cache"]);
    }

    [TearDown]
    public void TearDown()
    {
        _environment.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void AFolderIsCountedListedAndDrawn()
    {
        for (int i = 0; i < 24; i++)
        {
            string name = _folder["faces", i % 2 == 0 ? "ann" : "bob", i % 3 == 0 ? $"{i}.jpg" : $"{i}.png"];
            Directory.CreateDirectory(Path.GetDirectoryName(name)!);
            File.WriteAllBytes(name, i % 3 == 0 ? MadePictures.Jpeg(50 + i, 40, 9) : MadePictures.Png(50, 40 + i, 9));
        }
        File.WriteAllBytes(_folder["faces", "ann", "broken.png"], []);
        var run = ConsoleRun.Of("data", "show", "--data", _folder["faces"], "--size", "32", "--count", "4", "--out", _folder["sheet.png"]);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        Assert.That(run.Out, Does.Contain("faces: 32x32 colour, 2 classes").And.Contain("22 train, 2 test").And.Contain("1 of 25").And.Contain("ann/broken.png: the file is empty"));
        Assert.That(run.Out, Does.Match(@"ann +11 +1").And.Match(@"all +22 +2").And.Contain("cache: written"));
        Bitmap sheet = Png.Read(_folder["sheet.png"]);
        Assert.That((sheet.Channels, sheet.Height), Is.EqualTo((3, 2 * (64 + 2) + 2)));

        run = ConsoleRun.Of("data", "show", "--data", _folder["faces"], "--channels", "1", "--flip", "--json");
        using var report = JsonDocument.Parse(run.Out);
        Assert.That(report.RootElement.GetProperty("splits")[0].GetProperty("classes").GetProperty("bob").GetInt32(), Is.EqualTo(22));
        Assert.That(report.RootElement.GetProperty("unreadable")[0].GetProperty("path").GetString(), Is.EqualTo("ann/broken.png"));
    }

    [Test]
    public void SequencesAreCountedAndShown()
    {
        var run = ConsoleRun.Of("data", "show", "--data", "formants", "--count", "3", "--out", _folder["sound.png"]);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        Assert.That(run.Out, Does.Contain("formants: sound").And.Contain("classes").And.Match(@"clips +\d").And.Match(@"samples +\d"));
        Assert.That(Png.Read(_folder["sound.png"]).Width, Is.GreaterThan(300));

        run = ConsoleRun.Of("data", "show", "--data", "text");
        Assert.That(run.Out, Does.Contain("text: text, bytes").And.Contain("entropy rate: ").And.Contain("bytes").And.Contain("."));
        Assert.That(ConsoleRun.Of("data", "show", "--data", "text", "--out", _folder["text.png"]).Error, Does.Contain("is text"));

        run = ConsoleRun.Of("data", "show", "--data", "tones", "--json");
        using var report = JsonDocument.Parse(run.Out);
        Assert.That(report.RootElement.GetProperty("entropy_rate").GetDouble(), Is.InRange(1, 5.6));
        Assert.That(report.RootElement.GetProperty("splits")[1].GetProperty("codes").GetInt32(), Is.GreaterThan(1000));
    }

    [Test]
    public void FactorsOfAvatarsAreDrawn()
    {
        var run = ConsoleRun.Of("data", "show", "--data", "avatars", "--size", "28", "--factors", "--out", _folder["factors.png"]);
        Assert.That(run.Code, Is.EqualTo(ExitCode.Done), run.Error);
        Assert.That(run.Out, Does.Contain("known factors: yaw, pitch").And.Match(@"priya +1000 +250"));
        Assert.That(Png.Read(_folder["factors.png"]).Height, Is.EqualTo(8 * 30 + 2));
    }

    [TestCase("--data avatar", "Did you mean 'avatars'")]
    [TestCase("--data ./nowhere-at-all", "There is no folder")]
    [TestCase("--size 30", "--size")]
    [TestCase("--channels 4", "--channels")]
    [TestCase("--factors", "--factors draws avatars")]
    [TestCase("--data avatars --flip", "leave --flip out")]
    public void BadInputIsRefused(string line, string says)
    {
        var run = ConsoleRun.Of(["data", "show", .. line.Split(' ')]);
        Assert.That(run.Code, Is.Not.EqualTo(ExitCode.Done));
        Assert.That(run.Error, Does.Contain(says));
    }
}

using System.Globalization;
using System.Text.Json;
using GenEngine.Bench;
using GenEngine.Files;
using GenEngine.Tests.Data;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>train and evaluate of a model of sequences, as a user types them.</summary>
public sealed class SequenceCommandTests
{
    private const string Small = "--layers 3 --residual 8 --skip 8 --window 64 --batch 2 --steps 5";

    [Test]
    public void A_text_file_is_learned_and_evaluated()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["my text.txt"], string.Concat(Enumerable.Repeat("Once upon a time. ", 300)));
        var train = ConsoleRun.Of(["train", "wavenet", "--data", folder["my text.txt"], "--out", folder["run"], "--seed", "3", .. Small.Split(' ')]);
        Assert.That(train.Code, Is.EqualTo(ExitCode.Done), train.Error);
        Assert.That(train.Out, Does.Contain("sees 8 codes").And.Contain("bits per byte").And.Contain("histogram"));
        Assert.That(File.ReadAllLines(folder["run", "metrics.jsonl"]), Has.Length.EqualTo(5));
        var evaluate = ConsoleRun.Of("evaluate", "wavenet", "--run", folder["run"], "--json");
        Assert.That(evaluate.Code, Is.EqualTo(ExitCode.Done), evaluate.Error);
        var scores = JsonDocument.Parse(evaluate.Out).RootElement[0].GetProperty("scores").EnumerateArray().ToDictionary(score => score.GetProperty("name").GetString()!, score => score.GetProperty("value").GetDouble());
        string said = train.Out.Split('\n').Single(line => line.TrimStart().StartsWith("nll  ", StringComparison.Ordinal));
        Assert.That(said, Does.Contain(scores["nll"].ToString("F4", CultureInfo.InvariantCulture)), "what train said");
        File.Delete(folder["my text.txt"]);
        Assert.That(ConsoleRun.Of("evaluate", "wavenet", "--run", folder["run"]).Error, Does.Contain("no longer there").And.Contain("--data"));
        Assert.That(ConsoleRun.Of("sample", "vae", "--run", folder["run"]).Error, Does.Contain("wavenet"));
    }

    [Test]
    public void A_folder_of_recordings_is_learned_class_by_class()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in (string[])["no", "yes"])
            for (int i = 0; i < 4; i++) WavWriter.Write(folder["clips", name, $"{i}.wav"], [.. Enumerable.Range(0, 150 + i).Select(t => 0.5f * MathF.Sin(0.1f * t * (name == "no" ? 1 : 2)))], 8000);
        var train = ConsoleRun.Of(["train", "wavenet", "--data", folder["clips"], "--condition", "bias", "--out", folder["run"], .. Small.Split(' ')]);
        Assert.That(train.Code, Is.EqualTo(ExitCode.Done), train.Error);
        Assert.That(train.Out, Does.Contain("2 classes").And.Contain("nats per sample"));
        Assert.That(train.Error, Does.Contain("held out"));
        Assert.That(File.ReadAllText(folder["run", "run.json"]), Does.Contain("\"clips\": \"apart\"").And.Contain("\"condition\": \"bias\"").And.Contain("\"sampleRate\": 8000"));
        Assert.That(ConsoleRun.Of("evaluate", "wavenet", "--run", folder["run"]).Code, Is.EqualTo(ExitCode.Done));
    }

    [TestCase("train wavenet --data mnist --steps 1", "images")]
    [TestCase("train vae --data tones --steps 1", "sequences")]
    [TestCase("train wavenet --data tonnes --steps 1", "tones")]
    [TestCase("train wavenet --condition bias --steps 1", "has none")]
    [TestCase("train wavenet --data formants --condition bias --clips joined --steps 1", "--condition")]
    [TestCase("train wavenet --data formants --clips apart --window 5000 --steps 1", "longest of 500 has 4,000")]
    [TestCase("train wavenet --data text --layers 14 --window 4096 --steps 1", "more than a window")]
    [TestCase("train wavenet --data formants --clips apart --layers 13 --window 3000 --steps 1", "longer than every clip")]
    [TestCase("train wavenet --latent 3 --steps 1", "--stacks")]
    [TestCase("train vae --stacks 3 --steps 1", "--hidden")]
    [TestCase("train wavenet --data nothing/here.txt --steps 1", "here.txt")]
    [TestCase("train wavenet --data fsdd:nobody --steps 1", "fsdd")]
    public void What_cannot_be_is_said(string line, string why)
    {
        using var folder = new TemporaryFolder();
        using var environment = new DataEnvironment(null, folder["cache"]);
        var run = ConsoleRun.Of([.. line.Split(' '), "--out", folder["run"]]);
        Assert.That(run.Code, Is.Not.EqualTo(ExitCode.Done));
        Assert.That(run.Error, Does.Contain(why));
        Assert.That(File.Exists(folder["run", "run.json"]), Is.False, "no run is begun");
    }
}

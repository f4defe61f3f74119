using GenEngine.Bench;
using GenEngine.Data;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>import as a user types it: weights from PyTorch's layout become a run that every command works on.</summary>
public sealed class ImportCommandTests
{
    [Test]
    public void Imported_weights_are_a_run()
    {
        using var folder = new TemporaryFolder();
        string file = folder["vae.safetensors"], run = folder["run"];
        float[] weight = Export(file, "vae", new DataShape(28, 28, 1, 10), new ModelOptions { Backbone = "mlp", Hidden = [16] });
        var imported = ConsoleRun.Of("import", "vae", file, "--hidden", "16", "--out", run);
        Assert.That(imported.Code, Is.EqualTo(ExitCode.Done), imported.Error);
        Assert.That(imported.Out, Does.Contain("parameters from " + file).And.Contain($"run folder: {run}"));
        var config = RunFolder.Open(run).Config;
        Assert.That((config.Model, config.Data, config.Steps, config.TrainHash, config.Device), Is.EqualTo(("vae", "digits", 0L, (string?)null, "imported from vae.safetensors")));
        using (var reader = GenEngine.Files.SafeTensorsReader.Open(RunFolder.Open(run).WeightsPath)) Assert.That(reader.Read<float>("vae.encoder.0.weight"), Is.EqualTo(weight));
        var sampled = ConsoleRun.Of("sample", "vae", "--run", run, "--count", "2", "--out", folder["samples.png"]);
        Assert.That(sampled.Code, Is.EqualTo(ExitCode.Done), sampled.Error);
        Assert.That(File.Exists(folder["samples.png"]));
        Assert.That(ConsoleRun.Of("runs", "--root", folder.Path).Out, Does.Contain("vae"));

        Refused("never overwrites", "import", "vae", file, "--hidden", "16", "--out", run);
        Refused("[16, 784], the model wants [512, 784]", "import", "vae", file, "--out", folder["other"]);
        Refused("no tensor 'cvae.encoder.0.weight' [16, 794]", "import", "cvae", file, "--backbone", "mlp", "--hidden", "16", "--out", folder["other"]);
        Refused("could not be opened", "import", "vae", folder["none"], "--out", folder["other"]);
        Refused("Did you mean 'vae'?", "import", "vea", file);
        Refused("is of a run of this engine", "import", "vae", RunFolder.Open(run).WeightsPath, "--hidden", "16", "--out", folder["other"]);
        Assert.That(Directory.Exists(folder["other"]) && Directory.EnumerateFileSystemEntries(folder["other"]).Any(), Is.False, "what is refused leaves no run");
    }

    [Test]
    public void Weights_of_a_model_of_sequences_too()
    {
        using var folder = new TemporaryFolder();
        string file = folder["wavenet.safetensors"], run = folder["run"];
        var set = SequenceSets.Load("text", "train");
        Export(file, "wavenet", DataShape.Of(set, 64), new ModelOptions { Stacks = 1, Layers = 2, Residual = 4, Skip = 8 });
        var imported = ConsoleRun.Of("import", "wavenet", file, "--data", "text", "--window", "64", "--stacks", "1", "--layers", "2", "--residual", "4", "--skip", "8", "--out", run);
        Assert.That(imported.Code, Is.EqualTo(ExitCode.Done), imported.Error);
        var sampled = ConsoleRun.Of("sample", "wavenet", "--run", run, "--length", "20", "--out", folder["text.txt"]);
        Assert.That(sampled.Code, Is.EqualTo(ExitCode.Done), sampled.Error);
    }

    private static void Refused(string says, params string[] line)
    {
        var run = ConsoleRun.Of(line);
        Assert.That((run.Code, run.Out), Is.EqualTo((ExitCode.Failed, "")), string.Join(' ', line));
        Assert.That(run.Error, Does.Contain(says));
    }

    /// <summary>Exports an untrained model; gives its first parameter.</summary>
    private static float[] Export(string file, string name, DataShape data, ModelOptions options)
    {
        using var device = new CpuDevice(new CpuOptions(1));
        using var context = new Context(device, seed: 1);
        using var model = Zoo.Find(name).Build(context, data, options);
        PyTorchWeights.Export(file, model);
        return model.Groups[0].Parameters[0].ToArray<float>();
    }
}

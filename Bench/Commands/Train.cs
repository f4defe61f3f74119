using System.CommandLine;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Layout;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>train MODEL: trains, draws, and leaves a run folder.</summary>
internal static class Train
{
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = $"What to train: {string.Join(", ", Zoo.Names)}." };
        model.CompletionSources.Add([.. Zoo.Names]);
        var command = new ConsoleCommand("train", "Train a model, write its weights and pictures to a run folder.")
        {
            Examples =
            [
                ("train vae", "a VAE with a 2-D code on the built-in digits, and its latent manifold"),
                ("train vae --data mnist --hidden 400 --latent 20", "the usual MNIST benchmark, 784-400-20"),
                ("train ae --data fashion-mnist --latent 16", "an autoencoder of clothes"),
                ("train vae --device simt --check --steps 3 --batch 8", "the CUDA kernels under the checking emulator"),
            ],
        };
        var options = new TrainOptions(command);
        command.Arguments.Add(model);
        command.OnRun(session => Run(session, options, session.Get(model)!));
        return command;
    }

    private static int Run(Session session, TrainOptions options, string name)
    {
        var entry = Zoo.Find(name);
        var settings = options.Read(session);
        OutputPath.Folder(settings.Out ?? "runs");
        using var device = options.Device.Open(session);
        if (device is CpuDevice cpu) WarmUp.Start(entry, cpu.Isa);
        var (trainSet, testSet) = Load(settings);
        using var context = new Context(device, seed: settings.Seed);
        var config = settings.Config(entry.Name, trainSet.Count) with
        {
            Device = device.Description,
            Isa = (device as CpuDevice)?.Isa.Name(),
            Precision = ((device as GpuDevice)?.Precision ?? Precision.Float32).Name(),
        };
        var model = entry.Create(context, DataShape.Of(trainSet), config);
        using var data = new DeviceDataset(context, trainSet, settings.Binarization);
        var run = RunFolder.Create(config, settings.Out);
        var report = new TrainReport(session, model, run, settings.Json);
        report.Begin(trainSet, config);

        using var trainer = new Trainer(model, data, settings.Batch, settings.Captured);
        bool finished = report.Watch(progress => trainer.Run(config.Steps, progress, report.Interval, session.Stop));
        WeightFile.Save(run.WeightsPath, model.Groups);
        using var test = new DeviceDataset(context, testSet, settings.Binarization);
        report.Finish(finished, trainer.Step, test, testSet);
        return finished ? ExitCode.Done : ExitCode.Stopped;
    }

    /// <summary>Both splits; made side by side, since the built-in sets are drawn by code.</summary>
    internal static (ImageDataset Train, ImageDataset Test) Load(TrainSettings settings)
    {
        var options = new DataOptions { DataDir = settings.DataDir };
        var source = DataSets.Source(settings.Data);
        if (!source.Splits.Contains("test")) throw new EngineException($"'{settings.Data}' has no test split; choose another data set.");
        return (DataSets.Load(settings.Data, "train", options), DataSets.Load(settings.Data, "test", options));
    }
}

/// <summary>Options of train as the user gave them.</summary>
internal sealed record TrainSettings(
    string Data, string? DataDir, int Batch, int? Steps, int? Epochs, int Latent, IReadOnlyList<int> Hidden, double LearningRate, ulong Seed, Binarization Binarization, bool Captured,
    string? Out, bool Json)
{
    private const int StandardEpochs = 10;

    public RunConfig Config(string model, int images) => new()
    {
        Model = model,
        Data = Data,
        Latent = Latent,
        Hidden = Hidden,
        Batch = Batch,
        Steps = Steps ?? (((long)(Epochs ?? StandardEpochs) * images) + Batch - 1) / Batch,
        LearningRate = LearningRate,
        Seed = Seed,
        Binarize = Binarization == Binarization.Dynamic ? "dynamic" : "none",
    };
}

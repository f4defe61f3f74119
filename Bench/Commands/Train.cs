using System.CommandLine;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Layout;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>train MODEL: trains, draws, and leaves a run folder.</summary>
internal static class Train
{
    public static ConsoleCommand Create()
    {
        var model = new Argument<string?>("model") { Description = $"What to train: {string.Join(", ", Zoo.Names)}.", Arity = ArgumentArity.ZeroOrOne };
        model.CompletionSources.Add([.. Zoo.Names]);
        var command = new ConsoleCommand("train")
        {
            Examples =
            [
                ("train vae", "a VAE with a 2-D code on the built-in digits, and its latent manifold"),
                ("train vae --data mnist --hidden 400 --latent 20", "the usual MNIST benchmark, 784-400-20"),
                ("train ae --data fashion-mnist --backbone conv", "a convolutional autoencoder of clothes"),
                ("train vae --data ~/faces --size 64 --flip", "a folder of your own pictures"),
                ("train vae --minutes 2 --schedule cosine", "as many steps as fit into two minutes on this machine, and the schedule with them"),
                ("train cgan --data mnist --epochs 5", "digits of the class asked for"),
                ("train --resume runs/vae-digits-1", "goes on with a run that was stopped, bit for bit"),
                ("train vae --steps 20 --profile trace.json", "a trace of the launches of a few steps"),
                ("train vae --unroll 16", "sixteen steps in one launch; on a GPU a good number is chosen without it"),
                ("train wavenet --data text --window 512 --steps 500", "a model of text, byte by byte"),
                ("train vae --latent 20 --print-config > vae.json", "every option with its value, to be changed and given to --config vae.json"),
                ("train vae --device simt --check --steps 3 --batch 8", "the CUDA kernels under the checking emulator"),
            ],
        };
        var options = new TrainOptions(command, model);
        command.Arguments.Add(model);
        command.MoreHelp = (parse, output) => PrintDefaults(output, parse.GetValue(model));
        command.OnRun(session =>
        {
            var configured = options.Configured(session);
            return Run(configured, options, configured.Get(model));
        });
        return command;
    }

    private static void PrintDefaults(TextWriter output, string? name)
    {
        if (name is null || !Zoo.Names.Contains(name)) return;
        output.WriteLine($"Options of {name} with their defaults:");
        ModelsCommand.Print(output, Zoo.Find(name));
        output.WriteLine();
    }

    private static int Run(Session session, TrainOptions options, string? name)
    {
        var resumed = options.Resumed(session);
        var entry = Zoo.Find(name ?? resumed?.Config.Model ?? throw new UsageException($"train needs a model: {string.Join(", ", Zoo.Names)}; or a run to go on with: --resume RUN."));
        if (resumed is not null && entry.Name != resumed.Config.Model) throw new UsageException($"'{resumed.Path}' is a run of '{resumed.Config.Model}'; leave '{name}' out.");
        var settings = resumed is null ? options.Read(session, entry.NeedsSequences) : options.Of(session, resumed.Config);
        if (options.PrintsConfig(session)) return TrainConfig.Print(session, options, settings, entry);
        if (resumed is null) OutputPath.Folder(settings.Out ?? "runs");
        if (settings.Profile is { } profile) OutputPath.Folder(Path.GetDirectoryName(Path.GetFullPath(profile))!);
        if (entry.NeedsSequences)
            return TrainSequences.Run(session, options, settings, entry, resumed);
        using var device = options.Device.Open(session);
        if (device is CpuDevice cpu) WarmUp.Start(entry, cpu.Isa);
        CheckFirst(settings, entry, device);
        var (trainSet, testSet) = Load(settings);
        DataArguments.Tell(session, trainSet);
        var shape = DataShape.Of(trainSet);
        if (entry.NeedsClasses) trainSet.RequireClasses($"'{entry.Name}'");
        entry.CheckData(shape);
        settings = settings with { Binarization = Binarized(session, settings, entry, trainSet) };
        if (settings.Minutes is not null)
        {
            var trial = settings.Config(entry, trainSet, testSet);
            settings = settings with { Steps = Pace.Fit(session, settings, device, copy => entry.Build(copy, shape, trial), copy => Data(copy, trial, trainSet, settings.Binarization!.Value)) };
        }

        using var context = new Context(device, seed: settings.Seed);
        var config = resumed?.Config ?? On(device, settings.Config(entry, trainSet, testSet));
        TrainSteps.CheckData(config, trainSet.Name, trainSet.ContentHash);
        using var model = entry.Build(context, shape, config);
        using var data = Data(context, config, trainSet, settings.Binarization!.Value);
        var run = resumed ?? RunFolder.Create(config, settings.Out);
        using var held = run.Lock();
        using var judge = GanWatch.Watches(model) && !settings.Quiet ? Judge.Find(device, trainSet, testSet) : null;
        var report = new TrainReport(session, model, run, settings) { Watcher = GanWatch.Watches(model) && !settings.Quiet ? new GanWatch((GenerativeModel)model, trainSet, judge) : null };
        report.Begin(trainSet, config);

        var (finished, steps) = TrainSteps.Run(session, settings, model, data, run, report, resumed is not null);
        if (!finished) return report.Stopped(steps);
        using var test = new DeviceDataset(context, testSet, settings.Binarization!.Value);
        report.Finish(steps, test, testSet);
        return ExitCode.Done;
    }

    /// <summary>The images, and a few of them with labels where a semi-supervised run asks for some.</summary>
    private static ITrainingData Data(Context context, RunConfig config, ImageDataset images, Binarization binarization) => config.Labelled is > 0 and var count
        ? new SemiSupervisedData(context, images, images.Balanced(count, config.Seed), binarization)
        : new DeviceDataset(context, images, binarization);

    /// <summary>A run's file with where it is made.</summary>
    internal static RunConfig On(Device device, RunConfig config)
    {
        var made = MadeOn.Of(device);
        return config with { Device = device.Description, Isa = made.Isa, Precision = made.Precision };
    }

    /// <summary>As the user said, or as the model wants it: a model of bits gets bits. Which binarisation a likelihood is of is always said.</summary>
    internal static Binarization Binarized(Session session, TrainSettings settings, ModelDescription entry, ImageDataset data)
    {
        bool bits = entry.Resolve(settings.Model, DataShape.Of(data)).Loss == "bernoulli", already = bits && data.Items.AsSpan().IndexOfAnyExcept((byte)0, (byte)255) < 0;
        if (!bits) return settings.Binarization ?? Binarization.None;
        if (settings.Binarization == Binarization.None && !already) throw new EngineException($"'{entry.Name}' draws bits, and {data.Name} is grey; leave --binarize out, or use --loss categorical.");
        session.Error.WriteLine(already ? $"binarisation: static, {data.Name} is of bits" : FormattableString.Invariant($"binarisation: dynamic, drawn anew each epoch from seed {settings.Seed}; test images are drawn once"));
        return already ? Binarization.None : Binarization.Dynamic;
    }

    /// <summary>Enough training images for the shape that a model's defaults depend on, and for whether they are of bits.</summary>
    internal static ImageDataset LoadFew(TrainSettings settings) => DataSets.Load(settings.Data, "train", settings.Source with { Limit = 100 });

    /// <summary>Refuses what options and a few images tell, before all images are drawn: of faces that takes ten seconds. Sets that are read have to be read whole.</summary>
    private static void CheckFirst(TrainSettings settings, ModelDescription entry, Device device)
    {
        const int LargeImage = 64 * 64;
        if (!DataSets.Source(settings.Data).BuiltIn) return;
        var shape = DataShape.Of(LoadFew(settings));
        entry.CheckData(shape);
        var model = entry.Resolve(settings.Model, shape);
        if (shape.Pixels < LargeImage) return; // drawn in less time than a model is built twice
        using var context = new Context(device);
        entry.Build(context, shape, model).Dispose();
    }

    /// <summary>Both splits, loaded and hashed side by side.</summary>
    internal static (ImageDataset Train, ImageDataset Test) Load(TrainSettings settings)
    {
        var options = settings.Source;
        var source = DataSets.Source(settings.Data);
        if (!source.Splits.Contains("test")) throw new EngineException($"'{settings.Data}' has no test split; choose another data set.");
        var test = Task.Run(() => Hashed("test"));
        return (Hashed("train"), test.GetAwaiter().GetResult());

        ImageDataset Hashed(string split)
        {
            var images = DataSets.Load(settings.Data, split, options);
            _ = images.ContentHash; // kept, and wanted for the run's file
            return images;
        }
    }
}

/// <summary>Options of train as the user gave them.</summary>
internal sealed record TrainSettings(
    string Data, DataOptions Source, int Batch, int? Steps, int? Epochs, ModelOptions Model, ulong Seed, Binarization? Binarization, bool Captured, string? Out, bool Json, string? Profile,
    SequenceSettings Sequences)
{
    /// <summary>Steps a launch, see <see cref="Unrolling"/>.</summary>
    public int Unroll { get; init; }

    /// <summary>Steps between two checkpoints; 0 for none but the last.</summary>
    public int CheckpointEvery { get; init; }

    /// <summary>Go on with other bits than the run's.</summary>
    public bool AllowOtherIsa { get; init; }

    /// <summary>In place of steps or epochs: a time that they are to fit.</summary>
    public double? Minutes { get; init; }

    /// <summary>Errors and the final result only.</summary>
    public bool Quiet { get; init; }

    /// <summary>Samples above the progress line, where the terminal can show them.</summary>
    public bool Preview { get; init; } = true;

    public const int StandardEpochs = 10;

    /// <summary>What becomes of the pixels, by the word of --binarize.</summary>
    public string Binarize => Source.FixedBits ? "static" : Binarization == Kernels.Layout.Binarization.Dynamic ? "dynamic" : "none";

    /// <summary>The run's file, every choice made.</summary>
    public RunConfig Config(ModelDescription model, ImageDataset train, ImageDataset test)
    {
        long steps = Steps ?? Trainer.StepsFor(Epochs ?? StandardEpochs, train.Count, Batch);
        return new RunConfig(model.Resolve(Model with { Steps = steps }, DataShape.Of(train)))
        {
            Model = model.Name,
            Data = DataSets.FullName(Data),
            ImageHeight = train.Height,
            ImageWidth = train.Width,
            Channels = train.Channels,
            Flip = Source.Flip,
            ClassNames = train.ClassNames,
            TrainHash = train.ContentHash,
            TestHash = test.ContentHash,
            Batch = Batch,
            Seed = Seed,
            Binarize = Binarize,
        };
    }
}

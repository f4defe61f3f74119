using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>train of a model of sequences: as of images, but for what a batch is, what is measured, and that nothing is drawn.</summary>
internal static class TrainSequences
{
    public static int Run(Session session, TrainOptions options, TrainSettings settings, ModelDescription entry, RunFolder? resumed)
    {
        using var device = options.Device.Open(session);
        if (device is CpuDevice cpu) WarmUp.Start(entry, cpu.Isa);
        var sequences = settings.Sequences;
        var (trainSet, testSet, clips) = Load(session, settings, entry);
        if (settings.Minutes is not null)
        {
            using var measure = new Context(device);
            using var windows = new DeviceSequences(measure, trainSet, sequences.Window);
            var trial = Config(settings, entry, trainSet, testSet, windows.Shape, StepsOf(settings, windows), clips);
            settings = settings with { Steps = Pace.Fit(session, settings, device, copy => entry.Build(copy, windows.Shape, trial), copy => new DeviceSequences(copy, trainSet, sequences.Window)) };
        }

        using var context = new Context(device, seed: settings.Seed);
        using var data = new DeviceSequences(context, trainSet, sequences.Window);
        var config = resumed?.Config ?? Train.On(device, Config(settings, entry, trainSet, testSet, data.Shape, StepsOf(settings, data), clips));
        TrainSteps.CheckData(config, trainSet.Name, trainSet.ContentHash);
        using var model = (ISequenceModel)entry.Build(context, data.Shape, config);
        using var test = new DeviceSequences(context, testSet, Math.Min(sequences.Window, testSet.LongestClip - 1));
        test.Evaluate(model.Field).Dispose(); // what could not be measured at the end is said now
        var run = resumed ?? RunFolder.Create(config, settings.Out);
        using var held = run.Lock();
        var report = new TrainReport(session, model, run, settings);
        report.Begin(data, model.Field);

        var (finished, steps) = TrainSteps.Run(session, settings, model, data, run, report, resumed is not null);
        if (!finished) return report.Stopped(steps);
        report.Finish(steps, testSet, new SequenceEvaluation(model, trainSet, test).Scores());
        return ExitCode.Done;
    }

    /// <summary>Whether windows may cross from clip to clip: as the user said, or as the model wants it.</summary>
    public static string Clips(TrainSettings settings) => settings.Sequences.Clips ?? (IsConditional(settings) ? "apart" : "joined");

    private static bool IsConditional(TrainSettings settings) => settings.Model.Condition is not (null or "none");

    /// <summary>Both splits, and whether their clips were joined or kept apart.</summary>
    internal static (SequenceDataset Train, SequenceDataset Test, string Clips) Load(Session session, TrainSettings settings, ModelDescription entry)
    {
        bool conditional = IsConditional(settings);
        var (train, test) = (SequenceSets.Load(settings.Data, "train", settings.Sequences.Source), SequenceSets.Load(settings.Data, "test", settings.Sequences.Source));
        foreach (string note in train.Notes) session.Error.WriteLine(note);
        if (conditional) train.RequireClasses($"'{entry.Name} --condition'");
        string clips = Clips(settings);
        if (conditional && clips == "joined") throw new UsageException("--clips joined lets windows cross from class to class, which --condition cannot mean; leave one of them out.");
        return clips == "joined" ? (train.Joined(), test.Joined(), clips) : (train, test, clips);
    }

    /// <summary>The run's file, every choice made.</summary>
    internal static RunConfig Config(TrainSettings settings, ModelDescription entry, SequenceDataset train, SequenceDataset test, DataShape shape, long steps, string clips)
    {
        return new RunConfig(entry.Resolve(settings.Model with { Steps = steps }, shape))
        {
            Model = entry.Name,
            Data = SequenceSets.FullName(settings.Data),
            ImageHeight = 1,
            ImageWidth = settings.Sequences.Window,
            Channels = 1,
            Alphabet = train.Alphabet,
            Clips = clips,
            SampleRate = train.SampleRate,
            Trim = settings.Sequences.Source.Trim,
            ClassNames = train.ClassNames,
            TrainHash = train.ContentHash,
            TestHash = test.ContentHash,
            Batch = settings.Batch,
            Seed = settings.Seed,
        };
    }

    internal static long StepsOf(TrainSettings settings, DeviceSequences data) =>
        settings.Steps ?? Trainer.StepsFor(settings.Epochs ?? TrainSettings.StandardEpochs, data.ItemsAnEpoch, settings.Batch);
}

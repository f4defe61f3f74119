using System.Globalization;
using GenEngine.Data;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>How long a model with its defaults takes to train on this machine's best device, and the loss to expect then.</summary>
internal static class ModelPace
{
    /// <summary>One line; measuring takes two seconds.</summary>
    public static string Expectation(Session session, ModelDescription entry)
    {
        using var device = DeviceFactory.Open(null);
        var (config, shape, load) = entry.NeedsSequences ? Sequences(session, entry, device) : Images(session, entry);
        double rate = Pace.StepsPerSecond(device, context => entry.Build(context, shape, config), load, config.Batch, captured: true, Unrolling.Auto, Pace.Budget, session.Stop);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Pace.Duration(config.Steps / rate)} for {TrainSettings.StandardEpochs} epochs of {config.Data} ({config.Steps:N0} steps of {config.Batch}) on {device.Kind.Name()}, {rate:G3} steps/s{Pace.LossBy(ReferenceCurve.Find(config), config.Steps)}");
    }

    private static (RunConfig Config, DataShape Shape, Func<Context, ITrainingData> Load) Images(Session session, ModelDescription entry)
    {
        var settings = Settings("digits", 128);
        var (train, test) = Train.Load(settings);
        settings = settings with { Binarization = Train.Binarized(session, settings, entry, train) };
        return (settings.Config(entry, train, test), DataShape.Of(train), context => new DeviceDataset(context, train, settings.Binarization ?? Binarization.None));
    }

    private static (RunConfig Config, DataShape Shape, Func<Context, ITrainingData> Load) Sequences(Session session, ModelDescription entry, Device device)
    {
        var settings = Settings(SequenceArguments.StandardData, SequenceArguments.StandardBatch);
        var (train, test, clips) = TrainSequences.Load(session, settings, entry);
        using var context = new Context(device);
        using var data = new DeviceSequences(context, train, settings.Sequences.Window);
        return (TrainSequences.Config(settings, entry, train, test, data.Shape, TrainSequences.StepsOf(settings, data), clips), data.Shape, copy => new DeviceSequences(copy, train, settings.Sequences.Window));
    }

    private static TrainSettings Settings(string data, int batch) => new(
        data, DataOptions.Default, batch, null, null, new ModelOptions(), 0, null, true, null, false, null, new SequenceSettings(SequenceArguments.StandardWindow, null, SequenceOptions.Default));
}

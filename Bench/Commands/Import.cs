using System.CommandLine;
using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>import MODEL FILE: a run folder of weights that were trained elsewhere.</summary>
internal static class Import
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("import")
        {
            Examples =
            [
                ("import vae vae.safetensors --data mnist --backbone conv", "then: sample vae, evaluate vae, ..."),
                ("import gan gan.safetensors --data ~/faces --size 64 --width 64 --out runs/faces", "of images of a folder, with DCGAN's width"),
                ("import wavenet speech.safetensors --data fsdd --layers 8", "a model of sound"),
            ],
        };
        var model = new Argument<string>("model") { Description = $"What it is: {string.Join(", ", Zoo.Names)}." };
        model.CompletionSources.Add([.. Zoo.Names]);
        var file = new Argument<string>("file") { Description = "The weights: tensors named group.module.parameter, as a state_dict of modules with the model's names has them." };
        command.Arguments.Add(model);
        command.Arguments.Add(file);
        var data = new DataArguments(command);
        var binarize = new BinarizeOption(command);
        var others = new Option<bool>("--ignore-others") { Description = "Pass over tensors of the file that the model does not have." };
        var output = Options.Out("Run folder to make; runs/<model>-<data>-<n> when not given. Never overwritten.");
        foreach (Option option in (Option[])[others, output]) command.Options.Add(option);
        var options = new ModelArguments(command);
        var sequences = new SequenceArguments(command);
        command.OnRun(session =>
        {
            var entry = Zoo.Find(session.Get(model)!);
            string name = entry.NeedsSequences && !data.IsGiven(session) ? SequenceArguments.StandardData : data.Name(session);
            // no step was made here: those that were are the file's own story
            var settings = new TrainSettings(name, binarize.Of(session, data.Read(session)), 0, 0, null, options.Read(session), 0, binarize.Of(session), false, session.Get(output), false, null, sequences.Read(session, data.Folder(session)));
            return Run(session, entry, session.Get(file)!, settings, session.Get(others));
        });
        return command;
    }

    private static int Run(Session session, ModelDescription entry, string file, TrainSettings settings, bool ignoreOthers)
    {
        SafeTensorsReader.Open(file).Dispose(); // a wrong name is said before any data is made
        OutputPath.Folder(settings.Out ?? "runs");
        var (shape, config) = entry.NeedsSequences ? OfSequences(session, entry, settings) : OfImages(session, entry, settings);
        using var device = new CpuDevice(new CpuOptions(1));
        using var context = new Context(device);
        using var model = entry.Build(context, shape, config);
        PyTorchWeights.Import(file, model, ignoreOthers);
        var run = RunFolder.Create(config with { Device = $"imported from {Path.GetFileName(file)}" }, settings.Out);
        WeightFile.Save(run.WeightsPath, model.Groups);
        session.Out.WriteLine(FormattableString.Invariant($"{entry.Name}: {model.Groups.Sum(group => group.ParameterCount):N0} parameters from {file}"));
        session.Out.WriteLine($"run folder: {run.Path}");
        return ExitCode.Done;
    }

    /// <summary>What the weights are for. Images to learn from are not asked for: nobody here knows what it has learned from.</summary>
    private static (DataShape Shape, RunConfig Config) OfImages(Session session, ModelDescription entry, TrainSettings settings)
    {
        var test = DataSets.Load(settings.Data, "test", settings.Source);
        DataArguments.Tell(session, test);
        if (entry.NeedsClasses) test.RequireClasses($"'{entry.Name}'");
        var shape = DataShape.Of(test);
        entry.CheckData(shape);
        settings = settings with { Binarization = Train.Binarized(session, settings, entry, test) };
        return (shape, settings.Config(entry, test, test) with { TrainHash = null });
    }

    private static (DataShape Shape, RunConfig Config) OfSequences(Session session, ModelDescription entry, TrainSettings settings)
    {
        var (train, test, clips) = TrainSequences.Load(session, settings, entry);
        var shape = DataShape.Of(train, settings.Sequences.Window);
        entry.CheckData(shape);
        return (shape, TrainSequences.Config(settings, entry, train, test, shape, 0, clips) with { TrainHash = null });
    }
}

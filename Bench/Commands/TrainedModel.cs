using System.CommandLine;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>A model with the weights of a run, on a device: what sample, evaluate and manifold begin with.</summary>
internal sealed class TrainedModel : IDisposable
{
    private readonly Device _device;

    private TrainedModel(Device device, RunFolder run, ulong seed, string? dataDir)
    {
        _device = device;
        Run = run;
        Context = new Context(device, seed: seed);
        TestSet = DataSets.Load(run.Config.Data, "test", new DataOptions { DataDir = dataDir });
        Model = Zoo.Find(run.Config.Model).Build(Context, DataShape.Of(TestSet), run.Config) as GenerativeModel
            ?? throw new EngineException($"'{run.Config.Model}' makes no images of codes, so this command has nothing to show of it.");
        WeightFile.Load(run.WeightsPath, Model.Groups);
    }

    public RunFolder Run { get; }

    public Context Context { get; }

    public GenerativeModel Model { get; }

    public ImageDataset TestSet { get; }

    public Binarization Binarization => Run.Config.Binarize == "dynamic" ? Binarization.Dynamic : Binarization.None;

    /// <summary>Opens the run that --run names, or the newest of the model, and says which.</summary>
    public static TrainedModel Open(Session session, string model, string? path, DeviceOptions device, ulong seed, string? dataDir)
    {
        _ = Zoo.Find(model);
        var run = path is null ? RunFolder.Newest(model) : RunFolder.Open(path);
        if (run.Config.Model != model) throw new EngineException($"'{run.Path}' holds a run of '{run.Config.Model}', not of '{model}'.");
        session.Error.WriteLine($"run: {run.Path}");
        var opened = device.Open(session);
        try
        {
            return new TrainedModel(opened, run, seed, dataDir);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Context.Dispose();
        _device.Dispose();
    }
}

/// <summary>Argument and options that commands on a trained model share.</summary>
internal sealed class TrainedModelOptions
{
    private readonly Argument<string> _model = new("model") { Description = $"Which model: {string.Join(", ", Zoo.Names)}." };
    private readonly Option<string?> _run = Options.Run();
    private readonly Option<ulong> _seed = Options.Seed();
    private readonly Option<string?> _dataDir = Options.DataDir();
    private readonly DeviceOptions _device;

    public TrainedModelOptions(Command command)
    {
        _model.CompletionSources.Add([.. Zoo.Names]);
        command.Arguments.Add(_model);
        foreach (Option option in (Option[])[_run, _seed, _dataDir]) command.Options.Add(option);
        _device = new DeviceOptions(command);
    }

    public TrainedModel Open(Session session) =>
        TrainedModel.Open(session, session.Get(_model)!, session.Get(_run), _device, session.Get(_seed), session.Get(_dataDir));
}

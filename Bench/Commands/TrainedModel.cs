using System.CommandLine;
using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>A model with the weights of a run, on a device: what all commands on trained models begin with.</summary>
internal sealed class TrainedModel : IDisposable
{
    private readonly Device _device;
    private readonly Session _session;
    private readonly Lazy<ImageDataset> _testSet, _trainSet;

    private TrainedModel(Session session, Device device, RunFolder run, ulong seed, string? data, string? dataDir)
    {
        _session = session;
        _device = device;
        Run = run;
        _testSet = new Lazy<ImageDataset>(() => Load("test", data, dataDir));
        _trainSet = new Lazy<ImageDataset>(() => Load("train", data, dataDir));
        Context = new Context(device, seed: seed);
        Any = Zoo.Find(run.Config.Model).Build(Context, run.Config.Shape ?? DataShape.Of(TestSet), run.Config) as ZooModel ?? throw new EngineException($"'{run.Config.Model}' is no model of images.");
        WeightFile.Load(run.RequireWeights(), Any.Groups);
    }

    public RunFolder Run { get; }

    public Context Context { get; }

    /// <summary>The model, whatever its kind.</summary>
    public ZooModel Any { get; }

    /// <summary>The model, for commands on codes.</summary>
    /// <exception cref="EngineException">It makes no images of codes.</exception>
    public ZooModel Model => Any.Latent > 0 ? Any
        : throw new EngineException($"'{Any.Name}' makes no images of codes, so this command has nothing to show of it; 'sample', 'complete' and 'evaluate' work.");

    /// <summary>The test images of the run's data; loaded when first asked for, since drawing codes needs none.</summary>
    public ImageDataset TestSet => _testSet.Value;

    /// <summary>Of the images that the model was trained on.</summary>
    public IReadOnlyList<string> ClassNames => Run.Config.ClassNames ?? TestSet.ClassNames;

    /// <summary>What it was trained on; loaded when first asked for.</summary>
    public ImageDataset TrainSet => _trainSet.Value;

    /// <summary>A classifier of the same images, trained now unless the cache has it.</summary>
    public Judge Judge(Session session) => GenEngine.Models.Judge.Load(_device, TrainSet, TestSet, report: TellOnce(session, "a judge"), stop: session.Stop);

    /// <summary>A reader of the images' known factors, trained now unless the cache has it.</summary>
    public FactorRegressor FactorRegressor(Session session) => GenEngine.Models.FactorRegressor.Load(
        _device, TrainSet, FactorEvaluation.Factors(TrainSet), TestSet, FactorEvaluation.Factors(TestSet), FactorEvaluation.RegressorRecipe,
        report: TellOnce(session, $"a regressor of {string.Join(", ", TestSet.FactorNames)}"), stop: session.Stop);

    /// <summary>What is to be said of pictures that it draws.</summary>
    public Provenance Provenance(Session session) => new(session, Run, _device, Context.Seed);

    /// <summary>Of pictures that it draws beside other runs.</summary>
    /// <param name="runs">All of them, in their order.</param>
    public Provenance Provenance(Session session, IReadOnlyList<RunFolder> runs) => new(session, runs, _device, Context.Seed);

    public Binarization Binarization => Run.Config.Binarization;

    /// <summary>Opens the run that --run names, or the newest of the model, and says which.</summary>
    /// <param name="model">Null where the run says which.</param>
    public static TrainedModel Open(Session session, string? model, string? path, DeviceOptions device, ulong seed, string? data, string? dataDir)
    {
        return Open(session, Find(model, path), device, seed, data, dataDir);
    }

    /// <summary>The run that --run names, or the newest of the model.</summary>
    /// <exception cref="EngineException">There is none, or it is of another model.</exception>
    public static RunFolder Find(string? model, string? path)
    {
        if (model is not null && !Zoo.Names.Contains(model) && TypedPath.Is(model))
            throw new EngineException($"'{model}' is a folder, and a model is named here: say {RunFolder.Open(model).Config.Model} --run {model}");
        if (model is not null) _ = Zoo.Find(model);
        var run = path is null ? RunFolder.Newest(model!) : RunFolder.Open(path);
        if (model is not null && run.Config.Model != model) throw new EngineException($"'{run.Path}' holds a run of '{run.Config.Model}', not of '{model}'.");
        return run;
    }

    /// <summary>Opens a run.</summary>
    public static TrainedModel Open(Session session, RunFolder run, DeviceOptions device, ulong seed, string? data, string? dataDir)
    {
        session.Error.WriteLine($"run: {run.Path}");
        var opened = device.Open(session);
        try
        {
            return new TrainedModel(session, opened, run, seed, data, dataDir);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>The class that a user names, by its name or its number.</summary>
    /// <exception cref="EngineException">No such class; suggests the nearest and lists all.</exception>
    public int ClassOf(string name) => ImageDataset.ClassOf(Path.GetFileName(Run.Config.Data), ClassNames, name);

    /// <summary>Codes from N(0, 1) instead of the Gaussian that was fitted to the training images' codes.</summary>
    /// <exception cref="EngineException">The model draws from N(0, 1) anyway, or from a distribution of its own.</exception>
    public void DrawStandardNormal()
    {
        if (Any is not IFittedPrior fitted) throw new EngineException($"'{Any.Name}' has no fitted prior, so --standard-normal changes nothing; it is for ae.");
        fitted.DrawsStandardNormal = true;
    }

    public void Dispose()
    {
        Context.Dispose();
        _device.Dispose();
    }

    /// <summary>Says at the first report of a training that it takes place, and why it will not the next time.</summary>
    private Action<long, long> TellOnce(Session session, string what)
    {
        bool told = false;
        return (_, steps) =>
        {
            if (told) return;
            told = true;
            session.Error.WriteLine(FormattableString.Invariant($"Training {what} on {TrainSet.Name} ({steps} steps); later commands find it in the cache."));
        };
    }

    private ImageDataset Load(string split, string? data, string? dataDir)
    {
        var config = Run.Config;
        if (data is null && Path.IsPathRooted(config.Data) && !Directory.Exists(config.Data))
            throw new EngineException($"The model was trained on the pictures in '{config.Data}', and that folder is no longer there. Say with --data where it is now.");
        var set = DataSets.Load(data ?? config.Data, split, config.ImagesFrom(dataDir));
        if (config.ClassNames is { } names && Any is { IsConditional: true } && !names.SequenceEqual(set.ClassNames))
            throw new EngineException($"The classes of {set.Name} ({List(set.ClassNames)}) are not those that the model was trained on ({List(names)}).");
        if (split == "test" && config.TestHash is { } hash && hash != set.ContentHash) _session.Error.WriteLine($"note: these are not the test images that the run was made with ({set.Name} has changed, or is another set).");
        return set;
    }

    private static string List(IReadOnlyList<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);
}

/// <summary>Argument and options that commands on a trained model share.</summary>
internal sealed class TrainedModelOptions
{
    private readonly Argument<string?> _model;
    private readonly Option<string?> _run = Options.Run();
    private readonly Option<ulong> _seed = Options.Seed();
    private readonly Option<string?> _data = Options.OtherData();
    private readonly Option<string?> _dataDir = Options.DataDir();
    private readonly DeviceOptions _device;

    /// <summary>Adds the options, and the argument for the model unless the command brings its own.</summary>
    public TrainedModelOptions(Command command, Argument<string?>? model = null)
    {
        _model = model ?? new("model") { Description = $"Which model: {string.Join(", ", Zoo.Names)}.", Arity = ArgumentArity.ExactlyOne };
        if (model is null)
        {
            _model.CompletionSources.Add([.. Zoo.Names]);
            command.Arguments.Add(_model);
        }

        foreach (Option option in (Option[])[_run, _seed, _data, _dataDir]) command.Options.Add(option);
        _device = new DeviceOptions(command);
    }

    public TrainedModel Open(Session session) =>
        TrainedModel.Open(session, session.Get(_model), session.Get(_run), _device, session.Get(_seed), session.Get(_data), session.Get(_dataDir));

    /// <summary>True when --run names one.</summary>
    public bool NamesRun(Session session) => session.Given(_run);

    /// <summary>The run that the command is about, before it is opened.</summary>
    public RunFolder Find(Session session) => TrainedModel.Find(session.Get(_model), session.Get(_run));

    /// <summary>Opens a run of a model of sequences.</summary>
    public TrainedSequences OpenSequences(Session session, RunFolder run) => TrainedSequences.Open(session, run, _device, session.Get(_seed), session.Get(_data), session.Get(_dataDir));

    /// <summary>Opens a run that the command has chosen.</summary>
    public TrainedModel Open(Session session, RunFolder run) => TrainedModel.Open(session, run, _device, session.Get(_seed), session.Get(_data), session.Get(_dataDir));
}

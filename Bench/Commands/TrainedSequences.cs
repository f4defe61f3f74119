using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Models;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>A model of sequences with the weights of a run, on a device.</summary>
internal sealed class TrainedSequences : IDisposable
{
    private readonly Device _device;
    private readonly Session _session;
    private readonly string? _data, _dataDir;

    private TrainedSequences(Session session, Device device, RunFolder run, ulong seed, string? data, string? dataDir)
    {
        (_session, _device, Run, _data, _dataDir) = (session, device, run, data, dataDir);
        var config = run.Config;
        Context = new Context(device, seed: seed);
        Model = (ISequenceModel)Zoo.Find(config.Model).Build(Context, new DataShape(1, config.ImageWidth, 1, config.ClassNames?.Count ?? 0) { Alphabet = config.Alphabet }, config);
        WeightFile.Load(run.RequireWeights(), Model.Groups);
    }

    public RunFolder Run { get; }

    public Context Context { get; }

    public ISequenceModel Model { get; }

    /// <summary>What is to be said of sounds and pictures that it makes.</summary>
    public Provenance Provenance(Session session) => new(session, Run, _device, Context.Seed);

    public static TrainedSequences Open(Session session, RunFolder run, DeviceOptions device, ulong seed, string? data, string? dataDir)
    {
        session.Error.WriteLine($"run: {run.Path}");
        var opened = device.Open(session);
        try
        {
            return new TrainedSequences(session, opened, run, seed, data, dataDir);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>A split of the run's data, its clips joined where the run's were.</summary>
    /// <exception cref="EngineException">It is no longer there, or its classes are not the run's.</exception>
    public SequenceDataset Load(string split)
    {
        var config = Run.Config;
        if (_data is null && Path.IsPathRooted(config.Data) && !Path.Exists(config.Data))
            throw new EngineException($"The model was trained on '{config.Data}', which is no longer there. Say with --data where it is now.");
        var set = SequenceSets.Load(_data ?? config.Data, split, config.SequencesFrom(_dataDir));
        if (config.Condition is not (null or "none") && config.ClassNames is { } names && !names.SequenceEqual(set.ClassNames))
            throw new EngineException($"The classes of {set.Name} ({string.Join(", ", set.ClassNames)}) are not those that the model was trained on ({string.Join(", ", names)}).");
        if (config.Clips == "joined") set = set.Joined();
        if (split == "test" && config.TestHash is { } hash && hash != set.ContentHash) _session.Error.WriteLine($"note: these are not the held-out clips that the run was made with ({set.Name} has changed, or is another set).");
        return set;
    }

    /// <summary>The figures of 'evaluate' and 'reproduce', and the hash of the clips that they were measured on.</summary>
    public (IReadOnlyList<Score> Scores, string TestHash) Measure()
    {
        var set = Load("test");
        using var test = new DeviceSequences(Context, set, Math.Min(Run.Config.ImageWidth, set.LongestClip - 1));
        return (new SequenceEvaluation(Model, Load("train"), test) { Stop = _session.Stop }.Scores(), set.ContentHash);
    }

    public void Dispose()
    {
        Model.Dispose();
        Context.Dispose();
        _device.Dispose();
    }
}

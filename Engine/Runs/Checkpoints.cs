using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Kernels.Sampling;

namespace GenEngine.Runs;

/// <summary>
/// The checkpoints of a run, RUN/checkpoints/step-N.safetensors: weights, state, moments and counters (<see cref="TrainingMemory"/>), with where the run stood and its losses in the file's metadata.
/// A file is written to a temporary name, flushed and renamed; then the manifest, which names the good ones with their hashes, in the same way. So the process may die at any moment: what the manifest
/// names is whole, and what it does not name was never there. The newest are kept, and the best.
/// </summary>
public sealed class Checkpoints
{
    /// <summary>The folder in a run's, and the file in it that says which checkpoints are good.</summary>
    public const string FolderName = "checkpoints", ManifestName = "manifest.json";

    private const string PointKey = "checkpoint", MetricsKey = "metrics", FormatKey = "format";

    private readonly string _folder;
    private readonly RunConfig _config;
    private readonly int _keep;
    private List<CheckpointEntry>? _entries;

    /// <param name="run">Whose they are.</param>
    /// <param name="keep">So many of the newest are kept, besides the best.</param>
    public Checkpoints(RunFolder run, int keep = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        _folder = run.File(FolderName);
        _config = run.Config;
        _keep = keep;
    }

    /// <summary>Those that the manifest names, oldest first; empty before the first one.</summary>
    /// <exception cref="EngineException">The manifest is damaged or of a newer format.</exception>
    public IReadOnlyList<CheckpointEntry> Entries => _entries ??= [.. ReadManifest()?.Checkpoints ?? []];

    /// <summary>The file that a checkpoint after so many steps has.</summary>
    public static string FileName(long step) => string.Create(CultureInfo.InvariantCulture, $"step-{step}.safetensors");

    /// <summary>Saves a run between two steps.</summary>
    /// <param name="loss">Mean of the loss to watch since the last checkpoint; null when no step was made.</param>
    /// <exception cref="EngineException">It cannot be written, the disk is full: checkpoints made before are as they were.</exception>
    public void Save(IModel model, ITrainingData data, long step, double? loss, MetricsState metrics)
    {
        var (made, random) = (MadeOn.Of(model.Context.Device), model.Context.SaveRandom());
        var point = new RunPoint
        {
            Step = step,
            RandomSeed = random.Seed,
            RandomOffset = random.Offset,
            DataPosition = data.Position,
            Loss = loss,
            Device = made.Device,
            Isa = made.Isa,
            Precision = made.Precision,
            Engine = _config.Engine,
        };
        string name = FileName(step);
        var (bytes, hash) = Write(Path.Combine(_folder, name), TrainingMemory.Of(model).Select(memory => Read(model, memory)), new Dictionary<string, string>
        {
            [FormatKey] = CheckpointManifest.CurrentFormat.ToString(CultureInfo.InvariantCulture),
            [PointKey] = JsonSerializer.Serialize(point, RunsJson.Default.RunPoint),
            [MetricsKey] = JsonSerializer.Serialize(metrics, RunsJson.Default.MetricsState),
        });
        List<CheckpointEntry> all = [.. Entries.Where(entry => entry.Point.Step < step), new CheckpointEntry(name, bytes, hash, point)];
        var best = all.MinBy(entry => entry.Point.Loss ?? double.PositiveInfinity)!;
        List<CheckpointEntry> kept = [.. all.Where((entry, i) => entry == best || i >= all.Count - _keep)];
        var manifest = new CheckpointManifest { Config = _config, Last = name, Best = best.File, Checkpoints = kept };
        AtomicFile.WriteText(Path.Combine(_folder, ManifestName), JsonSerializer.Serialize(manifest, RunsJson.Default.CheckpointManifest) + "\n");
        _entries = kept;
        Sweep();
    }

    /// <summary>Puts the newest good checkpoint back; steps after it give the bits that they would have given.</summary>
    /// <param name="model">Built by the run's own options, before its first step.</param>
    /// <param name="tell">Called with a sentence for each newer one that is damaged and passed over.</param>
    /// <returns>Where the run stood and what its losses were; null when there is no checkpoint.</returns>
    /// <exception cref="EngineException">There are checkpoints and none of them is good, or they are of another model or a newer format.</exception>
    public (RunPoint Point, MetricsState Metrics)? Load(IModel model, ITrainingData data, Action<string>? tell = null)
    {
        foreach (var entry in Entries.Reverse())
        {
            if (Damage(entry) is { } damage)
            {
                tell?.Invoke($"{Path.Combine(_folder, entry.File)} {damage}; it is passed over.");
                continue;
            }

            return Load(model, data, entry);
        }

        return Entries.Count == 0 ? null : throw new EngineException($"None of the checkpoints in '{_folder}' is what was written there. Copy one back if you have it elsewhere, or train anew into another folder.");
    }

    /// <summary>Puts the networks of a checkpoint into a model, to look at them.</summary>
    /// <param name="model">Built by the run's own options.</param>
    /// <param name="entry">One of <see cref="Entries"/>.</param>
    /// <exception cref="EngineException">It is damaged, or of another model.</exception>
    public void Show(IModel model, CheckpointEntry entry)
    {
        if (Damage(entry) is { } damage) throw new EngineException($"{Path.Combine(_folder, entry.File)} {damage}.");
        string path = Path.Combine(_folder, entry.File);
        using var file = SafeTensorsReader.Open(path);
        Restore(model, path, file);
    }

    private (RunPoint Point, MetricsState Metrics) Load(IModel model, ITrainingData data, CheckpointEntry entry)
    {
        string path = Path.Combine(_folder, entry.File);
        using var file = SafeTensorsReader.Open(path);
        var point = Parse(path, file, PointKey, RunsJson.Default.RunPoint);
        var metrics = Parse(path, file, MetricsKey, RunsJson.Default.MetricsState);
        if (point.Step != entry.Point.Step) throw new EngineException($"'{path}' says that it was made after step {point.Step}, and the manifest {entry.Point.Step}: one of them is another run's.");
        Restore(model, path, file);
        model.Context.RestoreRandom(new RandomState(point.RandomSeed, point.RandomOffset));
        data.Seek(point.DataPosition);
        return (point, metrics);
    }

    private static void Restore(IModel model, string path, SafeTensorsReader file)
    {
        var memories = TrainingMemory.Of(model);
        foreach (var memory in memories)
        {
            if (!file.Contains(memory.Name)) throw new EngineException($"'{path}' has no '{memory.Name}'; was it written by another model?");
            var info = file[memory.Name];
            if (info.DType != memory.Type || !info.Shape.SequenceEqual(memory.Shape.ToArray()))
                throw new EngineException($"'{path}': '{memory.Name}' is {info.DType} [{string.Join(", ", info.Shape)}], the model wants {memory.Type} {memory.Shape}; was it written by another model?");
        }

        foreach (var memory in memories)
        {
            var bytes = new byte[memory.Range.Bytes];
            file.ReadBytes(memory.Name, bytes);
            model.Context.Device.Upload<byte>(bytes, memory.Range);
        }
    }

    private static T Parse<T>(string path, SafeTensorsReader file, string key, JsonTypeInfo<T> type)
    {
        try
        {
            return file.Metadata.TryGetValue(key, out string? json) && JsonSerializer.Deserialize(json, type) is { } value
                ? value
                : throw new EngineException($"'{path}' is no checkpoint: it has no '{key}'.");
        }
        catch (JsonException e)
        {
            throw new EngineException($"'{path}': its '{key}' is damaged: {e.Message}", e);
        }
    }

    private static SafeTensor Read(IModel model, NamedMemory memory)
    {
        return memory.Type switch
        {
            DType.Float32 => Of<float>(),
            DType.Float64 => Of<double>(),
            DType.UInt8 => Of<byte>(),
            _ => throw new InvalidOperationException($"'{memory.Name}' is {memory.Type}."),
        };

        SafeTensor Of<T>() where T : unmanaged
        {
            var values = new T[memory.Shape.Count];
            model.Context.Device.Download<T>(memory.Range, values);
            return SafeTensor.Of<T>(memory.Name, values, memory.Shape.ToArray());
        }
    }

    /// <summary>Length and hash of what was to be written, taken on the way: read back, a disk's mistake would be hashed too.</summary>
    private static (long Bytes, string Hash) Write(string path, IEnumerable<SafeTensor> tensors, Dictionary<string, string> metadata)
    {
        using var sha = SHA256.Create();
        long bytes = 0;
        AtomicFile.Write(path, stream =>
        {
            using (var hashed = new CryptoStream(stream, sha, CryptoStreamMode.Write, leaveOpen: true)) SafeTensors.Encode(hashed, tensors, metadata);
            bytes = stream.Length;
        });
        return (bytes, Convert.ToHexStringLower(sha.Hash!));
    }

    private static string Hash(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"'{path}' could not be read back: {e.Message}", e);
        }
    }

    /// <summary>What is wrong with a file; null when it is what was written.</summary>
    private string? Damage(CheckpointEntry entry)
    {
        string path = Path.Combine(_folder, entry.File);
        if (!File.Exists(path)) return "is missing";
        if (new FileInfo(path).Length is var length && length != entry.Bytes) return string.Create(CultureInfo.InvariantCulture, $"has {length} bytes instead of {entry.Bytes}");
        return Hash(path) == entry.Sha256 ? null : "is damaged (its hash is another)";
    }

    private CheckpointManifest? ReadManifest()
    {
        string path = Path.Combine(_folder, ManifestName);
        if (!File.Exists(path)) return null;
        try
        {
            string text = File.ReadAllText(path);
            FormatVersion.Check(path, text, CheckpointManifest.CurrentFormat);
            var manifest = JsonSerializer.Deserialize(text, RunsJson.Default.CheckpointManifest)!;
            manifest.Check();
            return manifest;
        }
        catch (JsonException e)
        {
            throw new EngineException($"'{path}' is damaged: {e.Message} It names the good checkpoints of this folder; copy it back if you have it elsewhere, or train anew into another folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"'{path}' could not be read: {e.Message}", e);
        }
    }

    /// <summary>Removes what the manifest does not name: checkpoints that are too old, and what a killed process left. Only the owner of the run's lock saves, so nobody else is writing.</summary>
    private void Sweep()
    {
        var kept = Entries.Select(entry => entry.File).ToHashSet();
        foreach (string path in Directory.EnumerateFiles(_folder))
        {
            string name = Path.GetFileName(path);
            if (name == ManifestName || kept.Contains(name) || !(name.EndsWith(".safetensors", StringComparison.Ordinal) || name.EndsWith(".tmp", StringComparison.Ordinal))) continue;
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // an old file more harms nobody; the next checkpoint tries again
            }
        }
    }
}

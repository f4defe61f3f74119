using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Runs;

/// <summary>
/// The folder of one training run: run.json, weights.safetensors, metrics.jsonl, what it was made on (<see cref="RunEnvironment"/>), event files (<see cref="RunEvents"/>), <see cref="Checkpoints"/> and the pictures. Never overwritten.
/// </summary>
public sealed class RunFolder
{
    /// <summary>The file that makes a folder a run.</summary>
    public const string ConfigName = "run.json";

    private string? _weightsHash;

    private RunFolder(string path, RunConfig config)
    {
        Path = path;
        Config = config;
    }

    /// <summary>The folder, as given or found.</summary>
    public string Path { get; }

    /// <summary>What its run.json says.</summary>
    public RunConfig Config { get; }

    /// <summary>Where the weights are once training has ended or was stopped; no such file before.</summary>
    public string WeightsPath => File("weights.safetensors");

    /// <summary><see cref="WeightsPath"/> of a run that has weights.</summary>
    /// <exception cref="EngineException">It was killed before its end; says how to go on with it.</exception>
    public string RequireWeights() => System.IO.File.Exists(WeightsPath)
        ? WeightsPath
        : throw new EngineException($"'{Path}' has no weights yet: its training was killed before the end, or still runs. To go on with it: {ResumeCommand}");

    /// <summary>SHA-256 of the weights, hexadecimal; computed when first asked for. Null before there are any.</summary>
    /// <exception cref="EngineException">The file cannot be read.</exception>
    public string? WeightsHash()
    {
        if (_weightsHash is not null || !System.IO.File.Exists(WeightsPath)) return _weightsHash;
        try
        {
            using var stream = System.IO.File.OpenRead(WeightsPath);
            return _weightsHash = Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"'{WeightsPath}' could not be read: {e.Message}", e);
        }
    }

    /// <summary>What to type to go on with the run.</summary>
    public string ResumeCommand => Path.Contains(' ', StringComparison.Ordinal) ? $"train --resume \"{Path}\"" : $"train --resume {Path}";

    /// <summary>Path of a file in the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes a new folder: <paramref name="path"/>, or the next free root/model-data-n.</summary>
    /// <exception cref="EngineException">The place is taken or cannot be written, or no run has such options; says what to do.</exception>
    public static RunFolder Create(RunConfig config, string? path = null, string root = "runs")
    {
        try
        {
            config.Check(); // else nobody could read it again
            path ??= NextFree(root, $"{config.Model}-{DataSets.ShortName(config.Data)}");
            if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
                throw new EngineException($"The folder '{path}' is not empty, and a run never overwrites another; give --out a new folder.");
            Directory.CreateDirectory(path);
            var run = new RunFolder(path, config);
            AtomicFile.WriteText(run.File(ConfigName), JsonSerializer.Serialize(config, RunsJson.Default.RunConfig));
            return run;
        }
        catch (JsonException e)
        {
            throw new EngineException($"No run is made with these options: {e.Message} Choose another value.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"Cannot write the run folder '{path ?? root}': {e.Message} Give --out a folder that you may write to.", e);
        }
    }

    /// <summary>Opens a run.</summary>
    /// <exception cref="EngineException">No run there, a damaged one, or one of a newer format.</exception>
    public static RunFolder Open(string path)
    {
        string file = System.IO.Path.Combine(path, ConfigName);
        if (!System.IO.File.Exists(file)) throw new EngineException($"'{path}' is no run folder: it has no run.json. Give the folder that 'train' printed.");
        try
        {
            return new RunFolder(path, RunConfig.Parse(path, System.IO.File.ReadAllText(file)));
        }
        catch (JsonException e)
        {
            throw new EngineException($"'{file}' is damaged: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"'{file}' could not be read: {e.Message}", e);
        }
    }

    /// <summary>The newest run of a model that has weights.</summary>
    /// <exception cref="EngineException">There is none; says which train command to type.</exception>
    public static RunFolder Newest(string model, string root = "runs") =>
        FindNewest(model, root) ?? throw new EngineException($"There is no trained '{model}' under '{root}'. Train one first: train {model}");

    /// <summary>As <see cref="Newest"/>; null when nobody has trained one yet.</summary>
    public static RunFolder? FindNewest(string model, string root = "runs")
    {
        RunFolder? newest = null;
        var time = DateTime.MinValue;
        foreach (string folder in Directory.Exists(root) ? Directory.EnumerateDirectories(root, $"{model}-*") : [])
        {
            string weights = System.IO.Path.Combine(folder, "weights.safetensors");
            if (!System.IO.File.Exists(weights) || System.IO.File.GetLastWriteTimeUtc(weights) <= time) continue;
            var run = Open(folder);
            if (run.Config.Model != model) continue;
            (newest, time) = (run, System.IO.File.GetLastWriteTimeUtc(weights));
        }

        return newest;
    }

    /// <summary>Names and windows of the losses in metrics.jsonl; empty before the first checkpoint.</summary>
    /// <exception cref="EngineException">The file is damaged.</exception>
    public (IReadOnlyList<string> Names, IReadOnlyList<MetricsPoint> Points) Metrics()
    {
        string path = File("metrics.jsonl");
        try
        {
            return System.IO.File.Exists(path) ? RunMetrics.Parse(path, System.IO.File.ReadAllText(path)) : ([], []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"'{path}' could not be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// Holds the folder while a process trains into it; another one that tries is refused. Let go when disposed, or when the process dies. The file stays: where one is
    /// deleted when it is let go, a process that waits can lock the deleted file and another the next one.
    /// </summary>
    /// <exception cref="EngineException">Another process holds it, or the folder cannot be written.</exception>
    public IDisposable Lock()
    {
        try
        {
            return new FileStream(File("lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"'{Path}' cannot be trained into: {e.Message} If another process is training there, let it end or stop it first.", e);
        }
    }

    private static string NextFree(string root, string prefix)
    {
        int n = 1;
        if (Directory.Exists(root))
        {
            foreach (string folder in Directory.EnumerateDirectories(root, $"{prefix}-*"))
            {
                string tail = System.IO.Path.GetFileName(folder)[(prefix.Length + 1)..];
                if (int.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out int taken)) n = Math.Max(n, taken + 1);
            }
        }

        return System.IO.Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"{prefix}-{n}"));
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace GenEngine.Runs;

/// <summary>Where a run stood between two steps: what besides device memory says how it goes on.</summary>
public sealed record RunPoint
{
    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Key and offset of the random streams.</summary>
    public required ulong RandomSeed { get; init; }

    /// <summary>How many steps have drawn from them.</summary>
    public required ulong RandomOffset { get; init; }

    /// <summary>Index of the next training example in the endless stream.</summary>
    public required ulong DataPosition { get; init; }

    /// <summary>Mean of the loss to watch since the checkpoint before, by which the best is chosen; null where no step was made.</summary>
    public required double? Loss { get; init; }

    /// <summary>cpu, simt or cuda.</summary>
    public required string Device { get; init; }

    /// <summary>Instruction set of a CPU; null elsewhere.</summary>
    public string? Isa { get; init; }

    /// <summary>float32, tf32, bf16 or tf32x3: what products of float32 are computed in.</summary>
    public required string Precision { get; init; }

    /// <summary>Device, instruction set and precision in one: where these differ, a resume may give other bits.</summary>
    [JsonIgnore]
    public MadeOn MadeOn => new(Device, Isa, Precision);

    /// <summary>Version of the engine.</summary>
    public required string Engine { get; init; }
}

/// <summary>A checkpoint of a run.</summary>
/// <param name="File">Name in the folder of checkpoints.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="Sha256">Of the file, hexadecimal: a file that is not what was written is not used.</param>
public sealed record CheckpointEntry(string File, long Bytes, string Sha256, RunPoint Point);

/// <summary>checkpoints/manifest.json: which files are good. Written last, so that it never names one that is not whole.</summary>
public sealed record CheckpointManifest
{
    /// <summary>What is written; a file of a greater one is refused.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Version of the file's format.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The run's own file again: model, options, data set and its hash, seed.</summary>
    public required RunConfig Config { get; init; }

    /// <summary>The file to go on from.</summary>
    public required string Last { get; init; }

    /// <summary>The file with the least loss.</summary>
    public required string Best { get; init; }

    /// <summary>All that are kept, oldest first.</summary>
    public required IReadOnlyList<CheckpointEntry> Checkpoints { get; init; }

    /// <summary>Refuses what was never written, so that nothing that a damaged manifest names is taken for a checkpoint.</summary>
    /// <exception cref="JsonException">Names the field.</exception>
    internal void Check()
    {
        long before = -1;
        for (int i = 0; i < Checkpoints.Count; i++)
        {
            if (Checkpoints[i] is not { } entry) throw new JsonException($"its checkpoints[{i}] is null.");
            if (entry.Point.Step <= before) throw new JsonException($"its checkpoints[{i}].point.step is {entry.Point.Step}, which does not follow on {before}.");
            before = entry.Point.Step;
            if (entry.File != Runs.Checkpoints.FileName(before)) throw new JsonException($"its checkpoints[{i}].file is '{entry.File}' where '{Runs.Checkpoints.FileName(before)}' is due.");
            if (entry.Point.Loss is { } loss && !double.IsFinite(loss)) throw new JsonException($"its checkpoints[{i}].point.loss is beyond all numbers.");
        }

        if (Checkpoints.Count == 0) throw new JsonException("its checkpoints are none.");
        if (Last != Checkpoints[^1].File) throw new JsonException($"its last is '{Last}', which is not the newest that it names.");
        if (Checkpoints.All(entry => entry.File != Best)) throw new JsonException($"its best is '{Best}', which is none that it names.");
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CheckpointManifest))]
[JsonSerializable(typeof(RunConfig))]
[JsonSerializable(typeof(RunPoint))]
[JsonSerializable(typeof(MetricsState))]
[JsonSerializable(typeof(List<RunEnvironment>))]
internal sealed partial class RunsJson : JsonSerializerContext;

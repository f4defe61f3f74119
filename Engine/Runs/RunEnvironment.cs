using System.Text.Json;
using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Runs;

/// <summary>What a process trained on: environment.json of a run has one for each process that went on with it, oldest first. Neither the machine's name nor the user's is in it.</summary>
public sealed record RunEnvironment
{
    /// <summary>Its file in a run's folder.</summary>
    public const string FileName = "environment.json";

    /// <summary>When it began, UTC.</summary>
    public required DateTime Started { get; init; }

    /// <summary>Steps that were done already.</summary>
    public long FromStep { get; init; }

    /// <summary>The arguments as typed.</summary>
    public required string Command { get; init; }

    /// <summary>Version of the engine, as 0.1.0.</summary>
    public required string Engine { get; init; }

    /// <summary>That the engine was built from; null where its build did not know.</summary>
    public string? Commit { get; init; }

    /// <summary>Version of the runtime, as 10.0.0.</summary>
    public required string Dotnet { get; init; }

    /// <summary>Name and version, as the system gives them.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>Of the process: X64 or Arm64.</summary>
    public required string Architecture { get; init; }

    /// <summary>The CPU as it calls itself, of a GPU run too.</summary>
    public required string Processor { get; init; }

    /// <summary>Logical processors that the process may use.</summary>
    public int Cores { get; init; }

    /// <summary>That the process may use.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>cpu, simt or cuda.</summary>
    public required string Device { get; init; }

    /// <summary>The device as it calls itself.</summary>
    public required string DeviceName { get; init; }

    /// <summary>Instruction set of a CPU; null elsewhere.</summary>
    public string? Isa { get; init; }

    /// <summary>float32, tf32, bf16 or tf32x3: what products of float32 are computed in.</summary>
    public required string Precision { get; init; }

    /// <summary>Worker threads of a CPU; 0 elsewhere.</summary>
    public int Threads { get; init; }

    /// <summary>Those of a run so far; none in runs of earlier versions.</summary>
    /// <exception cref="EngineException">The file is damaged.</exception>
    public static IReadOnlyList<RunEnvironment> Of(RunFolder run)
    {
        string file = run.File(FileName);
        if (!File.Exists(file)) return [];
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), RunsJson.Default.ListRunEnvironment) ?? [];
        }
        catch (JsonException e)
        {
            throw new EngineException($"'{file}' is damaged: {e.Message} Move it away; it says what the run was made on, and training does not need it.", e);
        }
    }

    /// <summary>Adds it to the run's.</summary>
    /// <exception cref="EngineException">The file is damaged or cannot be written.</exception>
    public void AddTo(RunFolder run) =>
        AtomicFile.WriteText(run.File(FileName), JsonSerializer.Serialize([.. Of(run), this], RunsJson.Default.ListRunEnvironment) + "\n");
}

namespace GenEngine.Runs;

/// <summary>What a run was trained with: everything that later commands need to build the model again.</summary>
public sealed record RunConfig : ModelOptions
{
    public const int CurrentFormat = 2;

    public RunConfig() { }

    /// <summary>A run of a model with these options.</summary>
    public RunConfig(ModelOptions options) : base(options) { }

    /// <summary>Version of the folder's format.</summary>
    public int Format { get; init; } = CurrentFormat;

    public required string Model { get; init; }

    public required string Data { get; init; }

    public string Engine { get; init; } = typeof(RunConfig).Assembly.GetName().Version?.ToString(3) ?? "0";

    public int Batch { get; init; }

    public ulong Seed { get; init; }

    /// <summary>none or dynamic.</summary>
    public string Binarize { get; init; } = "none";

    public string Device { get; init; } = "";

    public string Precision { get; init; } = "float32";

    /// <summary>Instruction set of a CPU run; its bits repeat on this set.</summary>
    public string? Isa { get; init; }
}

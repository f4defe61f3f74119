namespace GenEngine.Data;

/// <summary>How a set of sequences is to be found or made.</summary>
public sealed record SequenceOptions
{
    /// <summary>The standard set, whole; recordings at their own rate, nothing cut.</summary>
    public static SequenceOptions Default { get; } = new();

    /// <summary>The folder to look in first (--data-dir); null for GENENGINE_DATA and the user's cache only.</summary>
    public string? DataDir { get; init; }

    /// <summary>Seed of sets that are drawn by code, and of the split of a folder. 0 is the standard set.</summary>
    public ulong Seed { get; init; }

    /// <summary>The first so many clips only; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Samples a second that recordings are brought to (--sample-rate); null for their own.</summary>
    public int? SampleRate { get; init; }

    /// <summary>Silence at both ends of a recording is cut: frames below this share of the loudest frame (--trim); 0 cuts nothing.</summary>
    public double Trim { get; init; }

    internal DataOptions Places => new() { DataDir = DataDir };
}

/// <summary>One set that <see cref="SequenceSets"/> knows by name.</summary>
public interface ISequenceSource
{
    /// <summary>What a user types.</summary>
    string Name { get; }

    /// <summary>One line: what the clips are, how many.</summary>
    string Summary { get; }

    /// <summary>Made by code, so always there.</summary>
    bool BuiltIn { get; }

    /// <summary>Loads or draws a split: train or test.</summary>
    /// <exception cref="Kernels.EngineException">A file is missing or damaged; the message says which and why.</exception>
    SequenceDataset Load(string split, SequenceOptions options);
}

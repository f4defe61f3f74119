namespace GenEngine.Data;

/// <summary>How a data set is to be found or made.</summary>
public sealed record DataOptions
{
    /// <summary>The standard set, whole and at its own size and colours.</summary>
    public static DataOptions Default { get; } = new();

    /// <summary>The folder to look in first (--data-dir); null for GENENGINE_DATA and the user's cache only.</summary>
    public string? DataDir { get; init; }

    /// <summary>Seed of sets that are drawn by code. 0 is the standard set, the one that published figures mean.</summary>
    public ulong Seed { get; init; }

    /// <summary>The first so many images only; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Pixels a side (--size); null for the set's own.</summary>
    public int? Size { get; init; }

    /// <summary>1 grey, 3 colour (--channels); null for the set's own.</summary>
    public int? Channels { get; init; }

    /// <summary>Whether the training split also holds every image mirrored left to right (--flip).</summary>
    public bool Flip { get; init; }

    /// <summary>Whether pixels are drawn to 0 or 255 once, when the set is loaded (--binarize static); see <see cref="TestBinarization"/>.</summary>
    public bool FixedBits { get; init; }
}

namespace GenEngine.Kernels.Devices;

/// <summary>What a launch does with a range.</summary>
public enum AccessMode : byte
{
    /// <summary>Only read.</summary>
    Read,

    /// <summary>Every byte is written, none is read before: the emulator fills it with poison first.</summary>
    Write,

    /// <summary>Read and written, or only partly written.</summary>
    Update,
}

/// <summary>
/// A launch's declaration about one range. From it follow the emulator's three orders and refusals, the edges of a
/// captured graph, the liveness plan, and the refusal of a stale capture; so it must be exact.
/// Ranges of one launch may overlap only where all of them are read.
/// </summary>
public readonly struct Access(BufferRange range, AccessMode mode)
{
    /// <summary>The bytes that the declaration is about.</summary>
    public BufferRange Range { get; } = range;

    /// <summary>What the launch does with them.</summary>
    public AccessMode Mode { get; } = mode;

    /// <summary>The launch only reads the range.</summary>
    public static Access Read(BufferRange range) => new(range, AccessMode.Read);

    /// <summary>The launch writes every byte of the range and reads none before.</summary>
    public static Access Write(BufferRange range) => new(range, AccessMode.Write);

    /// <summary>The launch reads and writes the range, or writes a part of it.</summary>
    public static Access Update(BufferRange range) => new(range, AccessMode.Update);

    /// <summary>True when the two may not run side by side: they overlap and one of them writes.</summary>
    public bool ConflictsWith(in Access other) =>
        (Mode != AccessMode.Read || other.Mode != AccessMode.Read) && Range.Overlaps(other.Range);

    public override string ToString() => $"{Mode} {Range}";
}

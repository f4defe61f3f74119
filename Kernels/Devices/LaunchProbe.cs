namespace GenEngine.Kernels.Devices;

/// <summary>What launches belong to, for those who watch: an operation of the engine, or its backward; see <see cref="Device.Enter"/>.</summary>
/// <param name="Ordinal">Tells two operations of one name apart.</param>
public readonly record struct LaunchLabel(string Op, bool Backward, int Ordinal)
{
    public override string ToString() => Op is null ? "" : Backward ? Op + " backward" : Op;
}

/// <summary>One launch as it is about to run.</summary>
public readonly unsafe ref struct LaunchNote
{
    /// <summary>The kernel's name: on cpu the twin's, elsewhere the variant's.</summary>
    public required string Kernel { get; init; }

    /// <summary>The operation that asked for the launch, of a replay the recorded one; empty where none was entered.</summary>
    public required LaunchLabel Label { get; init; }

    /// <summary>Grid and block; all zeros on the CPU.</summary>
    public required LaunchShape Shape { get; init; }

    /// <summary>The C# struct of the argument block.</summary>
    public required Type ArgsType { get; init; }

    /// <summary>The packed argument block, of <see cref="ArgsType"/>; valid until <see cref="ILaunchProbe.End"/>.</summary>
    public required void* Args { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required int ArgBytes { get; init; }

    /// <summary>What the launch declares, in its own order.</summary>
    public required ReadOnlySpan<Access> Accesses { get; init; }
}

/// <summary>Stands around every launch that a device runs, eager or replayed; see <see cref="Device.Probe"/>. It may not launch itself.</summary>
public interface ILaunchProbe
{
    /// <summary>Called before the launch runs.</summary>
    void Begin(in LaunchNote launch);

    /// <summary>Called behind the same launch: on a GPU it is then asked for, not done.</summary>
    void End();
}

/// <summary>
/// An argument struct whose fields say how much arithmetic the launch does; profiles compare it with what the device can do. Other
/// launches are taken to be bound by the bytes that they declare.
/// </summary>
public interface IArithmetic
{
    /// <summary>Floating-point operations of the launch; a multiply-add counts twice.</summary>
    double Flops { get; }
}

/// <summary>
/// An argument struct whose launch touches less than it declares: declarations are stretches of memory, and a block of columns leaves out what lies
/// between its rows.
/// </summary>
public interface IStrided
{
    /// <summary>The share that is touched of what an access declares.</summary>
    /// <param name="access">Its place among the launch's accesses.</param>
    double Touched(int access);
}

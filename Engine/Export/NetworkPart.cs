namespace GenEngine.Export;

/// <summary>How what goes into a network, or comes out, lies in the engine and in a file.</summary>
public enum PortKind
{
    /// <summary>Numbers a row: [N, columns] in both.</summary>
    Rows,

    /// <summary>Images: [N, H, W, C], or the same as rows [N, H*W*C], in the engine, [N, C, H, W] in a file.</summary>
    Images,

    /// <summary>Codes of sequences: int32 [N, T] in the engine, int64 [N, T] in a file.</summary>
    Codes,

    /// <summary>Numbers for each position of a sequence: [N, 1, T, C] in the engine, [N, C, T] in a file.</summary>
    Signal,
}

/// <summary>Something that goes into a network or comes out of it. How many examples there are is free; so is the length of sequences.</summary>
public sealed record Port
{
    private const string Batch = "batch", Length = "length";

    private Port(PortKind kind, string name, string meaning) => (Kind, Name, Meaning) = (kind, name, meaning);

    /// <summary>How it lies; which of the extents below count follows from it.</summary>
    public PortKind Kind { get; }

    /// <summary>By which users of a file call it.</summary>
    public string Name { get; }

    /// <summary>What the numbers mean.</summary>
    public string Meaning { get; }

    /// <summary>Of images.</summary>
    public int Height { get; private init; }

    /// <summary>Of images.</summary>
    public int Width { get; private init; }

    /// <summary>Of images and signals; columns of rows.</summary>
    public int Channels { get; private init; }

    /// <summary>Extents in a file: a number, or a name where it is free.</summary>
    public IReadOnlyList<object> FileExtents => Kind switch
    {
        PortKind.Rows => [Batch, (long)Channels],
        PortKind.Images => [Batch, (long)Channels, (long)Height, (long)Width],
        PortKind.Codes => [Batch, Length],
        _ => [Batch, (long)Channels, Length],
    };

    /// <summary>So many numbers an example.</summary>
    public static Port Rows(string name, int columns, string meaning) => new(PortKind.Rows, name, meaning) { Channels = columns };

    /// <summary>Images of these extents; pixels in the range that <paramref name="meaning"/> says.</summary>
    public static Port Images(string name, int height, int width, int channels, string meaning) =>
        new(PortKind.Images, name, meaning) { Height = height, Width = width, Channels = channels };

    /// <summary>Sequences of codes, of any length.</summary>
    public static Port Codes(string name, string meaning) => new(PortKind.Codes, name, meaning);

    /// <summary>So many numbers for each position of sequences of any length.</summary>
    public static Port Signal(string name, int channels, string meaning) => new(PortKind.Signal, name, meaning) { Channels = channels };

    /// <summary>Extents of an input in the engine; images come as rows.</summary>
    public Shape EngineShape(int batch, int length) => Kind switch
    {
        PortKind.Rows => new Shape(batch, Channels),
        PortKind.Images => new Shape(batch, Height * Width * Channels),
        PortKind.Codes => new Shape(batch, length),
        _ => new Shape(batch, 1, length, Channels),
    };

    /// <summary>"images [batch, 3, 32, 32]: pixels in [0, 1]".</summary>
    public override string ToString() => $"{Name}{(Kind == PortKind.Codes ? " int64" : "")} [{string.Join(", ", FileExtents)}]: {Meaning}";
}

/// <summary>A network, or a piece of one, that can be used without the engine: what goes in, what comes out, and its own forward pass.</summary>
/// <param name="Name">encoder, generator, ...</param>
/// <param name="Inputs">What <paramref name="Forward"/> takes.</param>
/// <param name="Outputs">What it gives; images as rows or as images.</param>
/// <param name="Forward">Called in a step, with the network in evaluation mode.</param>
public sealed record NetworkPart(string Name, IReadOnlyList<Port> Inputs, IReadOnlyList<Port> Outputs, Func<Tensor[], Tensor[]> Forward);

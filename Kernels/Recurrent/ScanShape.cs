using System.Runtime.InteropServices;
using GenEngine.Kernels.Devices;

namespace GenEngine.Kernels.Recurrent;

/// <summary>Which cells of an image a cell's state comes from.</summary>
public enum ScanKind : byte
{
    /// <summary>Row LSTM: h of the row above at columns j - k/2 to j + k/2, c of (i - 1, j).</summary>
    Row,

    /// <summary>Diagonal LSTM from left to right: h of (i - 1, j) and of (i, j - 1), c of (i, j - 1).</summary>
    Diagonal,

    /// <summary>Diagonal LSTM from right to left: h of (i - 1, j) and of (i, j + 1), c of (i, j + 1).</summary>
    DiagonalReversed,
}

/// <summary>
/// A scan over N images of H x W cells with h channels of state. Cells that depend on each other lie on different fronts: a row is
/// one, or an anti-diagonal (i + j the same), which is a column of the skewed map of van den Oord et al. (2016), section 3.2. Front t holds cells numbered q:
/// the columns of a row, or the rows of a diagonal. Cell q of front t reads h of cells q - Centre to q - Centre + Taps - 1 of front t - 1, and c of its cell q. So
/// one loop serves both, and no map is ever skewed.
/// </summary>
/// <param name="Kind">Row or diagonal.</param>
/// <param name="Images">N.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
/// <param name="Channels">Of the state: h.</param>
/// <param name="Taps">Of the state-to-state convolution: odd for rows, 2 for diagonals.</param>
public readonly record struct ScanShape(ScanKind Kind, int Images, int Height, int Width, int Channels, int Taps)
{
    /// <summary>o, f, i and g: what a cell has channels of in its gates, in this order.</summary>
    public const int Gates = 4;

    /// <summary>Elements of h, or of c.</summary>
    public long StateCount => (long)Images * Height * Width * Channels;

    /// <summary>Elements of the gates.</summary>
    public long GateCount => Gates * StateCount;

    /// <summary>Elements of the state-to-state filter [4h, taps, h].</summary>
    public long FilterCount => (long)Gates * Channels * Taps * Channels;

    /// <summary>Cells that a front has at most.</summary>
    public int Cells => Kind == ScanKind.Row ? Width : Height;

    /// <summary>Steps one after another.</summary>
    public int Fronts => Kind == ScanKind.Row ? Height : Height + Width - 1;

    /// <summary>Elements of the carry between fronts that <see cref="Scan.Backward"/> wants on a GPU.</summary>
    public long CarryCount => (long)Images * Cells * Channels;

    /// <exception cref="EngineException">An extent is not positive, the taps do not suit the kind, or the image has too many pixels.</exception>
    internal void Check(string name)
    {
        if (Images <= 0 || Height <= 0 || Width <= 0 || Channels <= 0) throw new EngineException($"{name}: {this}: every extent must be positive.");
        if (Kind == ScanKind.Row ? Taps <= 0 || Taps % 2 == 0 : Taps != 2)
            throw new EngineException($"{name}: {this}: a row scan has an odd number of taps, a diagonal one 2 (above and beside).");
        if ((long)Height * Width * Gates * Channels > int.MaxValue) throw new EngineException($"{name}: {this}: an image of more than {int.MaxValue:N0} gates.");
    }

    public override string ToString() => $"{Kind} scan of {Images} image(s) {Height}x{Width}, {Channels} channels, {Taps} taps";

    internal ScanArgs Arguments() => new()
    {
        Pixels = Height * Width,
        Images = Images,
        Channels = Channels,
        Taps = Taps,
        Centre = Kind == ScanKind.Row ? Taps / 2 : 1,
        Cells = Cells,
        Span = Kind == ScanKind.Row ? 0 : Width,
        PerFront = Kind switch { ScanKind.Row => Width, ScanKind.Diagonal => 1, _ => -1 },
        PerCell = Kind switch { ScanKind.Row => 1, ScanKind.Diagonal => Width - 1, _ => Width + 1 },
        Base = Kind == ScanKind.DiagonalReversed ? Width - 1 : 0,
        Fronts = Fronts,
        First = 0,
        End = Fronts,
    };
}

/// <summary>The argument block of both passes; mirrors SCAN_ARGS in scan.cu. Pixel of cell q of front t: Base + t * PerFront + q * PerCell.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ScanArgs : IArithmetic
{
    public ulong X; // gates; backward: gradient of h
    public ulong W; // [4h, taps, h]
    public ulong Y; // h; backward: gradient of the gates
    public ulong Cell;
    public ulong Acts;
    public ulong Scratch; // forward: the filter as [taps, h, 4h]; backward: what c's gradient carries to the front before
    public int Pixels;
    public int Images;
    public int Channels;
    public int Taps;
    public int Centre;
    public int Cells;
    public int Span; // W for diagonals, 0 for rows
    public int PerFront;
    public int PerCell;
    public int Base;
    public int Fronts;
    public int First; // fronts of this launch
    public int End;
    public int Save; // 0: Acts is null

    public readonly double Flops => 2.0 * Images * Pixels * (End - First) / Fronts * ScanShape.Gates * Channels * Taps * Channels;

    /// <summary>The cells of a front; none for a front that is none.</summary>
    public readonly (int Low, int High) Front(int t) =>
        t < 0 || t >= Fronts ? (0, 0) : Span == 0 ? (0, Cells) : (Math.Max(0, t - Span + 1), Math.Min(Cells, t + 1));
}

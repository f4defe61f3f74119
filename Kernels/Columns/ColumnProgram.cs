using System.Runtime.InteropServices;
using GenEngine.Kernels.Common;

namespace GenEngine.Kernels.Columns;

/// <summary>What an instruction of a <see cref="ColumnProgram"/> computes; the numbers of columns.cu.</summary>
public enum ColumnKind
{
    /// <summary>target = activation(sum over taps + bias) + residual, one chain an output in the convolution's own order.</summary>
    Convolution,

    /// <summary>target = tanh(a + ca) sigmoid(b + cb), a | b the halves of the source, ca | cb those of the second map (a condition) where there is one.</summary>
    Gate,

    /// <summary>target = activation(source).</summary>
    Activation,

    /// <summary>target = source + second, the second taken Back rows above (+0 over the first).</summary>
    Add,

    /// <summary>target = the table's row of the value at this position.</summary>
    Embedding,

    /// <summary>A cell of an LSTM: of the source's four pre-activations o | f | i | g and the state c (the second map) at Back rows and columns: c here, and target = h, as <see cref="Recurrent.Scan"/> has it.</summary>
    Cell,

    /// <summary>Draws the value at this position (or keeps a given one) and writes it into the input.</summary>
    Draw,
}

/// <summary>When an instruction runs.</summary>
public enum ColumnDomain
{
    /// <summary>At each position, for its column alone.</summary>
    Position,

    /// <summary>Before the first position of a row, instruction by instruction for the whole row: what depends on rows above only.</summary>
    RowStart,

    /// <summary>Behind the last position of a row, from the last column to the first, all of them at a column before the next: what runs from right to left.</summary>
    RowEnd,
}

/// <summary>What is drawn of the logits; the numbers of columns.cu.</summary>
public enum ColumnLaw
{
    /// <summary>1 with probability sigmoid(logit), else 0.</summary>
    Bernoulli,

    /// <summary>A level from softmax(logits), as <see cref="Sampling.CategoricalSample"/> draws it.</summary>
    Categorical,

    /// <summary>All channels of a pixel from a mixture of logistic distributions, as <see cref="Sampling.LogisticMixtureSample"/> draws them.</summary>
    LogisticMixture,
}

/// <summary>
/// Values of one layer, of all positions or of the newest: position (y, x) of image n lies at
/// Offset + (((y &amp; RowMask) * RingWidth + (x &amp; ColumnMask)) * batch + n) * Stride, so that the images of a batch are neighbours.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct ColumnMap
{
    /// <summary>Elements from the beginning of the state to position (0, 0) of image 0.</summary>
    public long Offset;

    /// <summary>The image's extents; what lies outside counts as 0.</summary>
    public int Height;

    /// <summary>Columns of the image; 1, as the height, for what is the same at every position.</summary>
    public int Width;

    /// <summary>Rows kept less one, a power of two less one; -1 where all are kept.</summary>
    public int RowMask;

    /// <summary>Columns likewise.</summary>
    public int ColumnMask;

    /// <summary>Columns kept.</summary>
    public int RingWidth;

    /// <summary>Elements of one position of one image: the channels, rounded up so that vectors may write beyond the last.</summary>
    public int Stride;
}

/// <summary>A tap: the position (y + Dy, x + Dx), channels First .. First + Count - 1, weights [Count, WeightStride] from Weights on.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ColumnTap
{
    /// <summary>Rows from the target down to what is read; negative above it.</summary>
    public int Dy;

    /// <summary>Columns from the target to what is read; negative to the left.</summary>
    public int Dx;

    /// <summary>First channel read, counted in the source map.</summary>
    public int First;

    /// <summary>Channels read.</summary>
    public int Count;

    /// <summary>Elements from the beginning of the program's weights.</summary>
    public long Weights;
}

/// <summary>One instruction. Maps are named by their index, -1 for none; channels by their first.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ColumnInstruction
{
    /// <summary>The bias, or the embedding's table; -1 for none. Elements from the beginning of the weights.</summary>
    public long Weights;

    /// <summary>What is computed; the kind says which of the other fields count.</summary>
    public ColumnKind Kind;

    /// <summary>The map read; not used by an embedding, which reads the drawn values.</summary>
    public int Source;

    /// <summary>The second map: a convolution's residual, a gate's condition, an addend, or a cell's state (read and written); -1 for none.</summary>
    public int Second;

    /// <summary>The map written; -1 for a draw whose value goes nowhere but into the values.</summary>
    public int Target;

    /// <summary>First channel read of the source. A convolution's taps say theirs, and a cell begins at 0.</summary>
    public int FirstSource;

    /// <summary>First channel of the second map; a cell begins at 0.</summary>
    public int FirstSecond;

    /// <summary>First channel written of the target.</summary>
    public int FirstTarget;

    /// <summary>Channels made; of a draw, the logits that it looks at.</summary>
    public int Channels;

    /// <summary>From the first half of a gate's source to the second.</summary>
    public int Half;

    /// <summary>A convolution's first tap, as an index into the program's taps.</summary>
    public int FirstTap;

    /// <summary>Taps from there on; with 0 the sum is +0, and bias, activation and residual remain.</summary>
    public int Taps;

    /// <summary>Elements from one row of weights to the next: the outputs, rounded up to whole vectors.</summary>
    public int WeightStride;

    /// <summary>Of a convolution, before its residual, and of an activation; None elsewhere.</summary>
    public Activation Activation;

    /// <summary>Of LeakyRelu, alpha of Elu; others ignore it.</summary>
    public float Slope;

    /// <summary>How a draw makes a value of its logits.</summary>
    public ColumnLaw Law;

    /// <summary>Which colour of the position a draw makes, and how many positions ahead.</summary>
    public int Colour;

    /// <summary>Positions from the one at hand to the one drawn: 1 where the logits are those of the next, else 0. Nothing is drawn behind the last position.</summary>
    public int Ahead;

    /// <summary>How many rows above the second map is read.</summary>
    public int BackRows;

    /// <summary>How many columns to the left; -1 reads the one to the right.</summary>
    public int BackColumns;
}

/// <summary>
/// An autoregressive network as a list of instructions, each of which computes one column (all channels of one position) of one layer from columns that lie behind:
/// what a sampler runs position after position. Made by the engine's ColumnBuilder.
/// </summary>
public sealed record ColumnProgram
{
    /// <summary>Weights and strides are multiples of this many elements: the widest vector.</summary>
    public const int Alignment = 16;

    /// <summary>Taps that one instruction may have.</summary>
    public const int MaxTaps = 128;

    /// <summary>Levels of a categorical draw, at most.</summary>
    public const int MaxLevels = 1024;

    /// <summary>All maps; instructions name them by their index.</summary>
    public required IReadOnlyList<ColumnMap> Maps { get; init; }

    /// <summary>The taps of all convolutions, one instruction after another; one empty tap where there is none.</summary>
    public required IReadOnlyList<ColumnTap> Taps { get; init; }

    /// <summary>Those of <see cref="ColumnDomain.RowStart"/> first, those of <see cref="ColumnDomain.RowEnd"/> last.</summary>
    public required IReadOnlyList<ColumnInstruction> Instructions { get; init; }

    /// <summary>How many of them run at the start of a row.</summary>
    public required int RowInstructions { get; init; }

    /// <summary>How many run at its end.</summary>
    public required int EndInstructions { get; init; }

    /// <summary>All weights as the instructions want them.</summary>
    public required float[] Weights { get; init; }

    /// <summary>Elements of the state for the batch it was made for.</summary>
    public required long StateElements { get; init; }

    /// <summary>What stands in the state from the beginning (conditions), and where.</summary>
    public required IReadOnlyList<(long Offset, float[] Values)> Constants { get; init; }

    /// <summary>Images side by side; the layout of the state depends on it.</summary>
    public required int Batch { get; init; }

    /// <summary>Rows of an image.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of an image; position y * Width + x is at row y and column x.</summary>
    public required int Width { get; init; }

    /// <summary>Values a position: 1, or 3 for colour.</summary>
    public required int Colours { get; init; }

    /// <summary>Levels a value has: 2, 256, ...</summary>
    public required int Levels { get; init; }

    /// <summary>Logits that a draw looks at.</summary>
    public required int Logits { get; init; }

    /// <summary>Pixels of an image: what a sampler runs over, in raster order.</summary>
    public int Positions => Height * Width;

    /// <summary>Multiply-adds of one image, whole.</summary>
    public required long Products { get; init; }

    /// <summary>The least multiple of <see cref="Alignment"/> that holds so many elements.</summary>
    public static int Rounded(int elements) => (elements + Alignment - 1) / Alignment * Alignment;
}

namespace GenEngine;

/// <summary>An image that lies in a row. Here pixel after pixel, the channels of one together (H, W, C); in PyTorch channel after channel (C, H, W).</summary>
public readonly record struct ImageExtents(int Height, int Width, int Channels)
{
    /// <summary>Entries of the row.</summary>
    public int Count => checked(Height * Width * Channels);

    /// <summary>Where the entry lies here that lies there in PyTorch; entries behind the image are in the same place in both.</summary>
    internal int Here(int there)
    {
        int pixels = Height * Width;
        return there < Count ? (there % pixels * Channels) + (there / pixels) : there;
    }
}

/// <summary>
/// How a parameter lies in PyTorch, where images are NCHW: its shape there, and which entry there is which one here. A layer declares it with the parameter; without one a parameter is the
/// same in both. Only weights that travel are permuted by it (<see cref="Runs.PyTorchWeights"/>); nothing that computes looks at it.
/// </summary>
public sealed class ParameterLayout
{
    private readonly ImageExtents? _rows, _columns;
    private readonly int _rowCount, _columnCount;

    private ParameterLayout(int[] shape, int rowCount, int columnCount, ImageExtents? rows = null, ImageExtents? columns = null)
    {
        if (rows?.Count > rowCount || columns?.Count > columnCount) throw new ArgumentException($"A {rowCount}x{columnCount} parameter has no room for an image {rows ?? columns}.");
        (PyTorchShape, _rowCount, _columnCount, _rows, _columns) = (shape, rowCount, columnCount, rows, columns);
    }

    /// <summary>The parameter's shape in PyTorch.</summary>
    public IReadOnlyList<int> PyTorchShape { get; }

    /// <summary>The same there and here.</summary>
    public static ParameterLayout Plain(Shape shape) => new(shape.ToArray(), 1, checked((int)shape.Count));

    /// <summary>Filters [K, R, S, C], of a convolution or of a transposed one: there [K, C, R, S].</summary>
    public static ParameterLayout Filters(Shape shape) =>
        new([shape[0], shape[3], shape[1], shape[2]], shape[0], checked((int)(shape.Count / shape[0])), null, new ImageExtents(shape[1], shape[2], shape[3]));

    /// <summary>A matrix [outputs, inputs] beside flattened images.</summary>
    /// <param name="shape">The matrix's, the same there.</param>
    /// <param name="rows">Outputs that are an image; null where they are none. What follows the image stays in place.</param>
    /// <param name="columns">Inputs that are an image, likewise.</param>
    public static ParameterLayout Matrix(Shape shape, ImageExtents? rows, ImageExtents? columns) => new(shape.ToArray(), shape[0], shape[1], rows, columns);

    /// <summary>A value for each entry of a row that begins with an image, or of one without.</summary>
    public static ParameterLayout Row(int count, ImageExtents? image) => new([count], 1, count, null, image);

    /// <summary>A value for each entry of an image, here in a row: there [C, H, W].</summary>
    public static ParameterLayout Map(ImageExtents image) => new([image.Channels, image.Height, image.Width], 1, image.Count, null, image);

    /// <summary>Lengths of directions [channels, ..] of this rank, here [channels]: there [channels, 1, ..], as PyTorch's weight_norm has them.</summary>
    public static ParameterLayout Lengths(int channels, int rank, ImageExtents? rows = null) => new([channels, .. Enumerable.Repeat(1, rank - 1)], channels, 1, rows);

    /// <summary>Values in the order that they have here, as PyTorch orders them.</summary>
    public T[] ToPyTorch<T>(ReadOnlySpan<T> here)
    {
        var there = new T[here.Length];
        for (int row = 0, i = 0; row < _rowCount; row++)
        {
            long start = Start(row);
            for (int column = 0; column < _columnCount; column++) there[i++] = here[(int)(start + Column(column))];
        }

        return there;
    }

    /// <summary>The way back.</summary>
    public T[] FromPyTorch<T>(ReadOnlySpan<T> there)
    {
        var here = new T[there.Length];
        for (int row = 0, i = 0; row < _rowCount; row++)
        {
            long start = Start(row);
            for (int column = 0; column < _columnCount; column++) here[(int)(start + Column(column))] = there[i++];
        }

        return here;
    }

    private long Start(int row) => (long)(_rows?.Here(row) ?? row) * _columnCount;

    private int Column(int column) => _columns?.Here(column) ?? column;
}

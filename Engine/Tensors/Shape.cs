namespace GenEngine;

/// <summary>Extents of a tensor, one to four dimensions, the last one contiguous. Images are N,H,W,C.</summary>
public readonly record struct Shape
{
    private readonly int _d0, _d1, _d2, _d3;

    public Shape(params ReadOnlySpan<int> extents)
    {
        if (extents.Length is 0 or > 4) throw new ArgumentException("A shape has one to four dimensions.", nameof(extents));
        foreach (int extent in extents)
        {
            if (extent <= 0) throw new ArgumentException($"A shape's extents are positive, not {extent}.", nameof(extents));
        }

        Rank = extents.Length;
        _d0 = extents[0];
        _d1 = Rank > 1 ? extents[1] : 1;
        _d2 = Rank > 2 ? extents[2] : 1;
        _d3 = Rank > 3 ? extents[3] : 1;
    }

    /// <summary>Dimensions, 1 to 4; 0 for default(Shape).</summary>
    public int Rank { get; }

    /// <summary>Extent of a dimension; -1 is the last.</summary>
    public int this[int dimension] => (dimension < 0 ? dimension + Rank : dimension) switch
    {
        0 => _d0,
        1 when Rank > 1 => _d1,
        2 when Rank > 2 => _d2,
        3 when Rank > 3 => _d3,
        _ => throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"The shape {this} has {Rank} dimensions."),
    };

    /// <summary>Elements in all.</summary>
    public long Count => Rank == 0 ? 0 : (long)_d0 * _d1 * _d2 * _d3;

    /// <summary>Extent of the last dimension: columns of the tensor seen as a matrix.</summary>
    public int Columns => this[-1];

    /// <summary>Count / Columns: rows of the tensor seen as a matrix.</summary>
    public int Rows => checked((int)(Count / Columns));

    /// <summary>The same shape with another last extent.</summary>
    public Shape WithColumns(int columns) => Rank switch
    {
        1 => new Shape(columns),
        2 => new Shape(_d0, columns),
        3 => new Shape(_d0, _d1, columns),
        _ => new Shape(_d0, _d1, _d2, columns),
    };

    /// <summary>The extents, outermost first.</summary>
    public int[] ToArray()
    {
        var extents = new int[Rank];
        for (int i = 0; i < Rank; i++) extents[i] = this[i];
        return extents;
    }

    public override string ToString() => $"[{string.Join(", ", ToArray())}]";
}

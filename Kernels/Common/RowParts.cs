namespace GenEngine.Kernels.Common;

/// <summary>How the rows of a [rows, columns] job are cut into parts of whole rows with about so many elements.</summary>
internal readonly struct RowParts(int rows, int columns, int partElements)
{
    private readonly long _rowsOfPart = Math.Max(1, partElements / columns);

    public int Count => (int)((rows + _rowsOfPart - 1) / _rowsOfPart);

    public int First(int part) => (int)(part * _rowsOfPart);

    /// <summary>One past the part's last row.</summary>
    public int End(int part) => (int)Math.Min(rows, (part + 1) * _rowsOfPart);
}

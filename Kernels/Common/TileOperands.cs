using System.Numerics;

namespace GenEngine.Kernels.Common;

/// <summary>
/// An operand of a tile product, cut into strips of neighbouring rows of A (or columns of B). A strided matrix is one such
/// operand; a gather over the taps of a convolution is another.
/// </summary>
internal unsafe interface ITileOperand<T> where T : unmanaged
{
    /// <summary>
    /// Writes a panel, the form in which micro-kernels read: for each of k0 .. k0+k-1 in turn, `width` neighbours from first on.
    /// What stands from valid to width reaches no output, but must be finite.
    /// </summary>
    void Pack(nint batch, nint first, int valid, int width, nint k0, nint k, T* panel);

    /// <summary>Where a whole strip can be read without packing, and the elements from one k to the next; null where it cannot.</summary>
    T* InPlace(nint batch, nint first, nint k0, out nint step);
}

/// <summary>Where the rows of a tile product go.</summary>
internal unsafe interface ITileOutput<T> where T : unmanaged
{
    T* Row(nint batch, nint row);

    /// <summary>Elements from one column to the next.</summary>
    nint ColumnStride { get; }
}

/// <summary>A matrix as an operand: element (i, k) stands at i * stride + k * kStride, one of the two strides being 1.</summary>
internal readonly unsafe struct StridedOperand<T>(T* data, nint batchStride, nint stride, nint kStride) : ITileOperand<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int MaxWidth = 64;

    public void Pack(nint batch, nint first, int valid, int width, nint k0, nint k, T* panel)
    {
        T* source = data + batch * batchStride + first * stride + k0 * kStride;
        if (kStride != 1)
        {
            TilePanels<T>.PackColumns(source, kStride, valid, width, k, panel);
            return;
        }

        T** rows = stackalloc T*[MaxWidth];
        for (int i = 0; i < width; i++) rows[i] = source + Math.Min(i, valid - 1) * stride;
        TilePanels<T>.PackRows(rows, width, k, panel);
    }

    public T* InPlace(nint batch, nint first, nint k0, out nint step)
    {
        step = kStride;
        return stride == 1 ? data + batch * batchStride + first + k0 * kStride : null;
    }
}

/// <summary>A matrix as an output.</summary>
internal readonly unsafe struct StridedOutput<T>(T* data, nint batchStride, nint rowStride, nint columnStride) : ITileOutput<T>
    where T : unmanaged
{
    public T* Row(nint batch, nint row) => data + batch * batchStride + row * rowStride;

    public nint ColumnStride => columnStride;
}

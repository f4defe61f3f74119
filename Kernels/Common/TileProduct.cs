using System.Numerics;

namespace GenEngine.Kernels.Common;

/// <summary>
/// C = activation(A x B + bias), or with C as the start of every chain when it accumulates: what the matrix products and the
/// convolutions of the CPU come down to. <see cref="TileRunner{V, T, TA, TB, TC}"/> runs it.
/// </summary>
internal unsafe struct TileProduct<T, TA, TB, TC>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TA : unmanaged, ITileOperand<T>
    where TB : unmanaged, ITileOperand<T>
    where TC : unmanaged, ITileOutput<T>
{
    public nint Batch;
    public nint Rows;
    public nint Columns;
    public nint K;
    public TA A;
    public TB B;
    public TC C;

    /// <summary>Null for none.</summary>
    public T* Bias;

    /// <summary>One bias a row instead of one a column.</summary>
    public bool BiasByRow;
    public TileFinish<T> Finish;
    public bool Accumulate;
}

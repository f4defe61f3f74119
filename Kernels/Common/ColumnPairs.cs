using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>How neighbouring elements become a vector: whole vectors, or the last few of a row. A type argument, so that whole ones carry no code of the others.</summary>
internal unsafe interface ILoad<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    static abstract V Load(T* p, nint lanes);
}

internal readonly unsafe struct Whole<V, T> : ILoad<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(AggressiveInlining)]
    public static V Load(T* p, nint lanes) => V.Load(p);
}

internal readonly unsafe struct Partial<V, T> : ILoad<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(AggressiveInlining)]
    public static V Load(T* p, nint lanes) => VecTail<V, T>.Load(p, lanes);
}

/// <summary>The terms of two sums a column; the lambda of chunk_pair in column_pairs.cuh.</summary>
internal interface IColumnPair<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>u and v of a row's columns column .. column + lanes - 1; start is row * columns.</summary>
    void Terms<TLoad>(nint row, nint start, nint column, nint lanes, out V u, out V v) where TLoad : struct, ILoad<V, T>;
}

/// <summary>S = sum u and Q = sum u v a column over a chunk of rows, ascending from +0; the twin of column_pairs.cuh.</summary>
internal static unsafe class ColumnPairs<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Columns whose sums stay in the first-level cache beside the rows that pass by.</summary>
    private const int Block = 1024;

    /// <summary>Sums rows first .. first + height - 1 into sums and dots, columns elements each.</summary>
    /// <remarks>Sums so far stay in the first-level cache while four rows at a time pass by, which reads memory in order.</remarks>
    [MethodImpl(AggressiveOptimization)]
    public static void Chunk<TPair>(TPair pair, nint first, nint height, nint columns, T* sums, T* dots)
        where TPair : struct, IColumnPair<V, T>
    {
        nint whole = columns - (columns % V.Count), end = first + height;
        for (nint block = 0; block < whole; block += Block)
        {
            nint stop = Math.Min(whole, block + Block), row = first;
            for (nint c = block; c < stop; c += V.Count)
            {
                V.Store(V.Zero, sums + c);
                V.Store(V.Zero, dots + c);
            }

            for (; row + 4 <= end; row += 4)
            {
                nint r0 = row * columns, r1 = r0 + columns, r2 = r1 + columns, r3 = r2 + columns;
                for (nint c = block; c < stop; c += V.Count)
                {
                    V sum = V.Load(sums + c), dot = V.Load(dots + c);
                    pair.Terms<Whole<V, T>>(row, r0, c, V.Count, out V u, out V v);
                    sum = V.Add(sum, u);
                    dot = V.Fma(u, v, dot);
                    pair.Terms<Whole<V, T>>(row + 1, r1, c, V.Count, out u, out v);
                    sum = V.Add(sum, u);
                    dot = V.Fma(u, v, dot);
                    pair.Terms<Whole<V, T>>(row + 2, r2, c, V.Count, out u, out v);
                    sum = V.Add(sum, u);
                    dot = V.Fma(u, v, dot);
                    pair.Terms<Whole<V, T>>(row + 3, r3, c, V.Count, out u, out v);
                    V.Store(V.Add(sum, u), sums + c);
                    V.Store(V.Fma(u, v, dot), dots + c);
                }
            }

            for (; row < end; row++)
            {
                for (nint c = block; c < stop; c += V.Count)
                {
                    pair.Terms<Whole<V, T>>(row, row * columns, c, V.Count, out V u, out V v);
                    V.Store(V.Add(V.Load(sums + c), u), sums + c);
                    V.Store(V.Fma(u, v, V.Load(dots + c)), dots + c);
                }
            }
        }

        if (whole < columns) Tail(pair, first, end, columns, whole, sums, dots);
    }

    /// <summary>Loads lanes elements, V.Count at most; for what is done once a column.</summary>
    [MethodImpl(AggressiveInlining)]
    public static V Load(T* p, nint lanes) => lanes >= V.Count ? V.Load(p) : VecTail<V, T>.Load(p, lanes);

    /// <summary>Stores lanes elements, V.Count at most.</summary>
    [MethodImpl(AggressiveInlining)]
    public static void Store(V v, T* p, nint lanes)
    {
        if (lanes >= V.Count) V.Store(v, p);
        else VecTail<V, T>.Store(v, p, lanes);
    }

    /// <summary>The columns that fill no vector.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Tail<TPair>(TPair pair, nint first, nint end, nint columns, nint column, T* sums, T* dots)
        where TPair : struct, IColumnPair<V, T>
    {
        V sum = V.Zero, dot = V.Zero;
        nint lanes = columns - column;
        for (nint row = first; row < end; row++)
        {
            pair.Terms<Partial<V, T>>(row, row * columns, column, lanes, out V u, out V v);
            sum = V.Add(sum, u);
            dot = V.Fma(u, v, dot);
        }

        VecTail<V, T>.Store(sum, sums + column, lanes);
        VecTail<V, T>.Store(dot, dots + column, lanes);
    }
}

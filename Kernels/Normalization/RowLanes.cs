using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Normalization;

/// <summary>The terms of a sum over a row, by place: unlike <see cref="RowFold{V, T}"/>'s they may come from any number of arrays.</summary>
internal interface IRowTerms<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Takes elements column .. column + count - 1 into the lanes; what happens to further lanes does not matter.</summary>
    V Step<TLoad>(V lanes, nint column, nint count) where TLoad : struct, ILoad<V, T>;
}

/// <summary>Sums a row by the row-sum law (CONTRIBUTING.md): 32 lanes, then a tree over them.</summary>
internal static unsafe class RowLanes<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Lanes = VecLanes<V, T>.Lanes;

    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    public static T Sum<TTerms>(TTerms terms, nint n)
        where TTerms : struct, IRowTerms<V, T>
    {
        T* lanes = stackalloc T[Lanes];
        nint whole = n & -Lanes;
        for (nint first = 0; first < Lanes; first += 2 * V.Count) // once with AVX-512 floats: two vectors are all the lanes
        {
            V a = V.Zero, b = V.Zero;
            nint second = first + V.Count;
            for (nint i = 0; i < whole; i += Lanes)
            {
                a = terms.Step<Whole<V, T>>(a, i + first, V.Count);
                b = terms.Step<Whole<V, T>>(b, i + second, V.Count);
            }

            if (whole + first < n) a = Tail(terms, a, whole + first, n);
            if (whole + second < n) b = Tail(terms, b, whole + second, n);
            V.Store(a, lanes + first);
            V.Store(b, lanes + second);
        }

        return VecLanes<V, T>.Sum(lanes);
    }

    [MethodImpl(AggressiveInlining)]
    private static V Tail<TTerms>(TTerms terms, V lanes, nint column, nint n)
        where TTerms : struct, IRowTerms<V, T> =>
        n - column >= V.Count
            ? terms.Step<Whole<V, T>>(lanes, column, V.Count)
            : VecTail<V, T>.Merge(terms.Step<Partial<V, T>>(lanes, column, n - column), lanes, n - column);
}

using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>What a row is folded with; see <see cref="RowFold{V, T}"/>.</summary>
internal interface IRowFold<V, T>
{
    /// <summary>What lanes without elements hold; joined to a lane it changes nothing.</summary>
    V Start { get; }

    /// <summary>Takes elements x and y into the lanes.</summary>
    V Step(V lanes, V x, V y);

    /// <summary>Joins two lanes of the tree.</summary>
    T Join(T a, T b);
}

/// <summary>
/// The row-sum law (CONTRIBUTING.md): lane l of 32 takes elements l, l + 32, ... ascending, then the lanes are joined 16, 8, 4, 2, 1
/// apart; the same bits whatever the width of a vector.
/// </summary>
internal static unsafe class RowFold<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Lanes = 32;

    /// <summary>Folds x[0 .. n - 1] and y[0 .. n - 1]; n &gt; 0.</summary>
    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    public static T Run<TFold>(TFold fold, T* x, T* y, nint n)
        where TFold : struct, IRowFold<V, T>
    {
        T* lanes = stackalloc T[Lanes];
        nint whole = n & -Lanes;
        for (nint first = 0; first < Lanes; first += 2 * V.Count) // once with AVX-512 floats: two vectors are all the lanes
        {
            V a = fold.Start, b = a;
            nint second = first + V.Count;
            for (nint i = 0; i < whole; i += Lanes)
            {
                a = fold.Step(a, V.Load(x + i + first), V.Load(y + i + first));
                b = fold.Step(b, V.Load(x + i + second), V.Load(y + i + second));
            }

            if (whole + first < n) a = Tail(fold, a, x + whole + first, y + whole + first, n - whole - first);
            if (whole + second < n) b = Tail(fold, b, x + whole + second, y + whole + second, n - whole - second);
            V.Store(a, lanes + first);
            V.Store(b, lanes + second);
        }

        // where a short row leaves whole levels without elements, they would join Start to every lane and change nothing
        for (nint width = n > Lanes / 2 ? Lanes / 2 : (nint)(BitOperations.RoundUpToPowerOf2((uint)n) / 2); width > 0; width /= 2)
        {
            for (nint lane = 0; lane < width; lane++) lanes[lane] = fold.Join(lanes[lane], lanes[lane + width]);
        }

        return lanes[0];
    }

    private static V Tail<TFold>(TFold fold, V lanes, T* x, T* y, nint n)
        where TFold : struct, IRowFold<V, T> =>
        n >= V.Count
            ? fold.Step(lanes, V.Load(x), V.Load(y))
            : VecTail<V, T>.Merge(fold.Step(lanes, VecTail<V, T>.Load(x, n), VecTail<V, T>.Load(y, n)), lanes, n);
}

using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>
/// Chunks of 64 rows, whose partial results batch norm joins: [chunks, 3, columns], of each its first row, its mean less that and its
/// squared deviations. Whoever makes the rows may make these too; see CONTRIBUTING.md for their bits.
/// </summary>
internal static class RowChunks
{
    public const int Rows = 64;

    public static long Count(long rows) => (rows + Rows - 1) / Rows;

    public static long PartialElements(long rows, long columns) => 3 * Count(rows) * columns;
}

/// <summary>The twin of chunk_sums.cuh.</summary>
internal static unsafe class ChunkStatistics<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Statistics of one chunk of the rows x columns elements at x.</summary>
    [MethodImpl(AggressiveOptimization)]
    public static void Run(T* x, T* partials, nint chunk, nint rows, nint columns)
    {
        nint first = chunk * RowChunks.Rows, height = Math.Min(RowChunks.Rows, rows - first);
        T* shifts = partials + (3 * chunk * columns), means = shifts + columns, squares = means + columns;
        new ReadOnlySpan<T>(x + (first * columns), (int)columns).CopyTo(new Span<T>(shifts, (int)columns));
        ColumnPairs<V, T>.Chunk(new Deviations(x, shifts), first, height, columns, means, squares);
        V count = V.Create(T.CreateTruncating(height));
        for (nint c = 0; c < columns; c += V.Count)
        {
            nint lanes = columns - c;
            V sum = ColumnPairs<V, T>.Load(means + c, lanes), mean = V.Div(sum, count);
            V rest = V.Fma(V.Neg(sum), mean, ColumnPairs<V, T>.Load(squares + c, lanes));
            ColumnPairs<V, T>.Store(mean, means + c, lanes);
            ColumnPairs<V, T>.Store(V.Max(V.Zero, rest), squares + c, lanes);
        }
    }

    private readonly struct Deviations(T* x, T* shifts) : IColumnPair<V, T>
    {
        [MethodImpl(AggressiveInlining)]
        public void Terms<TLoad>(nint row, nint start, nint column, nint lanes, out V u, out V v)
            where TLoad : struct, ILoad<V, T>
        {
            u = V.Sub(TLoad.Load(x + start + column, lanes), TLoad.Load(shifts + column, lanes));
            v = u;
        }
    }
}

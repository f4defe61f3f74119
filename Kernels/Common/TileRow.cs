using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>
/// One row of a register tile: a few neighbouring vectors. Micro-kernels keep rows in locals, and the JIT keeps each vector of them in a
/// register of its own, so that one micro-kernel serves all tile widths at the full rate of the multiply-adders.
/// </summary>
internal unsafe interface ITileRow<TSelf, V, T>
    where TSelf : unmanaged, ITileRow<TSelf, V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    static abstract TSelf Load(T* p);

    static abstract void Store(TSelf row, T* p);

    /// <summary>row + a * b, one fused multiply-add an element.</summary>
    static abstract TSelf Fma(V a, TSelf b, TSelf row);
}

internal unsafe struct TileRow1<V, T> : ITileRow<TileRow1<V, T>, V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private V _0;

    [MethodImpl(AggressiveInlining)]
    public static TileRow1<V, T> Load(T* p) => new() { _0 = V.Load(p) };

    [MethodImpl(AggressiveInlining)]
    public static void Store(TileRow1<V, T> row, T* p) => V.Store(row._0, p);

    [MethodImpl(AggressiveInlining)]
    public static TileRow1<V, T> Fma(V a, TileRow1<V, T> b, TileRow1<V, T> row) => new() { _0 = V.Fma(a, b._0, row._0) };
}

internal unsafe struct TileRow2<V, T> : ITileRow<TileRow2<V, T>, V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private V _0;
    private V _1;

    [MethodImpl(AggressiveInlining)]
    public static TileRow2<V, T> Load(T* p) => new() { _0 = V.Load(p), _1 = V.Load(p + V.Count) };

    [MethodImpl(AggressiveInlining)]
    public static void Store(TileRow2<V, T> row, T* p)
    {
        V.Store(row._0, p);
        V.Store(row._1, p + V.Count);
    }

    [MethodImpl(AggressiveInlining)]
    public static TileRow2<V, T> Fma(V a, TileRow2<V, T> b, TileRow2<V, T> row) =>
        new() { _0 = V.Fma(a, b._0, row._0), _1 = V.Fma(a, b._1, row._1) };
}

internal unsafe struct TileRow3<V, T> : ITileRow<TileRow3<V, T>, V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private V _0;
    private V _1;
    private V _2;

    [MethodImpl(AggressiveInlining)]
    public static TileRow3<V, T> Load(T* p) => new() { _0 = V.Load(p), _1 = V.Load(p + V.Count), _2 = V.Load(p + 2 * V.Count) };

    [MethodImpl(AggressiveInlining)]
    public static void Store(TileRow3<V, T> row, T* p)
    {
        V.Store(row._0, p);
        V.Store(row._1, p + V.Count);
        V.Store(row._2, p + 2 * V.Count);
    }

    [MethodImpl(AggressiveInlining)]
    public static TileRow3<V, T> Fma(V a, TileRow3<V, T> b, TileRow3<V, T> row) =>
        new() { _0 = V.Fma(a, b._0, row._0), _1 = V.Fma(a, b._1, row._1), _2 = V.Fma(a, b._2, row._2) };
}

internal unsafe struct TileRow4<V, T> : ITileRow<TileRow4<V, T>, V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private V _0;
    private V _1;
    private V _2;
    private V _3;

    [MethodImpl(AggressiveInlining)]
    public static TileRow4<V, T> Load(T* p) => new() { _0 = V.Load(p), _1 = V.Load(p + V.Count), _2 = V.Load(p + (2 * V.Count)), _3 = V.Load(p + (3 * V.Count)) };

    [MethodImpl(AggressiveInlining)]
    public static void Store(TileRow4<V, T> row, T* p)
    {
        V.Store(row._0, p);
        V.Store(row._1, p + V.Count);
        V.Store(row._2, p + (2 * V.Count));
        V.Store(row._3, p + (3 * V.Count));
    }

    [MethodImpl(AggressiveInlining)]
    public static TileRow4<V, T> Fma(V a, TileRow4<V, T> b, TileRow4<V, T> row) =>
        new() { _0 = V.Fma(a, b._0, row._0), _1 = V.Fma(a, b._1, row._1), _2 = V.Fma(a, b._2, row._2), _3 = V.Fma(a, b._3, row._3) };
}

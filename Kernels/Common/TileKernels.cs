using System.Numerics;
using System.Runtime.CompilerServices;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>
/// The register-tile micro-kernels: C[rows x vectors] = (C or 0) + A panel x B panel, each output one chain of fused multiply-adds over
/// ascending k. They reach the register-only rate of the multiply-adders while both panels are in the nearer caches.
/// </summary>
internal static unsafe class TileKernels<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Rows of the largest tile. Accumulators + one B row + one broadcast fill the 32 (AVX-512) or 16 registers.</summary>
    public static int MaxRows => sizeof(V) == 64 ? 8 : 6;

    /// <summary>Vectors a row of the largest tile.</summary>
    public static int MaxVectors => sizeof(V) == 64 ? 3 : 2;

    /// <summary>Rows of the smallest tile that holds so many rows.</summary>
    public static int RowsFor(nint rows) => rows switch { 1 => 1, 2 => 2, 3 or 4 => 4, _ => MaxRows };

    /// <summary>
    /// The micro-kernel of a tile size: kernel(a, b, bStep, k, c, column, load). a is packed (k rows of `rows` elements), b has bStep
    /// elements from one k to the next, c[i] + column is where row i of the tile stands; load: start from C, not from +0.
    /// </summary>
    public static delegate*<T*, T*, nint, nint, T**, nint, bool, void> Get(int rows, int vectors) => (rows, vectors) switch
    {
        (8, 3) => &Rows8<TileRow3<V, T>>,
        (8, 2) => &Rows8<TileRow2<V, T>>,
        (8, 1) => &Rows8<TileRow1<V, T>>,
        (6, 2) => &Rows6<TileRow2<V, T>>,
        (6, 1) => &Rows6<TileRow1<V, T>>,
        (4, 3) => &Rows4<TileRow3<V, T>>,
        (4, 2) => &Rows4<TileRow2<V, T>>,
        (4, 1) => &Rows4<TileRow1<V, T>>,
        (2, 3) => &Rows2<TileRow3<V, T>>,
        (2, 2) => &Rows2<TileRow2<V, T>>,
        (2, 1) => &Rows2<TileRow1<V, T>>,
        (1, 3) => &Rows1<TileRow3<V, T>>,
        (1, 2) => &Rows1<TileRow2<V, T>>,
        (1, 1) => &Rows1<TileRow1<V, T>>,
        _ => throw new ArgumentOutOfRangeException(nameof(rows), $"No tile of {rows} rows and {vectors} vectors."),
    };

    [MethodImpl(AggressiveOptimization)]
    private static void Rows8<R>(T* a, T* b, nint bStep, nint k, T** c, nint column, bool load) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
        if (load)
        {
            r0 = R.Load(c[0] + column);
            r1 = R.Load(c[1] + column);
            r2 = R.Load(c[2] + column);
            r3 = R.Load(c[3] + column);
            r4 = R.Load(c[4] + column);
            r5 = R.Load(c[5] + column);
            r6 = R.Load(c[6] + column);
            r7 = R.Load(c[7] + column);
        }

        for (; k > 0; k--)
        {
            R x = R.Load(b);
            r0 = R.Fma(V.Create(a[0]), x, r0);
            r1 = R.Fma(V.Create(a[1]), x, r1);
            r2 = R.Fma(V.Create(a[2]), x, r2);
            r3 = R.Fma(V.Create(a[3]), x, r3);
            r4 = R.Fma(V.Create(a[4]), x, r4);
            r5 = R.Fma(V.Create(a[5]), x, r5);
            r6 = R.Fma(V.Create(a[6]), x, r6);
            r7 = R.Fma(V.Create(a[7]), x, r7);
            a += 8;
            b += bStep;
        }

        R.Store(r0, c[0] + column);
        R.Store(r1, c[1] + column);
        R.Store(r2, c[2] + column);
        R.Store(r3, c[3] + column);
        R.Store(r4, c[4] + column);
        R.Store(r5, c[5] + column);
        R.Store(r6, c[6] + column);
        R.Store(r7, c[7] + column);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows6<R>(T* a, T* b, nint bStep, nint k, T** c, nint column, bool load) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default;
        if (load)
        {
            r0 = R.Load(c[0] + column);
            r1 = R.Load(c[1] + column);
            r2 = R.Load(c[2] + column);
            r3 = R.Load(c[3] + column);
            r4 = R.Load(c[4] + column);
            r5 = R.Load(c[5] + column);
        }

        for (; k > 0; k--)
        {
            R x = R.Load(b);
            r0 = R.Fma(V.Create(a[0]), x, r0);
            r1 = R.Fma(V.Create(a[1]), x, r1);
            r2 = R.Fma(V.Create(a[2]), x, r2);
            r3 = R.Fma(V.Create(a[3]), x, r3);
            r4 = R.Fma(V.Create(a[4]), x, r4);
            r5 = R.Fma(V.Create(a[5]), x, r5);
            a += 6;
            b += bStep;
        }

        R.Store(r0, c[0] + column);
        R.Store(r1, c[1] + column);
        R.Store(r2, c[2] + column);
        R.Store(r3, c[3] + column);
        R.Store(r4, c[4] + column);
        R.Store(r5, c[5] + column);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows4<R>(T* a, T* b, nint bStep, nint k, T** c, nint column, bool load) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = default, r1 = default, r2 = default, r3 = default;
        if (load)
        {
            r0 = R.Load(c[0] + column);
            r1 = R.Load(c[1] + column);
            r2 = R.Load(c[2] + column);
            r3 = R.Load(c[3] + column);
        }

        for (; k > 0; k--)
        {
            R x = R.Load(b);
            r0 = R.Fma(V.Create(a[0]), x, r0);
            r1 = R.Fma(V.Create(a[1]), x, r1);
            r2 = R.Fma(V.Create(a[2]), x, r2);
            r3 = R.Fma(V.Create(a[3]), x, r3);
            a += 4;
            b += bStep;
        }

        R.Store(r0, c[0] + column);
        R.Store(r1, c[1] + column);
        R.Store(r2, c[2] + column);
        R.Store(r3, c[3] + column);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows2<R>(T* a, T* b, nint bStep, nint k, T** c, nint column, bool load) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = load ? R.Load(c[0] + column) : default, r1 = load ? R.Load(c[1] + column) : default;
        for (; k > 0; k--)
        {
            R x = R.Load(b);
            r0 = R.Fma(V.Create(a[0]), x, r0);
            r1 = R.Fma(V.Create(a[1]), x, r1);
            a += 2;
            b += bStep;
        }

        R.Store(r0, c[0] + column);
        R.Store(r1, c[1] + column);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows1<R>(T* a, T* b, nint bStep, nint k, T** c, nint column, bool load) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = load ? R.Load(c[0] + column) : default;
        for (; k > 0; k--)
        {
            r0 = R.Fma(V.Create(a[0]), R.Load(b), r0);
            a++;
            b += bStep;
        }

        R.Store(r0, c[0] + column);
    }
}

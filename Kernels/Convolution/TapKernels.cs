using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Convolution;

/// <summary>Where a tap's channels lie, counted from the pixel that a lattice point starts at, and how many there are.</summary>
internal struct TapSpan
{
    public nint Offset;
    public nint Count;
}

/// <summary>
/// The register-tile micro-kernels of convolutions: as <see cref="TileKernels{V, T}"/>, but the values of A are read where they are, at a
/// distance from each row's pixel that all rows share. Nothing of the image is packed: a broadcast costs the same from anywhere in the nearest cache.
/// </summary>
internal static unsafe class TapKernels<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>
    /// The micro-kernel of a tile size: kernel(pixels, taps, tapCount, b, c, column, load). pixels[i] is row i's pixel, b holds the taps' channels
    /// one after another, `vectors` vectors each; c[i] + column is where row i of the tile stands; load: start from C, not from +0.
    /// </summary>
    public static delegate*<T**, TapSpan*, nint, T*, T**, nint, bool, void> Get(int rows, int vectors) => (rows, vectors) switch
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
    private static void Rows8<R>(T** pixels, TapSpan* taps, nint tapCount, T* b, T** c, nint column, bool load) where R : unmanaged, ITileRow<R, V, T>
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

        T* a0 = pixels[0], a1 = pixels[1], a2 = pixels[2], a3 = pixels[3], a4 = pixels[4], a5 = pixels[5], a6 = pixels[6], a7 = pixels[7];
        for (; tapCount > 0; tapCount--)
        {
            nint k = taps->Offset, end = k + taps->Count;
            taps++;
            do
            {
                R x = R.Load(b);
                r0 = R.Fma(V.Create(a0[k]), x, r0);
                r1 = R.Fma(V.Create(a1[k]), x, r1);
                r2 = R.Fma(V.Create(a2[k]), x, r2);
                r3 = R.Fma(V.Create(a3[k]), x, r3);
                r4 = R.Fma(V.Create(a4[k]), x, r4);
                r5 = R.Fma(V.Create(a5[k]), x, r5);
                r6 = R.Fma(V.Create(a6[k]), x, r6);
                r7 = R.Fma(V.Create(a7[k]), x, r7);
                b += sizeof(R) / sizeof(T);
                k++;
            }
            while (k < end);
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
    private static void Rows6<R>(T** pixels, TapSpan* taps, nint tapCount, T* b, T** c, nint column, bool load) where R : unmanaged, ITileRow<R, V, T>
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

        T* a0 = pixels[0], a1 = pixels[1], a2 = pixels[2], a3 = pixels[3], a4 = pixels[4], a5 = pixels[5];
        for (; tapCount > 0; tapCount--)
        {
            nint k = taps->Offset, end = k + taps->Count;
            taps++;
            do
            {
                R x = R.Load(b);
                r0 = R.Fma(V.Create(a0[k]), x, r0);
                r1 = R.Fma(V.Create(a1[k]), x, r1);
                r2 = R.Fma(V.Create(a2[k]), x, r2);
                r3 = R.Fma(V.Create(a3[k]), x, r3);
                r4 = R.Fma(V.Create(a4[k]), x, r4);
                r5 = R.Fma(V.Create(a5[k]), x, r5);
                b += sizeof(R) / sizeof(T);
                k++;
            }
            while (k < end);
        }

        R.Store(r0, c[0] + column);
        R.Store(r1, c[1] + column);
        R.Store(r2, c[2] + column);
        R.Store(r3, c[3] + column);
        R.Store(r4, c[4] + column);
        R.Store(r5, c[5] + column);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows4<R>(T** pixels, TapSpan* taps, nint tapCount, T* b, T** c, nint column, bool load) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = default, r1 = default, r2 = default, r3 = default;
        if (load)
        {
            r0 = R.Load(c[0] + column);
            r1 = R.Load(c[1] + column);
            r2 = R.Load(c[2] + column);
            r3 = R.Load(c[3] + column);
        }

        T* a0 = pixels[0], a1 = pixels[1], a2 = pixels[2], a3 = pixels[3];
        for (; tapCount > 0; tapCount--)
        {
            nint k = taps->Offset, end = k + taps->Count;
            taps++;
            do
            {
                R x = R.Load(b);
                r0 = R.Fma(V.Create(a0[k]), x, r0);
                r1 = R.Fma(V.Create(a1[k]), x, r1);
                r2 = R.Fma(V.Create(a2[k]), x, r2);
                r3 = R.Fma(V.Create(a3[k]), x, r3);
                b += sizeof(R) / sizeof(T);
                k++;
            }
            while (k < end);
        }

        R.Store(r0, c[0] + column);
        R.Store(r1, c[1] + column);
        R.Store(r2, c[2] + column);
        R.Store(r3, c[3] + column);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows2<R>(T** pixels, TapSpan* taps, nint tapCount, T* b, T** c, nint column, bool load) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = load ? R.Load(c[0] + column) : default, r1 = load ? R.Load(c[1] + column) : default;
        T* a0 = pixels[0], a1 = pixels[1];
        for (; tapCount > 0; tapCount--)
        {
            nint k = taps->Offset, end = k + taps->Count;
            taps++;
            do
            {
                R x = R.Load(b);
                r0 = R.Fma(V.Create(a0[k]), x, r0);
                r1 = R.Fma(V.Create(a1[k]), x, r1);
                b += sizeof(R) / sizeof(T);
                k++;
            }
            while (k < end);
        }

        R.Store(r0, c[0] + column);
        R.Store(r1, c[1] + column);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows1<R>(T** pixels, TapSpan* taps, nint tapCount, T* b, T** c, nint column, bool load) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = load ? R.Load(c[0] + column) : default;
        T* a0 = pixels[0];
        for (; tapCount > 0; tapCount--)
        {
            nint k = taps->Offset, end = k + taps->Count;
            taps++;
            do
            {
                r0 = R.Fma(V.Create(a0[k]), R.Load(b), r0);
                b += sizeof(R) / sizeof(T);
                k++;
            }
            while (k < end);
        }

        R.Store(r0, c[0] + column);
    }
}

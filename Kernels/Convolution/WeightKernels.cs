using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Convolution;

/// <summary>Neighbouring pixels: where the first one's input and its gradient lie, and how many there are.</summary>
internal unsafe struct PixelRun<T> where T : unmanaged
{
    public T* X;
    public T* Dy;
    public nint Count;
}

/// <summary>
/// The register-tile micro-kernels of filter gradients: rows are (tap, channel) pairs, read at constant distances from each pixel; columns are output
/// channels. Each output is one chain of fused multiply-adds over ascending pixels.
/// </summary>
internal static unsafe class WeightKernels<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>
    /// The micro-kernel of a tile size: kernel(runs, runCount, offsets, xStep, dyStep, dyColumn, c, column, load). offsets[i] is row i's distance from a
    /// pixel; dyColumn the first output channel; c[i] + column is where row i of the tile stands; load: start from C, not from +0.
    /// </summary>
    public static delegate*<PixelRun<T>*, nint, nint*, nint, nint, nint, T**, nint, bool, void> Get(int rows, int vectors) => (rows, vectors) switch
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
    private static void Rows8<R>(PixelRun<T>* runs, nint runCount, nint* offsets, nint xStep, nint dyStep, nint dyColumn, T** c, nint column, bool load)
        where R : unmanaged, ITileRow<R, V, T>
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

        nint o0 = offsets[0], o1 = offsets[1], o2 = offsets[2], o3 = offsets[3], o4 = offsets[4], o5 = offsets[5], o6 = offsets[6], o7 = offsets[7];
        for (; runCount > 0; runCount--, runs++)
        {
            T* x = runs->X, dy = runs->Dy + dyColumn;
            for (nint left = runs->Count; left > 0; left--)
            {
                R g = R.Load(dy);
                r0 = R.Fma(V.Create(x[o0]), g, r0);
                r1 = R.Fma(V.Create(x[o1]), g, r1);
                r2 = R.Fma(V.Create(x[o2]), g, r2);
                r3 = R.Fma(V.Create(x[o3]), g, r3);
                r4 = R.Fma(V.Create(x[o4]), g, r4);
                r5 = R.Fma(V.Create(x[o5]), g, r5);
                r6 = R.Fma(V.Create(x[o6]), g, r6);
                r7 = R.Fma(V.Create(x[o7]), g, r7);
                x += xStep;
                dy += dyStep;
            }
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
    private static void Rows6<R>(PixelRun<T>* runs, nint runCount, nint* offsets, nint xStep, nint dyStep, nint dyColumn, T** c, nint column, bool load)
        where R : unmanaged, ITileRow<R, V, T>
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

        nint o0 = offsets[0], o1 = offsets[1], o2 = offsets[2], o3 = offsets[3], o4 = offsets[4], o5 = offsets[5];
        for (; runCount > 0; runCount--, runs++)
        {
            T* x = runs->X, dy = runs->Dy + dyColumn;
            for (nint left = runs->Count; left > 0; left--)
            {
                R g = R.Load(dy);
                r0 = R.Fma(V.Create(x[o0]), g, r0);
                r1 = R.Fma(V.Create(x[o1]), g, r1);
                r2 = R.Fma(V.Create(x[o2]), g, r2);
                r3 = R.Fma(V.Create(x[o3]), g, r3);
                r4 = R.Fma(V.Create(x[o4]), g, r4);
                r5 = R.Fma(V.Create(x[o5]), g, r5);
                x += xStep;
                dy += dyStep;
            }
        }

        R.Store(r0, c[0] + column);
        R.Store(r1, c[1] + column);
        R.Store(r2, c[2] + column);
        R.Store(r3, c[3] + column);
        R.Store(r4, c[4] + column);
        R.Store(r5, c[5] + column);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows4<R>(PixelRun<T>* runs, nint runCount, nint* offsets, nint xStep, nint dyStep, nint dyColumn, T** c, nint column, bool load)
        where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = default, r1 = default, r2 = default, r3 = default;
        if (load)
        {
            r0 = R.Load(c[0] + column);
            r1 = R.Load(c[1] + column);
            r2 = R.Load(c[2] + column);
            r3 = R.Load(c[3] + column);
        }

        nint o0 = offsets[0], o1 = offsets[1], o2 = offsets[2], o3 = offsets[3];
        for (; runCount > 0; runCount--, runs++)
        {
            T* x = runs->X, dy = runs->Dy + dyColumn;
            for (nint left = runs->Count; left > 0; left--)
            {
                R g = R.Load(dy);
                r0 = R.Fma(V.Create(x[o0]), g, r0);
                r1 = R.Fma(V.Create(x[o1]), g, r1);
                r2 = R.Fma(V.Create(x[o2]), g, r2);
                r3 = R.Fma(V.Create(x[o3]), g, r3);
                x += xStep;
                dy += dyStep;
            }
        }

        R.Store(r0, c[0] + column);
        R.Store(r1, c[1] + column);
        R.Store(r2, c[2] + column);
        R.Store(r3, c[3] + column);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows2<R>(PixelRun<T>* runs, nint runCount, nint* offsets, nint xStep, nint dyStep, nint dyColumn, T** c, nint column, bool load)
        where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = load ? R.Load(c[0] + column) : default, r1 = load ? R.Load(c[1] + column) : default;
        nint o0 = offsets[0], o1 = offsets[1];
        for (; runCount > 0; runCount--, runs++)
        {
            T* x = runs->X, dy = runs->Dy + dyColumn;
            for (nint left = runs->Count; left > 0; left--)
            {
                R g = R.Load(dy);
                r0 = R.Fma(V.Create(x[o0]), g, r0);
                r1 = R.Fma(V.Create(x[o1]), g, r1);
                x += xStep;
                dy += dyStep;
            }
        }

        R.Store(r0, c[0] + column);
        R.Store(r1, c[1] + column);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows1<R>(PixelRun<T>* runs, nint runCount, nint* offsets, nint xStep, nint dyStep, nint dyColumn, T** c, nint column, bool load)
        where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = load ? R.Load(c[0] + column) : default;
        nint o0 = offsets[0];
        for (; runCount > 0; runCount--, runs++)
        {
            T* x = runs->X, dy = runs->Dy + dyColumn;
            for (nint left = runs->Count; left > 0; left--)
            {
                r0 = R.Fma(V.Create(x[o0]), R.Load(dy), r0);
                x += xStep;
                dy += dyStep;
            }
        }

        R.Store(r0, c[0] + column);
    }
}

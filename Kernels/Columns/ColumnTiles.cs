using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Columns;

/// <summary>A tap that lies inside the image, ready to be multiplied: inputs of the first image, weights, channels.</summary>
internal unsafe struct ActiveTap<T>
    where T : unmanaged
{
    public T* X;
    public T* Weights;
    public nint Count;
}

/// <summary>
/// The products of one column: y[image, output] = sum over taps and channels, one chain of fused multiply-adds an output. A tile holds a few images times a few vectors of outputs in
/// registers; weights stream through from the second cache once a tile, inputs are broadcast from where they lie.
/// </summary>
internal static unsafe class ColumnTiles<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // accumulators: eight images of two vectors fill half of AVX-512's registers, four of two all that AVX2 has to spare
    private static int MostRows => sizeof(V) == 64 ? 8 : 4;

    /// <param name="taps">In plan order.</param>
    /// <param name="xStride">From one image's inputs to the next one's.</param>
    /// <param name="outputs">A multiple of the vector; also the stride of the weights.</param>
    /// <param name="y">Written: outputs of each image, yStride apart.</param>
    public static void Run(ActiveTap<T>* taps, int count, nint images, nint xStride, nint outputs, T* y, nint yStride)
    {
        for (nint image = 0; image < images;)
        {
            nint left = images - image;
            int rows = left >= MostRows ? MostRows : left >= 4 ? 4 : left >= 2 ? 2 : 1;
            for (nint output = 0; output < outputs;)
            {
                nint vectors = (outputs - output) / V.Count;
                T* to = y + output;
                if (rows == 1 && vectors >= 4) output += Add(4 * V.Count, taps, count, 1, xStride, outputs, output, image, to, yStride);
                else if (vectors >= 2) output += Add(2 * V.Count, taps, count, rows, xStride, outputs, output, image, to, yStride);
                else output += Add(V.Count, taps, count, rows, xStride, outputs, output, image, to, yStride);
            }

            image += rows;
            y += rows * yStride;
        }
    }

    private static nint Add(nint width, ActiveTap<T>* taps, int count, int rows, nint xStride, nint wStride, nint output, nint image, T* y, nint yStride)
    {
        nint x = image * xStride;
        if (width == V.Count)
        {
            if (rows == 8) Rows8<TileRow1<V, T>>(taps, count, x, xStride, output, wStride, y, yStride);
            else if (rows == 4) Rows4<TileRow1<V, T>>(taps, count, x, xStride, output, wStride, y, yStride);
            else if (rows == 2) Rows2<TileRow1<V, T>>(taps, count, x, xStride, output, wStride, y, yStride);
            else Rows1<TileRow1<V, T>>(taps, count, x, output, wStride, y);
        }
        else if (width == 2 * V.Count)
        {
            if (rows == 8) Rows8<TileRow2<V, T>>(taps, count, x, xStride, output, wStride, y, yStride);
            else if (rows == 4) Rows4<TileRow2<V, T>>(taps, count, x, xStride, output, wStride, y, yStride);
            else if (rows == 2) Rows2<TileRow2<V, T>>(taps, count, x, xStride, output, wStride, y, yStride);
            else Rows1<TileRow2<V, T>>(taps, count, x, output, wStride, y);
        }
        else Rows1<TileRow4<V, T>>(taps, count, x, output, wStride, y);

        return width;
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows8<R>(ActiveTap<T>* taps, int count, nint image, nint xStride, nint output, nint wStride, T* y, nint yStride) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
        for (int tap = 0; tap < count; tap++)
        {
            T* x = taps[tap].X + image, w = taps[tap].Weights + output, x4 = x + (4 * xStride);
            nint x3 = 3 * xStride;
            for (nint c = taps[tap].Count; c > 0; c--)
            {
                R b = R.Load(w);
                r0 = R.Fma(V.Create(x[0]), b, r0);
                r1 = R.Fma(V.Create(x[xStride]), b, r1);
                r2 = R.Fma(V.Create(x[2 * xStride]), b, r2);
                r3 = R.Fma(V.Create(x[x3]), b, r3);
                r4 = R.Fma(V.Create(x4[0]), b, r4);
                r5 = R.Fma(V.Create(x4[xStride]), b, r5);
                r6 = R.Fma(V.Create(x4[2 * xStride]), b, r6);
                r7 = R.Fma(V.Create(x4[x3]), b, r7);
                x++;
                x4++;
                w += wStride;
            }
        }

        R.Store(r0, y);
        R.Store(r1, y + yStride);
        R.Store(r2, y + (2 * yStride));
        R.Store(r3, y + (3 * yStride));
        R.Store(r4, y + (4 * yStride));
        R.Store(r5, y + (5 * yStride));
        R.Store(r6, y + (6 * yStride));
        R.Store(r7, y + (7 * yStride));
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows4<R>(ActiveTap<T>* taps, int count, nint image, nint xStride, nint output, nint wStride, T* y, nint yStride) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = default, r1 = default, r2 = default, r3 = default;
        for (int tap = 0; tap < count; tap++)
        {
            T* x = taps[tap].X + image, w = taps[tap].Weights + output;
            nint x3 = 3 * xStride;
            for (nint c = taps[tap].Count; c > 0; c--)
            {
                R b = R.Load(w);
                r0 = R.Fma(V.Create(x[0]), b, r0);
                r1 = R.Fma(V.Create(x[xStride]), b, r1);
                r2 = R.Fma(V.Create(x[2 * xStride]), b, r2);
                r3 = R.Fma(V.Create(x[x3]), b, r3);
                x++;
                w += wStride;
            }
        }

        R.Store(r0, y);
        R.Store(r1, y + yStride);
        R.Store(r2, y + (2 * yStride));
        R.Store(r3, y + (3 * yStride));
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows2<R>(ActiveTap<T>* taps, int count, nint image, nint xStride, nint output, nint wStride, T* y, nint yStride) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = default, r1 = default;
        for (int tap = 0; tap < count; tap++)
        {
            T* x = taps[tap].X + image, w = taps[tap].Weights + output;
            for (nint c = taps[tap].Count; c > 0; c--)
            {
                R b = R.Load(w);
                r0 = R.Fma(V.Create(x[0]), b, r0);
                r1 = R.Fma(V.Create(x[xStride]), b, r1);
                x++;
                w += wStride;
            }
        }

        R.Store(r0, y);
        R.Store(r1, y + yStride);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows1<R>(ActiveTap<T>* taps, int count, nint image, nint output, nint wStride, T* y) where R : unmanaged, ITileRow<R, V, T>
    {
        R r0 = default;
        for (int tap = 0; tap < count; tap++)
        {
            T* x = taps[tap].X + image, w = taps[tap].Weights + output;
            for (nint c = taps[tap].Count; c > 0; c--)
            {
                r0 = R.Fma(V.Create(*x), R.Load(w), r0);
                x++;
                w += wStride;
            }
        }

        R.Store(r0, y);
    }
}

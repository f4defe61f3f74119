using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Convolution;

/// <summary>
/// Micro-kernels for results of few channels: lanes are neighbouring pixels of a channel's plane, not output channels, of which a vector would be
/// mostly empty. Each output is the same chain of fused multiply-adds.
/// </summary>
internal static unsafe class PlanarKernels<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public const int MaxRows = 8;

    /// <summary>Rows of the smallest tile that holds so many rows.</summary>
    public static int RowsFor(int rows) => rows > 4 ? 8 : rows > 1 ? 4 : 1;

    /// <summary>
    /// Runs a tile of 8, 4 or 1 rows: row i's pixels begin at pixels[i], a tap's next channel lies `plane` elements on, w holds a weight a product,
    /// c[i] is where row i's vector goes; load: start from C, not from +0.
    /// </summary>
    public static void Run(int rows, T** pixels, TapSpan* taps, nint tapCount, nint plane, T* w, T** c, bool load)
    {
        if (rows == 8) Rows8(pixels, taps, tapCount, plane, w, c, load);
        else if (rows == 4) Rows4(pixels, taps, tapCount, plane, w, c, load);
        else Rows1(pixels, taps, tapCount, plane, w, c, load);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows8(T** pixels, TapSpan* taps, nint tapCount, nint plane, T* w, T** c, bool load)
    {
        V r0 = default, r1 = default, r2 = default, r3 = default, r4 = default, r5 = default, r6 = default, r7 = default;
        if (load)
        {
            r0 = V.Load(c[0]);
            r1 = V.Load(c[1]);
            r2 = V.Load(c[2]);
            r3 = V.Load(c[3]);
            r4 = V.Load(c[4]);
            r5 = V.Load(c[5]);
            r6 = V.Load(c[6]);
            r7 = V.Load(c[7]);
        }

        T* a0 = pixels[0], a1 = pixels[1], a2 = pixels[2], a3 = pixels[3], a4 = pixels[4], a5 = pixels[5], a6 = pixels[6], a7 = pixels[7];
        for (; tapCount > 0; tapCount--, taps++)
        {
            nint k = taps->Offset;
            for (nint left = taps->Count; left > 0; left--)
            {
                V x = V.Create(*w);
                r0 = V.Fma(V.Load(a0 + k), x, r0);
                r1 = V.Fma(V.Load(a1 + k), x, r1);
                r2 = V.Fma(V.Load(a2 + k), x, r2);
                r3 = V.Fma(V.Load(a3 + k), x, r3);
                r4 = V.Fma(V.Load(a4 + k), x, r4);
                r5 = V.Fma(V.Load(a5 + k), x, r5);
                r6 = V.Fma(V.Load(a6 + k), x, r6);
                r7 = V.Fma(V.Load(a7 + k), x, r7);
                k += plane;
                w++;
            }
        }

        V.Store(r0, c[0]);
        V.Store(r1, c[1]);
        V.Store(r2, c[2]);
        V.Store(r3, c[3]);
        V.Store(r4, c[4]);
        V.Store(r5, c[5]);
        V.Store(r6, c[6]);
        V.Store(r7, c[7]);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows4(T** pixels, TapSpan* taps, nint tapCount, nint plane, T* w, T** c, bool load)
    {
        V r0 = default, r1 = default, r2 = default, r3 = default;
        if (load)
        {
            r0 = V.Load(c[0]);
            r1 = V.Load(c[1]);
            r2 = V.Load(c[2]);
            r3 = V.Load(c[3]);
        }

        T* a0 = pixels[0], a1 = pixels[1], a2 = pixels[2], a3 = pixels[3];
        for (; tapCount > 0; tapCount--, taps++)
        {
            nint k = taps->Offset;
            for (nint left = taps->Count; left > 0; left--)
            {
                V x = V.Create(*w);
                r0 = V.Fma(V.Load(a0 + k), x, r0);
                r1 = V.Fma(V.Load(a1 + k), x, r1);
                r2 = V.Fma(V.Load(a2 + k), x, r2);
                r3 = V.Fma(V.Load(a3 + k), x, r3);
                k += plane;
                w++;
            }
        }

        V.Store(r0, c[0]);
        V.Store(r1, c[1]);
        V.Store(r2, c[2]);
        V.Store(r3, c[3]);
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Rows1(T** pixels, TapSpan* taps, nint tapCount, nint plane, T* w, T** c, bool load)
    {
        V r0 = load ? V.Load(c[0]) : default;
        T* a0 = pixels[0];
        for (; tapCount > 0; tapCount--, taps++)
        {
            nint k = taps->Offset;
            for (nint left = taps->Count; left > 0; left--)
            {
                r0 = V.Fma(V.Load(a0 + k), V.Create(*w), r0);
                k += plane;
                w++;
            }
        }

        V.Store(r0, c[0]);
    }
}

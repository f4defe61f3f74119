using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Common;

/// <summary>Packing: the two ways in which a strip of a matrix becomes a panel.</summary>
internal static unsafe class TilePanels<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Packs rows that are contiguous along k: panel[kk * width + i] = rows[i][kk], by transposed squares of 16-byte vectors.</summary>
    public static void PackRows(T** rows, int width, nint k, T* panel) => PackRows(rows, width, width, k, panel);

    /// <summary>The same into rows of another length: panel[kk * stride + i] = rows[i][kk].</summary>
    [MethodImpl(AggressiveOptimization)]
    public static void PackRows(T** rows, int width, nint stride, nint k, T* panel)
    {
        int i = 0;
        int lanes = Vector128<T>.Count;
        nint whole = Sse2.IsSupported ? k - k % lanes : 0;
        for (; whole > 0 && i + lanes <= width; i += lanes)
        {
            if (typeof(T) == typeof(float)) Transpose4((float**)rows + i, stride, whole, (float*)panel + i);
            else Transpose2((double**)rows + i, stride, whole, (double*)panel + i);
            for (nint kk = whole; kk < k; kk++)
            {
                for (int j = 0; j < lanes; j++) panel[kk * stride + i + j] = rows[i + j][kk];
            }
        }

        for (; i < width; i++)
        {
            T* row = rows[i];
            for (nint kk = 0; kk < k; kk++) panel[kk * stride + i] = row[kk];
        }
    }

    /// <summary>Packs columns that are neighbours in memory: panel[kk * width + i] = source[kk * stride + i], zeros from valid on.</summary>
    [MethodImpl(AggressiveOptimization)]
    public static void PackColumns(T* source, nint stride, int valid, int width, nint k, T* panel)
    {
        int lanes = Vector128<T>.Count;
        for (nint kk = 0; kk < k; kk++)
        {
            int i = 0;
            for (; i + 2 * lanes <= valid; i += 2 * lanes) Vector256.Store(Vector256.Load(source + i), panel + i);
            for (; i + lanes <= valid; i += lanes) Vector128.Store(Vector128.Load(source + i), panel + i);
            for (; i < valid; i++) panel[i] = source[i];
            for (; i < width; i++) panel[i] = T.Zero;
            source += stride;
            panel += width;
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Transpose4(float** rows, nint width, nint k, float* panel)
    {
        float* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3];
        for (nint kk = 0; kk < k; kk += 4)
        {
            Vector128<float> a = Vector128.Load(r0 + kk), b = Vector128.Load(r1 + kk), c = Vector128.Load(r2 + kk), d = Vector128.Load(r3 + kk);
            Vector128<float> ab = Sse.UnpackLow(a, b), cd = Sse.UnpackLow(c, d), abHigh = Sse.UnpackHigh(a, b), cdHigh = Sse.UnpackHigh(c, d);
            Sse.MoveLowToHigh(ab, cd).Store(panel);
            Sse.MoveHighToLow(cd, ab).Store(panel + width);
            Sse.MoveLowToHigh(abHigh, cdHigh).Store(panel + 2 * width);
            Sse.MoveHighToLow(cdHigh, abHigh).Store(panel + 3 * width);
            panel += 4 * width;
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Transpose2(double** rows, nint width, nint k, double* panel)
    {
        double* r0 = rows[0], r1 = rows[1];
        for (nint kk = 0; kk < k; kk += 2)
        {
            Vector128<double> a = Vector128.Load(r0 + kk), b = Vector128.Load(r1 + kk);
            Sse2.UnpackLow(a, b).Store(panel);
            Sse2.UnpackHigh(a, b).Store(panel + width);
            panel += 2 * width;
        }
    }
}

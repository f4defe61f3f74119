using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static unsafe class TransposeCpu
{
    // A band of 16 columns is read in whole cache lines and written as 16 rows of y.
    private const int Band = 16;

    public static void Launch(CpuDevice device, DType dtype, ref TransposeArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch("transpose", Entry(dtype), ref args, accesses);

    private static delegate*<WorkerPool, TransposeArgs*, void> Entry(DType dtype) => dtype.Size() switch
    {
        1 => &Run<byte>,
        2 => &Run<ushort>,
        4 => &Run<uint>,
        _ => &Run<ulong>,
    };

    private static void Run<TWord>(WorkerPool pool, TransposeArgs* args) where TWord : unmanaged
    {
        long bands = (long)args->Batch * ((args->Columns + Band - 1) / Band);
        Partition.Run(pool, args, &Bands<TWord>, bands, 2L * sizeof(TWord) * Band * args->Rows);
    }

    private static void Bands<TWord>(TransposeArgs* args, nint start, nint end) where TWord : unmanaged
    {
        nint rows = args->Rows, columns = args->Columns, perMatrix = (columns + Band - 1) / Band;
        for (nint band = start; band < end; band++)
        {
            nint matrix = band / perMatrix, c = (band - (matrix * perMatrix)) * Band;
            var x = (TWord*)args->X + (matrix * rows * columns) + c;
            var y = (TWord*)args->Y + (matrix * rows * columns) + (c * rows);
            Band16(x, y, rows, columns, Math.Min(Band, columns - c));
        }
    }

    // y[c * rows + r] = x[r * columns + c] for all rows and width columns.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Band16<TWord>(TWord* x, TWord* y, nint rows, nint columns, nint width) where TWord : unmanaged
    {
        nint r = 0;
        if (Sse2.IsSupported && sizeof(TWord) == 4)
        {
            for (; r + 4 <= rows; r += 4)
            {
                nint c = 0;
                for (; c + 4 <= width; c += 4) Square4((float*)(x + (r * columns) + c), columns, (float*)(y + (c * rows) + r), rows);
                for (; c < width; c++)
                {
                    for (nint i = r; i < r + 4; i++) y[(c * rows) + i] = x[(i * columns) + c];
                }
            }
        }

        for (; r < rows; r++)
        {
            for (nint c = 0; c < width; c++) y[(c * rows) + r] = x[(r * columns) + c];
        }
    }

    // Moves bits only: floats here are any 32 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square4(float* x, nint xStride, float* y, nint yStride)
    {
        Vector128<float> a = Vector128.Load(x), b = Vector128.Load(x + xStride);
        Vector128<float> c = Vector128.Load(x + (2 * xStride)), d = Vector128.Load(x + (3 * xStride));
        Vector128<float> ab = Sse.UnpackLow(a, b), cd = Sse.UnpackLow(c, d);
        Sse.MoveLowToHigh(ab, cd).Store(y);
        Sse.MoveHighToLow(cd, ab).Store(y + yStride);
        (ab, cd) = (Sse.UnpackHigh(a, b), Sse.UnpackHigh(c, d));
        Sse.MoveLowToHigh(ab, cd).Store(y + (2 * yStride));
        Sse.MoveHighToLow(cd, ab).Store(y + (3 * yStride));
    }
}

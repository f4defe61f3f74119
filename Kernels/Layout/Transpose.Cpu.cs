using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static unsafe class TransposeCpu
{
    // A band of 64 columns is walked down in tiles of 16 x 16: whole cache lines are read, and whole ones written.
    private const int Band = 64, Tile = 16;

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

    [SkipLocalsInit]
    private static void Bands<TWord>(TransposeArgs* args, nint start, nint end) where TWord : unmanaged
    {
        TWord* tile = stackalloc TWord[Tile * Tile];
        nint rows = args->Rows, columns = args->Columns, perMatrix = (columns + Band - 1) / Band;
        for (nint band = start; band < end; band++)
        {
            nint matrix = band / perMatrix, first = (band - (matrix * perMatrix)) * Band, last = Math.Min(first + Band, columns);
            var x = (TWord*)args->X + (matrix * rows * columns);
            var y = (TWord*)args->Y + (matrix * rows * columns);
            for (nint r = 0; r < rows; r += Tile)
            {
                for (nint c = first; c < last; c += Tile)
                    Carry(x + (r * columns) + c, columns, y + (c * rows) + r, rows, Math.Min(Tile, rows - r), Math.Min(Tile, last - c), tile);
            }
        }
    }

    // y[c, r] = x[r, c] for height rows and width columns, by way of a tile in the first cache.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Carry<TWord>(TWord* x, nint xStride, TWord* y, nint yStride, nint height, nint width, TWord* tile)
        where TWord : unmanaged
    {
        if (Sse.IsSupported && sizeof(TWord) == 4 && height == Tile && width == Tile)
        {
            for (nint r = 0; r < Tile; r += 4)
            {
                for (nint c = 0; c < Tile; c += 4) Square4((float*)(x + (r * xStride) + c), xStride, (float*)(tile + (c * Tile) + r));
            }
        }
        else
        {
            for (nint r = 0; r < height; r++)
            {
                for (nint c = 0; c < width; c++) tile[(c * Tile) + r] = x[(r * xStride) + c];
            }
        }

        for (nint c = 0; c < width; c++)
            Unsafe.CopyBlockUnaligned(y + (c * yStride), tile + (c * Tile), (uint)(height * sizeof(TWord)));
    }

    // Moves bits only: floats here are any 32 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square4(float* x, nint stride, float* tile)
    {
        Vector128<float> a = Vector128.Load(x), b = Vector128.Load(x + stride);
        Vector128<float> c = Vector128.Load(x + (2 * stride)), d = Vector128.Load(x + (3 * stride));
        Vector128<float> ab = Sse.UnpackLow(a, b), cd = Sse.UnpackLow(c, d);
        Sse.MoveLowToHigh(ab, cd).Store(tile);
        Sse.MoveHighToLow(cd, ab).Store(tile + Tile);
        (ab, cd) = (Sse.UnpackHigh(a, b), Sse.UnpackHigh(c, d));
        Sse.MoveLowToHigh(ab, cd).Store(tile + (2 * Tile));
        Sse.MoveHighToLow(cd, ab).Store(tile + (3 * Tile));
    }
}

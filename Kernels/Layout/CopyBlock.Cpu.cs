using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static unsafe class CopyBlockCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref CopyBlockArgs args, bool accumulate, ReadOnlySpan<Access> accesses)
    {
        if (accumulate) device.Launch<Adder, CopyBlockArgs>("copy_block", dtype, ref args, accesses);
        else device.Launch("copy_block", Mover(dtype), ref args, accesses);
    }

    private static delegate*<WorkerPool, CopyBlockArgs*, void> Mover(DType dtype) => dtype.Size() switch
    {
        1 => &Move<byte>,
        2 => &Move<ushort>,
        4 => &Move<uint>,
        _ => &Move<ulong>,
    };

    // One long row is cut by columns, many rows by rows.
    private static void Move<TWord>(WorkerPool pool, CopyBlockArgs* args) where TWord : unmanaged
    {
        if (args->Rows == 1) Partition.Run(pool, args, &MoveColumns<TWord>, args->Columns, 2 * sizeof(TWord), 256);
        else Partition.Run(pool, args, &MoveRows<TWord>, args->Rows, 2 * sizeof(TWord) * args->Columns);
    }

    private static void MoveColumns<TWord>(CopyBlockArgs* args, nint start, nint end) where TWord : unmanaged =>
        Buffer.MemoryCopy((TWord*)args->X + start, (TWord*)args->Y + start, (end - start) * sizeof(TWord), (end - start) * sizeof(TWord));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MoveRows<TWord>(CopyBlockArgs* args, nint start, nint end) where TWord : unmanaged
    {
        nint columns = (nint)args->Columns, xStride = (nint)args->XStride, yStride = (nint)args->YStride, bytes = columns * sizeof(TWord);
        var x = (TWord*)args->X + (start * xStride);
        var y = (TWord*)args->Y + (start * yStride);
        for (nint row = start; row < end; row++, x += xStride, y += yStride)
        {
            if (columns > 8)
            {
                Buffer.MemoryCopy(x, y, bytes, bytes);
            }
            else
            {
                for (nint c = 0; c < columns; c++) y[c] = x[c];
            }
        }
    }

    private readonly struct Adder : ICpuKernel<CopyBlockArgs>
    {
        public static void Run<V, T>(WorkerPool pool, CopyBlockArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (args->Rows == 1) Partition.Run(pool, args, &AddColumns<V, T>, args->Columns, 3 * sizeof(T), 256);
            else Partition.Run(pool, args, &AddRows<V, T>, args->Rows, 3 * sizeof(T) * args->Columns);
        }
    }

    private static void AddColumns<V, T>(CopyBlockArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => Add<V, T>((T*)args->X + start, (T*)args->Y + start, end - start);

    private static void AddRows<V, T>(CopyBlockArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (nint row = start; row < end; row++)
            Add<V, T>((T*)args->X + (row * (nint)args->XStride), (T*)args->Y + (row * (nint)args->YStride), (nint)args->Columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<V, T>(T* x, T* y, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint i = 0;
        for (; i + V.Count <= n; i += V.Count) V.Store(V.Add(V.Load(y + i), V.Load(x + i)), y + i);
        for (; i < n; i++) y[i] += x[i];
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Reduction;

/// <summary>The kernels of reduce.cu, launch by launch. The place of a maximum is looked for once its value is known.</summary>
internal static unsafe class ReduceCpu
{
    public static void Launch(CpuDevice device, DType dtype, ReduceKernel kernel, ReduceMode mode, ref ReduceArgs args, ReadOnlySpan<Access> accesses)
    {
        if (mode == ReduceMode.Sum) Launch<SumFold>(device, dtype, kernel, ref args, accesses);
        else Launch<MaxFold>(device, dtype, kernel, ref args, accesses);
    }

    private static void Launch<TFold>(CpuDevice device, DType dtype, ReduceKernel kernel, ref ReduceArgs args, ReadOnlySpan<Access> accesses)
        where TFold : struct, IFold
    {
        switch (kernel)
        {
            case ReduceKernel.Row:
                device.Launch<RowKernel<TFold>, ReduceArgs>("reduce_row", dtype, ref args, accesses);
                break;
            case ReduceKernel.ColumnChunks:
                device.Launch<ChunkKernel<TFold>, ReduceArgs>("reduce_column_chunks", dtype, ref args, accesses);
                break;
            default:
                device.Launch<FinishKernel<TFold>, ReduceArgs>("reduce_column_finish", dtype, ref args, accesses);
                break;
        }
    }

    private static long ValidRows(ReduceArgs* args) => Math.Max(0, *(int*)args->ValidRows);

    private static void Write<T>(ReduceArgs* args, nint at, T y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (args->Mean != 0) y /= T.CreateTruncating(args->RowCount > 0 ? Math.Min(args->Count, ValidRows(args) * args->RowCount) : args->Count);
        T* target = (T*)args->Y + at;
        *target = args->Accumulate != 0 ? *target + y : y;
    }

    private static void WriteIndex(ReduceArgs* args, nint at, int index) =>
        ((int*)args->ArgMax)[at] = args->LastStage != 0 && index == ReduceArgs.NoIndex ? 0 : index;

    private static void Rows<TFold, V, T>(ReduceArgs* args, nint start, nint end)
        where TFold : struct, IFold
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long total = args->RowElements > 0 ? Math.Min(args->Total, ValidRows(args) * args->RowElements) : args->Total;
        for (nint row = start; row < end; row++)
        {
            nint first = row * (nint)args->Columns, n = (nint)Math.Clamp(total - first, 0, args->Columns);
            T* x = (T*)args->X + first;
            T result = RowFold<V, T>.Run(default(LaneFold<TFold, V, T>), x, x, n);
            Write(args, row, result);
            if (args->ArgMax == 0) continue;
            nint place = 0;
            while (place < n && x[place] != result) place++;
            int* index = (int*)args->Index + first;
            WriteIndex(args, row, place == n ? ReduceArgs.NoIndex : args->IndexSource switch
            {
                IndexSource.Row => (int)place,
                IndexSource.Array => (int)(first + place),
                _ => index[place],
            });
        }
    }

    /// <summary>Parts are chunks.</summary>
    private static void Chunks<TFold, V, T>(ReduceArgs* args, nint start, nint end)
        where TFold : struct, IFold
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns, rows = (nint)args->Rows;
        if (args->RowElements > 0) rows = (nint)Math.Min(rows, ValidRows(args));
        for (nint chunk = start; chunk < end; chunk++)
        {
            nint first = chunk * Reduce.Chunk, height = Math.Clamp(rows - first, 0, Reduce.Chunk);
            Columns<TFold, V, T>(args, first, height, chunk * columns);
        }
    }

    private static void Finish<TFold, V, T>(ReduceArgs* args, nint start, nint end)
        where TFold : struct, IFold
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        Columns<TFold, V, T>(args, 0, (nint)args->Rows, 0);

    /// <summary>Results at, at + 1, ...: each column over rows first .. first + height - 1, ascending.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Columns<TFold, V, T>(ReduceArgs* args, nint first, nint height, nint at)
        where TFold : struct, IFold
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns, c = 0;
        T* x = (T*)args->X + (first * columns);
        T* results = stackalloc T[4 * V.Count];
        for (; c <= columns - (4 * V.Count); c += 4 * V.Count)
        {
            V r0 = TFold.Start<V, T>(), r1 = r0, r2 = r0, r3 = r0;
            T* p = x + c;
            for (nint row = 0; row < height; row++, p += columns)
            {
                r0 = TFold.Step<V, T>(r0, V.Load(p));
                r1 = TFold.Step<V, T>(r1, V.Load(p + V.Count));
                r2 = TFold.Step<V, T>(r2, V.Load(p + (2 * V.Count)));
                r3 = TFold.Step<V, T>(r3, V.Load(p + (3 * V.Count)));
            }

            V.Store(r0, results);
            V.Store(r1, results + V.Count);
            V.Store(r2, results + (2 * V.Count));
            V.Store(r3, results + (3 * V.Count));
            WriteColumns(args, x, height, first, at, c, 4 * V.Count, results);
        }

        for (; c < columns; c += V.Count)
        {
            nint width = Math.Min(V.Count, columns - c), row = 0;
            var r = TFold.Start<V, T>();
            T* p = x + c;
            // a vector may run over into the next row, but not past the last element
            for (; row < height && (row * columns) + c + V.Count <= height * columns; row++, p += columns) r = TFold.Step<V, T>(r, V.Load(p));
            for (; row < height; row++, p += columns) r = TFold.Step<V, T>(r, VecTail<V, T>.Load(p, width));
            V.Store(r, results);
            WriteColumns(args, x, height, first, at, c, width, results);
        }
    }

    private static void WriteColumns<T>(ReduceArgs* args, T* x, nint height, nint first, nint at, nint column, nint width, T* results)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns;
        for (nint k = 0; k < width; k++) Write(args, at + column + k, results[k]);
        if (args->ArgMax == 0) return;
        for (nint k = 0; k < width; k++)
        {
            nint row = 0;
            while (row < height && x[(row * columns) + column + k] != results[k]) row++;
            int* index = (int*)args->Index + (first * columns) + column + k;
            WriteIndex(args, at + column + k, row == height ? ReduceArgs.NoIndex : args->IndexSource == IndexSource.Index ? index[row * columns] : (int)(first + row));
        }
    }

    private interface IFold
    {
        static abstract V Start<V, T>() where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>;

        static abstract V Step<V, T>(V soFar, V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T>;

        static abstract T Join<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T>;
    }

    private readonly struct SumFold : IFold
    {
        [MethodImpl(AggressiveInlining)]
        public static V Start<V, T>() where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => V.Zero;

        [MethodImpl(AggressiveInlining)]
        public static V Step<V, T>(V soFar, V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => V.Add(soFar, x);

        public static T Join<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T> => a + b;
    }

    private readonly struct MaxFold : IFold
    {
        [MethodImpl(AggressiveInlining)]
        public static V Start<V, T>() where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => VecMath.Constant<V, T>(double.NegativeInfinity);

        [MethodImpl(AggressiveInlining)]
        public static V Step<V, T>(V soFar, V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => V.Max(x, soFar);

        public static T Join<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T> => b > a ? b : a;
    }

    private readonly struct LaneFold<TFold, V, T> : IRowFold<V, T>
        where TFold : struct, IFold
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public V Start => TFold.Start<V, T>();

        [MethodImpl(AggressiveInlining)]
        public V Step(V lanes, V x, V y) => TFold.Step<V, T>(lanes, x);

        public T Join(T a, T b) => TFold.Join(a, b);
    }

    private readonly struct RowKernel<TFold> : ICpuKernel<ReduceArgs>
        where TFold : struct, IFold
    {
        public static void Run<V, T>(WorkerPool pool, ReduceArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Rows<TFold, V, T>, args->Rows, args->Columns * sizeof(T));
    }

    private readonly struct ChunkKernel<TFold> : ICpuKernel<ReduceArgs>
        where TFold : struct, IFold
    {
        public static void Run<V, T>(WorkerPool pool, ReduceArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Chunks<TFold, V, T>, Math.Max(1, (args->Rows + Reduce.Chunk - 1) / Reduce.Chunk), Reduce.Chunk * args->Columns * sizeof(T));
    }

    private readonly struct FinishKernel<TFold> : ICpuKernel<ReduceArgs>
        where TFold : struct, IFold
    {
        public static void Run<V, T>(WorkerPool pool, ReduceArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Finish<TFold, V, T>(args, 0, 1);
    }
}

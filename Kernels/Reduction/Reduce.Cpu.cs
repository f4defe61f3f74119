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
    private const int Lanes = 32;

    /// <summary>Columns whose results stay in the first-level cache; a multiple of every vector.</summary>
    private const int ColumnBlock = 1024;

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

    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    private static void Rows<TFold, V, T>(ReduceArgs* args, nint start, nint end)
        where TFold : struct, IFold
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* lanes = stackalloc T[Lanes];
        long total = args->RowElements > 0 ? Math.Min(args->Total, ValidRows(args) * args->RowElements) : args->Total;
        for (nint row = start; row < end; row++)
        {
            nint first = row * (nint)args->Columns, n = (nint)Math.Clamp(total - first, 0, args->Columns);
            T* x = (T*)args->X + first;
            TakeLanes<TFold, V, T>(x, n, lanes);
            T result = Join<TFold, V, T>(lanes, n);
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

    /// <summary>Lane l takes elements l, l + 32, ... ascending.</summary>
    [MethodImpl(AggressiveInlining)]
    private static void TakeLanes<TFold, V, T>(T* x, nint n, T* lanes)
        where TFold : struct, IFold
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint whole = n & -Lanes;
        for (nint first = 0; first < Lanes; first += 4 * V.Count) // a pass for each four vectors of lanes: one with AVX-512 and AVX2 floats
        {
            V l0 = TFold.Start<V, T>(), l1 = l0, l2 = l0, l3 = l0;
            if (2 * V.Count == Lanes)
            {
                for (T* p = x; p < x + whole; p += Lanes)
                {
                    l0 = TFold.Step<V, T>(l0, V.Load(p));
                    l1 = TFold.Step<V, T>(l1, V.Load(p + V.Count));
                }
            }
            else
            {
                for (T* p = x + first; p < x + whole; p += Lanes)
                {
                    l0 = TFold.Step<V, T>(l0, V.Load(p));
                    l1 = TFold.Step<V, T>(l1, V.Load(p + V.Count));
                    l2 = TFold.Step<V, T>(l2, V.Load(p + (2 * V.Count)));
                    l3 = TFold.Step<V, T>(l3, V.Load(p + (3 * V.Count)));
                }

                V.Store(l2, lanes + first + (2 * V.Count));
                V.Store(l3, lanes + first + (3 * V.Count));
            }

            V.Store(l0, lanes + first);
            V.Store(l1, lanes + first + V.Count);
        }

        nint lane = 0;
        for (x += whole, n -= whole; lane <= n - V.Count; lane += V.Count) V.Store(TFold.Step<V, T>(V.Load(lanes + lane), V.Load(x + lane)), lanes + lane);
        for (; lane < n; lane++) lanes[lane] = TFold.Step(lanes[lane], x[lane]);
    }

    /// <summary>The lanes joined 16, 8, 4, 2 and 1 apart; lanes that got no element change nothing and are left out.</summary>
    [MethodImpl(AggressiveInlining)]
    private static T Join<TFold, V, T>(T* lanes, nint n)
        where TFold : struct, IFold
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (nint width = Lanes / 2; width > 0; width /= 2)
        {
            nint lane = 0, used = Math.Min(width, n - width);
            for (; lane < used && width >= V.Count; lane += V.Count) V.Store(TFold.Step<V, T>(V.Load(lanes + lane), V.Load(lanes + lane + width)), lanes + lane);
            for (; lane < used; lane++) lanes[lane] = TFold.Step(lanes[lane], lanes[lane + width]);
        }

        return lanes[0];
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
    /// <remarks>
    /// Results so far stay in the first-level cache while four rows at a time pass by, which reads memory in order.
    /// </remarks>
    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    private static void Columns<TFold, V, T>(ReduceArgs* args, nint first, nint height, nint at)
        where TFold : struct, IFold
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns;
        T* x = (T*)args->X + (first * columns), results = stackalloc T[ColumnBlock];
        for (nint column = 0; column < columns; column += ColumnBlock)
        {
            nint width = Math.Min(ColumnBlock, columns - column), padded = (width + V.Count - 1) / V.Count * V.Count, row = 0;
            for (nint c = 0; c < width; c += V.Count) V.Store(TFold.Start<V, T>(), results + c);

            // the last vector of a row may run over into the next row, but not past the last element
            for (; row + 4 <= height && ((row + 3) * columns) + column + padded <= height * columns; row += 4)
            {
                T* p0 = x + (row * columns) + column, p1 = p0 + columns, p2 = p1 + columns, p3 = p2 + columns;
                for (nint c = 0; c < width; c += V.Count)
                {
                    var r = TFold.Step<V, T>(V.Load(results + c), V.Load(p0 + c));
                    r = TFold.Step<V, T>(r, V.Load(p1 + c));
                    r = TFold.Step<V, T>(r, V.Load(p2 + c));
                    V.Store(TFold.Step<V, T>(r, V.Load(p3 + c)), results + c);
                }
            }

            for (; row < height; row++)
            {
                T* p = x + (row * columns) + column;
                for (nint c = 0; c < width; c++) results[c] = TFold.Step(results[c], p[c]);
            }

            WriteColumns(args, x, height, first, at, column, width, results);
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

        static abstract T Step<T>(T soFar, T x) where T : unmanaged, IFloatingPointIeee754<T>;
    }

    private readonly struct SumFold : IFold
    {
        [MethodImpl(AggressiveInlining)]
        public static V Start<V, T>() where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => V.Zero;

        [MethodImpl(AggressiveInlining)]
        public static V Step<V, T>(V soFar, V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => V.Add(soFar, x);

        [MethodImpl(AggressiveInlining)]
        public static T Step<T>(T soFar, T x) where T : unmanaged, IFloatingPointIeee754<T> => soFar + x;
    }

    private readonly struct MaxFold : IFold
    {
        [MethodImpl(AggressiveInlining)]
        public static V Start<V, T>() where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => VecMath.Constant<V, T>(double.NegativeInfinity);

        [MethodImpl(AggressiveInlining)]
        public static V Step<V, T>(V soFar, V x) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => V.Max(x, soFar);

        [MethodImpl(AggressiveInlining)]
        public static T Step<T>(T soFar, T x) where T : unmanaged, IFloatingPointIeee754<T> => x > soFar ? x : soFar;
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

using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Reduction;

/// <summary>The kernel of reduce_backward.cu.</summary>
internal static unsafe class ReduceBackwardCpu
{
    public static void Launch(CpuDevice device, DType dtype, bool maximum, ReduceAxis axis, ref ReduceBackwardArgs args, ReadOnlySpan<Access> accesses)
    {
        // over all is one result for a single row of everything
        if (axis == ReduceAxis.All) (args.Columns, args.Rows) = (args.Rows * args.Columns, 1);
        bool repeats = axis == ReduceAxis.Rows;
        if (maximum && repeats) device.Launch<ScatterKernel<OverRows>, ReduceBackwardArgs>("reduce_backward", dtype, ref args, accesses);
        else if (maximum) device.Launch<ScatterKernel<OverColumns>, ReduceBackwardArgs>("reduce_backward", dtype, ref args, accesses);
        else if (repeats) device.Launch<SpreadKernel<OverRows>, ReduceBackwardArgs>("reduce_backward", dtype, ref args, accesses);
        else device.Launch<SpreadKernel<OverColumns>, ReduceBackwardArgs>("reduce_backward", dtype, ref args, accesses);
    }

    private interface IAxis
    {
        /// <summary>Whether a row of dx meets all of dy, or one element of it.</summary>
        static abstract bool OverRows { get; }
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Spread<TAxis, V, T>(ReduceBackwardArgs* args, nint start, nint end)
        where TAxis : struct, IAxis
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns;
        T* dy = (T*)args->DY, dx = (T*)args->DX;
        T divisor = args->Mean != 0 ? T.CreateTruncating(args->Count) : T.One; // a division by 1 changes nothing
        var divide = V.Create(divisor);
        bool accumulate = args->Accumulate != 0;
        for (nint i = start; i < end;)
        {
            nint row = i / columns, c = i % columns, stop = Math.Min(end, i + columns - c);
            var one = V.Div(V.Create(dy[TAxis.OverRows ? 0 : row]), divide);
            for (; i <= stop - V.Count; i += V.Count, c += V.Count)
            {
                var g = TAxis.OverRows ? V.Div(V.Load(dy + c), divide) : one;
                V.Store(accumulate ? V.Add(V.Load(dx + i), g) : g, dx + i);
            }

            for (; i < stop; i++, c++)
            {
                T g = dy[TAxis.OverRows ? c : row] / divisor;
                dx[i] = accumulate ? dx[i] + g : g;
            }
        }
    }

    private static void Scatter<TAxis, T>(ReduceBackwardArgs* args, nint start, nint end)
        where TAxis : struct, IAxis
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns;
        T* dy = (T*)args->DY, dx = (T*)args->DX;
        int* places = (int*)args->ArgMax;
        for (nint i = start; i < end;)
        {
            nint row = i / columns, c = i % columns, stop = Math.Min(end, i + columns - c);
            for (; i < stop; i++, c++)
            {
                T g = TAxis.OverRows ? (places[c] == row ? dy[c] : T.Zero) : places[row] == c ? dy[row] : T.Zero;
                dx[i] = args->Accumulate != 0 ? dx[i] + g : g;
            }
        }
    }

    private readonly struct OverRows : IAxis
    {
        static bool IAxis.OverRows => true;
    }

    private readonly struct OverColumns : IAxis
    {
        static bool IAxis.OverRows => false;
    }

    private readonly struct SpreadKernel<TAxis> : ICpuKernel<ReduceBackwardArgs>
        where TAxis : struct, IAxis
    {
        public static void Run<V, T>(WorkerPool pool, ReduceBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Spread<TAxis, V, T>, args->Rows * args->Columns, 2 * sizeof(T), grain: 64);
    }

    private readonly struct ScatterKernel<TAxis> : ICpuKernel<ReduceBackwardArgs>
        where TAxis : struct, IAxis
    {
        public static void Run<V, T>(WorkerPool pool, ReduceBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Scatter<TAxis, T>, args->Rows * args->Columns, 2 * sizeof(T), grain: 64);
    }
}

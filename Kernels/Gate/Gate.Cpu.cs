using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Gate;

internal static unsafe class GateCpu
{
    // two exponentials an element: about as much as moving so many bytes, in the terms of Partition
    private const int Cost = 48;

    private interface IKind
    {
        static abstract bool Linear { get; }
    }

    public static void Launch(CpuDevice device, DType dtype, GateKind kind, ref GateArgs args, ReadOnlySpan<Access> accesses)
    {
        if (kind == GateKind.Linear) device.Launch<Forward<LinearKind>, GateArgs>("gate", dtype, ref args, accesses);
        else device.Launch<Forward<TanhKind>, GateArgs>("gate", dtype, ref args, accesses);
    }

    public static void Launch(CpuDevice device, DType dtype, GateKind kind, ref GateBackwardArgs args, ReadOnlySpan<Access> accesses)
    {
        if (kind == GateKind.Linear) device.Launch<Backward<LinearKind>, GateBackwardArgs>("gate_backward", dtype, ref args, accesses);
        else device.Launch<Backward<TanhKind>, GateBackwardArgs>("gate_backward", dtype, ref args, accesses);
    }

    private readonly struct TanhKind : IKind
    {
        public static bool Linear => false;
    }

    private readonly struct LinearKind : IKind
    {
        public static bool Linear => true;
    }

    private readonly struct Forward<TKind> : ICpuKernel<GateArgs>
        where TKind : struct, IKind
    {
        public static void Run<V, T>(WorkerPool pool, GateArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows * args->Columns, Cost + (3 * sizeof(T)), grain: 64);

        private static void Part<V, T>(GateArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint columns = (nint)args->Columns, row = start / columns, c = start - (row * columns);
            for (nint i = start; i < end; row++, c = 0)
            {
                nint n = Math.Min(end - i, columns - c);
                T* condition = args->Conditional == 0 ? null : (T*)args->Condition + (row / (nint)args->Positions * 2 * columns) + c;
                Stretch<V, T>((T*)args->A + (row * (nint)args->AStride) + c, (T*)args->B + (row * (nint)args->BStride) + c, condition, columns, (T*)args->Y + i, n);
                i += n;
            }
        }

        [MethodImpl(AggressiveOptimization)]
        private static void Stretch<V, T>(T* a, T* b, T* condition, nint columns, T* y, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint i = 0;
            if (condition == null)
            {
                for (; i <= n - V.Count; i += V.Count) V.Store(VecMath.Gate<V, T>(TKind.Linear, V.Load(a + i), V.Load(b + i)), y + i);
            }
            else
            {
                for (; i <= n - V.Count; i += V.Count)
                {
                    V va = V.Add(V.Load(a + i), V.Load(condition + i)), vb = V.Add(V.Load(b + i), V.Load(condition + columns + i));
                    V.Store(VecMath.Gate<V, T>(TKind.Linear, va, vb), y + i);
                }
            }

            if (i < n) VecTail<V, T>.Store(Last<V, T>(a + i, b + i, condition == null ? null : condition + i, columns, n - i), y + i, n - i);
        }

        private static V Last<V, T>(T* a, T* b, T* condition, nint columns, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V va = VecTail<V, T>.Load(a, n), vb = VecTail<V, T>.Load(b, n);
            if (condition != null)
            {
                va = V.Add(va, VecTail<V, T>.Load(condition, n));
                vb = V.Add(vb, VecTail<V, T>.Load(condition + columns, n));
            }

            return VecMath.Gate<V, T>(TKind.Linear, va, vb);
        }
    }

    private readonly struct Backward<TKind> : ICpuKernel<GateBackwardArgs>
        where TKind : struct, IKind
    {
        public static void Run<V, T>(WorkerPool pool, GateBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows * args->Columns, Cost + (5 * sizeof(T)), grain: 64);

        private static void Part<V, T>(GateBackwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint columns = (nint)args->Columns, row = start / columns, c = start - (row * columns);
            for (nint i = start; i < end; row++, c = 0)
            {
                nint n = Math.Min(end - i, columns - c), ia = (row * (nint)args->AStride) + c, ib = (row * (nint)args->BStride) + c;
                T* condition = args->Conditional == 0 ? null : (T*)args->Condition + (row / (nint)args->Positions * 2 * columns) + c;
                T* a = (T*)args->A + ia, b = (T*)args->B + ib, dy = (T*)args->DY + i, da = (T*)args->DA + ia, db = (T*)args->DB + ib;
                bool plain = condition == null && (args->WantsA & args->WantsB) == 1 && (args->AccumulateA | args->AccumulateB) == 0;
                nint done = plain ? Plain<V, T>(a, b, dy, da, db, n) : Whole<V, T>(args, a, b, condition, dy, da, db, n);
                if (done < n)
                    Last<V, T>(args, a + done, b + done, condition == null ? null : condition + done, dy + done, da + done, db + done, n - done);
                i += n;
            }
        }

        [MethodImpl(AggressiveOptimization)]
        private static nint Plain<V, T>(T* a, T* b, T* dy, T* da, T* db, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint i = 0;
            for (; i <= n - V.Count; i += V.Count)
            {
                VecMath.GateGrad<V, T>(TKind.Linear, V.Load(a + i), V.Load(b + i), V.Load(dy + i), out var ga, out var gb);
                V.Store(ga, da + i);
                V.Store(gb, db + i);
            }

            return i;
        }

        [MethodImpl(AggressiveOptimization)]
        private static nint Whole<V, T>(GateBackwardArgs* args, T* a, T* b, T* condition, T* dy, T* da, T* db, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint i = 0, columns = (nint)args->Columns;
            for (; i <= n - V.Count; i += V.Count)
            {
                V va = V.Load(a + i), vb = V.Load(b + i);
                if (condition != null)
                {
                    va = V.Add(va, V.Load(condition + i));
                    vb = V.Add(vb, V.Load(condition + columns + i));
                }

                VecMath.GateGrad<V, T>(TKind.Linear, va, vb, V.Load(dy + i), out var ga, out var gb);
                if (args->WantsA != 0) V.Store(args->AccumulateA != 0 ? V.Add(V.Load(da + i), ga) : ga, da + i);
                if (args->WantsB != 0) V.Store(args->AccumulateB != 0 ? V.Add(V.Load(db + i), gb) : gb, db + i);
            }

            return i;
        }

        private static void Last<V, T>(GateBackwardArgs* args, T* a, T* b, T* condition, T* dy, T* da, T* db, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V va = VecTail<V, T>.Load(a, n), vb = VecTail<V, T>.Load(b, n);
            if (condition != null)
            {
                va = V.Add(va, VecTail<V, T>.Load(condition, n));
                vb = V.Add(vb, VecTail<V, T>.Load(condition + (nint)args->Columns, n));
            }

            VecMath.GateGrad<V, T>(TKind.Linear, va, vb, VecTail<V, T>.Load(dy, n), out var ga, out var gb);
            if (args->WantsA != 0) VecTail<V, T>.Store(args->AccumulateA != 0 ? V.Add(VecTail<V, T>.Load(da, n), ga) : ga, da, n);
            if (args->WantsB != 0) VecTail<V, T>.Store(args->AccumulateB != 0 ? V.Add(VecTail<V, T>.Load(db, n), gb) : gb, db, n);
        }
    }
}

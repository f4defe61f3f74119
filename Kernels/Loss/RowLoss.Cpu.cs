using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Loss;

internal static unsafe class RowLossCpu
{
    public static void Forward(CpuDevice device, DType dtype, RowLossKind kind, ref RowLossForwardArgs args, ReadOnlySpan<Access> accesses)
    {
        switch (kind)
        {
            case RowLossKind.BceWithLogits:
                device.Launch<ForwardKernel<Bce>, RowLossForwardArgs>("row_loss_forward", dtype, ref args, accesses);
                break;
            case RowLossKind.Mse:
                device.Launch<ForwardKernel<Mse>, RowLossForwardArgs>("row_loss_forward", dtype, ref args, accesses);
                break;
            default:
                device.Launch<ForwardKernel<L1>, RowLossForwardArgs>("row_loss_forward", dtype, ref args, accesses);
                break;
        }
    }

    public static void Backward(CpuDevice device, DType dtype, RowLossKind kind, ref RowLossBackwardArgs args, ReadOnlySpan<Access> accesses)
    {
        switch (kind)
        {
            case RowLossKind.BceWithLogits:
                device.Launch<BackwardKernel<Bce>, RowLossBackwardArgs>("row_loss_backward", dtype, ref args, accesses);
                break;
            case RowLossKind.Mse:
                device.Launch<BackwardKernel<Mse>, RowLossBackwardArgs>("row_loss_backward", dtype, ref args, accesses);
                break;
            default:
                device.Launch<BackwardKernel<L1>, RowLossBackwardArgs>("row_loss_backward", dtype, ref args, accesses);
                break;
        }
    }

    /// <summary>One loss; the twin of row_loss_step and row_loss_gradient.</summary>
    private interface ITerm
    {
        /// <summary>Of an element, in the terms of <see cref="Partition"/>.</summary>
        static abstract long Cost { get; }

        /// <summary>lanes + f(x, t).</summary>
        static abstract V Step<V, T>(V lanes, V x, V t)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>;

        /// <summary>g f'(x, t).</summary>
        static abstract V Gradient<V, T>(V g, V x, V t)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>;
    }

    private readonly struct Bce : ITerm
    {
        public static long Cost => Rows.ExpCost;

        [MethodImpl(AggressiveInlining)]
        public static V Step<V, T>(V lanes, V x, V t)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V linear = V.Fma(V.Neg(x), t, V.Max(x, V.Zero));
            return V.Add(lanes, V.Add(linear, VecMath.Softplus<V, T>(V.Neg(V.Abs(x)))));
        }

        [MethodImpl(AggressiveInlining)]
        public static V Gradient<V, T>(V g, V x, V t)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => V.Mul(V.Sub(VecMath.Sigmoid<V, T>(x), t), g);
    }

    private readonly struct Mse : ITerm
    {
        public static long Cost => 2 * sizeof(float);

        [MethodImpl(AggressiveInlining)]
        public static V Step<V, T>(V lanes, V x, V t)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V d = V.Sub(x, t);
            return V.Fma(d, d, lanes);
        }

        [MethodImpl(AggressiveInlining)]
        public static V Gradient<V, T>(V g, V x, V t)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => V.Mul(V.Sub(x, t), V.Add(g, g));
    }

    private readonly struct L1 : ITerm
    {
        public static long Cost => 2 * sizeof(float);

        [MethodImpl(AggressiveInlining)]
        public static V Step<V, T>(V lanes, V x, V t)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => V.Add(lanes, V.Abs(V.Sub(x, t)));

        [MethodImpl(AggressiveInlining)]
        public static V Gradient<V, T>(V g, V x, V t)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V d = V.Sub(x, t);
            V negative = V.SelectGreater(V.Zero, d, V.Neg(g), V.Mul(d, g)); // 0 stays 0, NaN stays NaN
            return V.SelectGreater(d, V.Zero, g, negative);
        }
    }

    private readonly struct TermFold<TTerm, V, T> : IRowFold<V, T>
        where TTerm : struct, ITerm
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public V Start => V.Zero;

        [MethodImpl(AggressiveInlining)]
        public V Step(V lanes, V x, V y) => TTerm.Step<V, T>(lanes, x, y);

        public T Join(T a, T b) => a + b;
    }

    private readonly struct ForwardKernel<TTerm> : ICpuKernel<RowLossForwardArgs>
        where TTerm : struct, ITerm
    {
        public static void Run<V, T>(WorkerPool pool, RowLossForwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, TTerm.Cost * args->Columns);

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(RowLossForwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint columns = args->Columns;
            for (nint row = start; row < end; row++)
            {
                T* x = (T*)args->Prediction + (row * columns), t = (T*)args->Target + (row * columns);
                ((T*)args->Loss)[row] = RowFold<V, T>.Run(default(TermFold<TTerm, V, T>), x, t, columns);
            }
        }
    }

    private readonly struct BackwardKernel<TTerm> : ICpuKernel<RowLossBackwardArgs>
        where TTerm : struct, ITerm
    {
        public static void Run<V, T>(WorkerPool pool, RowLossBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Count / args->Columns, TTerm.Cost * args->Columns);

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(RowLossBackwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint columns = args->Columns;
            for (nint row = start; row < end; row++)
            {
                T* x = (T*)args->Prediction + (row * columns), t = (T*)args->Target + (row * columns), d = (T*)args->DPrediction + (row * columns);
                V g = V.Create(((T*)args->DLoss)[row]);
                nint c = 0;
                for (; c + V.Count <= columns; c += V.Count) V.Store(TTerm.Gradient<V, T>(g, V.Load(x + c), V.Load(t + c)), d + c);
                if (c == columns) continue;
                V last = TTerm.Gradient<V, T>(g, VecTail<V, T>.Load(x + c, columns - c), VecTail<V, T>.Load(t + c, columns - c));
                VecTail<V, T>.Store(last, d + c, columns - c);
            }
        }
    }
}

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

        /// <summary>Both at once.</summary>
        static abstract V StepWithGradient<V, T>(V lanes, V x, V t, V g, out V gradient)
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
            => StepWithGradient<V, T>(lanes, x, t, V.Zero, out _);

        [MethodImpl(AggressiveInlining)]
        public static V StepWithGradient<V, T>(V lanes, V x, V t, V g, out V gradient)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V u = VecMath.Exp<V, T>(V.Neg(V.Abs(x))), one = VecMath.Constant<V, T>(1);
            V sigmoid = V.Div(V.SelectGreater(x, V.Zero, one, u), V.Add(u, one));
            gradient = V.Mul(V.Sub(sigmoid, t), g);
            return V.Add(lanes, V.Add(V.Fma(V.Neg(x), t, V.Max(x, V.Zero)), VecMath.Log1pOfUnit<V, T>(u)));
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
        public static V StepWithGradient<V, T>(V lanes, V x, V t, V g, out V gradient)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            gradient = Gradient<V, T>(g, x, t);
            return Step<V, T>(lanes, x, t);
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
        public static V StepWithGradient<V, T>(V lanes, V x, V t, V g, out V gradient)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            gradient = Gradient<V, T>(g, x, t);
            return Step<V, T>(lanes, x, t);
        }

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
                ((T*)args->Loss)[row] = args->Gradient == 0
                    ? RowFold<V, T>.Run(default(TermFold<TTerm, V, T>), x, t, columns)
                    : WithGradient<V, T>(x, t, (T*)args->DPrediction + (row * columns), T.CreateTruncating(args->Scale), columns);
            }
        }

        /// <summary>The row's loss, by the row-sum law, and its gradient.</summary>
        [SkipLocalsInit]
        [MethodImpl(AggressiveOptimization)]
        private static T WithGradient<V, T>(T* x, T* t, T* d, T scale, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T* lanes = stackalloc T[VecLanes<V, T>.Lanes];
            V g = V.Create(scale);
            for (nint first = 0; first < VecLanes<V, T>.Lanes; first += V.Count)
            {
                V sum = V.Zero, gradient;
                nint i = first;
                for (; i + V.Count <= n; i += VecLanes<V, T>.Lanes)
                {
                    sum = TTerm.StepWithGradient<V, T>(sum, V.Load(x + i), V.Load(t + i), g, out gradient);
                    V.Store(gradient, d + i);
                }

                if (i < n)
                {
                    V last = TTerm.StepWithGradient<V, T>(sum, VecTail<V, T>.Load(x + i, n - i), VecTail<V, T>.Load(t + i, n - i), g, out gradient);
                    VecTail<V, T>.Store(gradient, d + i, n - i);
                    sum = VecTail<V, T>.Merge(last, sum, n - i);
                }

                V.Store(sum, lanes + first);
            }

            return VecLanes<V, T>.Sum(lanes);
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

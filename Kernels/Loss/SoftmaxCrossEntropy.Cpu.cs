using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Loss;

internal static unsafe class SoftmaxCrossEntropyCpu
{
    public static void Forward(CpuDevice device, DType dtype, ref SoftmaxCrossEntropyArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<ForwardKernel, SoftmaxCrossEntropyArgs>("softmax_cross_entropy", dtype, ref args, accesses);

    public static void Backward(CpuDevice device, DType dtype, ref SoftmaxCrossEntropyBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<BackwardKernel, SoftmaxCrossEntropyBackwardArgs>("softmax_cross_entropy_backward", dtype, ref args, accesses);

    private readonly struct MaxFold<V, T> : IRowFold<V, T>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public V Start => V.Create(T.NegativeInfinity);

        public V Step(V lanes, V x, V y) => V.Max(lanes, x);

        public T Join(T a, T b) => a > b ? a : b;
    }

    private readonly struct SumFold<V, T> : IRowFold<V, T>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public V Start => V.Zero;

        public V Step(V lanes, V x, V y) => V.Add(lanes, x);

        public T Join(T a, T b) => a + b;
    }

    private readonly struct ExpSumFold<V, T>(V max) : IRowFold<V, T>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly V _max = max;

        public V Start => V.Zero;

        [MethodImpl(AggressiveInlining)]
        public V Step(V lanes, V x, V y) => V.Add(lanes, VecMath.Exp<V, T>(V.Sub(x, _max)));

        public T Join(T a, T b) => a + b;
    }

    private readonly struct ForwardKernel : ICpuKernel<SoftmaxCrossEntropyArgs>
    {
        public static void Run<V, T>(WorkerPool pool, SoftmaxCrossEntropyArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, Rows.ExpCost * args->Columns);

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(SoftmaxCrossEntropyArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint columns = args->Columns;
            for (nint row = start; row < end; row++)
            {
                T* x = (T*)args->Logits + (row * columns);
                int label = ((int*)args->Labels)[row];
                bool known = label >= 0 && label < columns;
                T max = RowFold<V, T>.Run(default(MaxFold<V, T>), x, x, columns), sum;
                if (args->Gradient != 0)
                {
                    T* d = (T*)args->DLogits + (row * columns);
                    ExpMinus<V, T>(x, max, d, columns);
                    sum = RowFold<V, T>.Run(default(SumFold<V, T>), d, d, columns);
                    Scale<V, T>(d, known ? T.One / sum : T.NaN, columns);
                    if (known) d[label] -= T.One;
                }
                else
                {
                    sum = RowFold<V, T>.Run(new ExpSumFold<V, T>(V.Create(max)), x, x, columns);
                }

                ((T*)args->Loss)[row] = known ? Log<V, T>(sum) - (x[label] - max) : T.NaN;
            }
        }

        /// <summary>d = exp(x - max).</summary>
        [MethodImpl(AggressiveOptimization)]
        private static void ExpMinus<V, T>(T* x, T max, T* d, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V m = V.Create(max);
            nint i = 0;
            for (; i + V.Count <= n; i += V.Count) V.Store(VecMath.Exp<V, T>(V.Sub(V.Load(x + i), m)), d + i);
            if (i < n) VecTail<V, T>.Store(VecMath.Exp<V, T>(V.Sub(VecTail<V, T>.Load(x + i, n - i), m)), d + i, n - i);
        }

        private static T Log<V, T>(T x)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T y;
            VecTail<V, T>.Store(VecMath.Log<V, T>(V.Create(x)), &y, 1);
            return y;
        }
    }

    private readonly struct BackwardKernel : ICpuKernel<SoftmaxCrossEntropyBackwardArgs>
    {
        public static void Run<V, T>(WorkerPool pool, SoftmaxCrossEntropyBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Count / args->Columns, 2L * sizeof(T) * args->Columns);

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(SoftmaxCrossEntropyBackwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint columns = args->Columns;
            for (nint row = start; row < end; row++)
                Scale<V, T>((T*)args->DLogits + (row * columns), ((T*)args->DLoss)[row], columns);
        }
    }

    /// <summary>d *= factor.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Scale<V, T>(T* d, T factor, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V f = V.Create(factor);
        nint i = 0;
        for (; i + V.Count <= n; i += V.Count) V.Store(V.Mul(V.Load(d + i), f), d + i);
        if (i < n) VecTail<V, T>.Store(V.Mul(VecTail<V, T>.Load(d + i, n - i), f), d + i, n - i);
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Loss;

internal static unsafe class SoftmaxCpu
{
    public static void Forward(CpuDevice device, DType dtype, ref SoftmaxForwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<ForwardKernel, SoftmaxForwardArgs>("softmax_forward", dtype, ref args, accesses);

    public static void Backward(CpuDevice device, DType dtype, ref SoftmaxBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<BackwardKernel, SoftmaxBackwardArgs>("softmax_backward", dtype, ref args, accesses);

    private readonly struct ForwardKernel : ICpuKernel<SoftmaxForwardArgs>
    {
        public static void Run<V, T>(WorkerPool pool, SoftmaxForwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, Rows.ExpCost * args->Columns);

        private static void Part<V, T>(SoftmaxForwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint columns = args->Columns;
            for (nint row = start; row < end; row++)
            {
                T* x = (T*)args->X + (row * columns), y = (T*)args->Y + (row * columns);
                T sum = SoftmaxRow.ExpSum<V, T>(x, SoftmaxRow.Max<V, T>(x, columns), y, columns);
                SoftmaxRow.Scale<V, T>(y, T.One / sum, y, columns);
            }
        }
    }

    private readonly struct BackwardKernel : ICpuKernel<SoftmaxBackwardArgs>
    {
        public static void Run<V, T>(WorkerPool pool, SoftmaxBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, 5 * sizeof(T) * (long)args->Columns);

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(SoftmaxBackwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint columns = args->Columns;
            for (nint row = start; row < end; row++)
            {
                T* y = (T*)args->Y + (row * columns), dy = (T*)args->DY + (row * columns), dx = (T*)args->DX + (row * columns);
                V dot = V.Create(RowFold<V, T>.Run(default(DotFold<V, T>), y, dy, columns));
                nint c = 0;
                for (; c + V.Count <= columns; c += V.Count) V.Store(V.Mul(V.Load(y + c), V.Sub(V.Load(dy + c), dot)), dx + c);
                if (c == columns) continue;
                V last = V.Mul(VecTail<V, T>.Load(y + c, columns - c), V.Sub(VecTail<V, T>.Load(dy + c, columns - c), dot));
                VecTail<V, T>.Store(last, dx + c, columns - c);
            }
        }
    }

    /// <summary>The sum of x y.</summary>
    private readonly struct DotFold<V, T> : IRowFold<V, T>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public V Start => V.Zero;

        public V Step(V lanes, V x, V y) => V.Fma(x, y, lanes);

        public T Join(T a, T b) => a + b;
    }
}

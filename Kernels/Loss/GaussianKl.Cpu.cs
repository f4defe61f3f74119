using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Loss;

internal static unsafe class GaussianKlCpu
{
    public static void Forward(CpuDevice device, DType dtype, ref GaussianKlForwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<ForwardKernel, GaussianKlForwardArgs>("gaussian_kl_forward", dtype, ref args, accesses);

    public static void Backward(CpuDevice device, DType dtype, ref GaussianKlBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<BackwardKernel, GaussianKlBackwardArgs>("gaussian_kl_backward", dtype, ref args, accesses);

    private readonly struct ForwardKernel : ICpuKernel<GaussianKlForwardArgs>
    {
        public static void Run<V, T>(WorkerPool pool, GaussianKlForwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, Rows.ExpCost * args->Columns);

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(GaussianKlForwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint columns = args->Columns;
            for (nint row = start; row < end; row++)
            {
                T* mu = (T*)args->MuLogVar + (2 * row * columns);
                ((T*)args->Kl)[row] = T.CreateTruncating(0.5) * RowFold<V, T>.Run(default(KlFold<V, T>), mu, mu + columns, columns);
            }
        }
    }

    private readonly struct BackwardKernel : ICpuKernel<GaussianKlBackwardArgs>
    {
        public static void Run<V, T>(WorkerPool pool, GaussianKlBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, Rows.ExpCost * args->Columns);

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(GaussianKlBackwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint columns = args->Columns;
            for (nint row = start; row < end; row++)
            {
                T* mu = (T*)args->MuLogVar + (2 * row * columns), logVar = mu + columns;
                T* dMu = (T*)args->DMuLogVar + (2 * row * columns), dLogVar = dMu + columns;
                V dkl = V.Create(((T*)args->DKl)[row]);
                nint c = 0;
                for (; c + V.Count <= columns; c += V.Count)
                {
                    V.Store(V.Mul(dkl, V.Load(mu + c)), dMu + c);
                    V.Store(LogVarGradient<V, T>(dkl, V.Load(logVar + c)), dLogVar + c);
                }

                if (c == columns) continue;
                VecTail<V, T>.Store(V.Mul(dkl, VecTail<V, T>.Load(mu + c, columns - c)), dMu + c, columns - c);
                VecTail<V, T>.Store(LogVarGradient<V, T>(dkl, VecTail<V, T>.Load(logVar + c, columns - c)), dLogVar + c, columns - c);
            }
        }

        [MethodImpl(AggressiveInlining)]
        private static V LogVarGradient<V, T>(V dkl, V logVar)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            V.Mul(dkl, V.Mul(VecMath.Constant<V, T>(0.5), V.Sub(VecMath.Exp<V, T>(logVar), VecMath.Constant<V, T>(1))));
    }
}

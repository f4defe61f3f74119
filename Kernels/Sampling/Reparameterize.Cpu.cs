using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Sampling;

internal static unsafe class ReparameterizeCpu
{
    private const int Cost = 64; // of a latent, in the terms of Partition: about as much as moving so many bytes

    public static void Forward(CpuDevice device, DType dtype, ref ReparameterizeForwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<ForwardKernel, ReparameterizeForwardArgs>("reparameterize_forward", dtype, ref args, accesses);

    public static void Backward(CpuDevice device, DType dtype, ref ReparameterizeBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<BackwardKernel, ReparameterizeBackwardArgs>("reparameterize_backward", dtype, ref args, accesses);

    private readonly struct ForwardKernel : ICpuKernel<ReparameterizeForwardArgs>
    {
        public static void Run<V, T>(WorkerPool pool, ReparameterizeForwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, (long)Cost * args->Columns);

        [SkipLocalsInit]
        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(ReparameterizeForwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var stream = RandomState.Stream(args->State, args->Stream);
            V half = VecMath.Constant<V, T>(0.5);
            T* buffer = stackalloc T[RandomBlock<V, T>.Room];
            int columns = args->Columns;
            for (nint row = start; row < end; row++)
            {
                nint first = row * columns;
                T* mu = (T*)args->MuLogVar + (2 * first), logVar = mu + columns, z = (T*)args->Z + first;
                for (int from = 0; from < columns; from += RandomBlock<V, T>.Elements)
                {
                    int c = from, to = Math.Min(columns, from + RandomBlock<V, T>.Elements);
                    T* noise = RandomBlock<V, T>.Normals(stream, first + from, to - from, buffer) - from;
                    for (; c + V.Count <= to; c += V.Count) V.Store(Sample<V, T>(V.Load(mu + c), V.Load(logVar + c), V.Load(noise + c), half), z + c);
                    if (c < to)
                    {
                        V m = VecTail<V, T>.Load(mu + c, to - c), l = VecTail<V, T>.Load(logVar + c, to - c);
                        VecTail<V, T>.Store(Sample<V, T>(m, l, V.Load(noise + c), half), z + c, to - c);
                    }
                }

                ((T*)args->Kl)[row] = T.CreateTruncating(0.5) * RowFold<V, T>.Run(default(KlFold<V, T>), mu, logVar, columns);
            }
        }

        [MethodImpl(AggressiveInlining)]
        private static V Sample<V, T>(V mu, V logVar, V noise, V half)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            V.Fma(VecMath.Exp<V, T>(V.Mul(half, logVar)), noise, mu);
    }

    private readonly struct BackwardKernel : ICpuKernel<ReparameterizeBackwardArgs>
    {
        public static void Run<V, T>(WorkerPool pool, ReparameterizeBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, (long)Cost * args->Columns);

        [SkipLocalsInit]
        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(ReparameterizeBackwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var stream = RandomState.Stream(args->State, args->Stream);
            T* buffer = stackalloc T[RandomBlock<V, T>.Room];
            int columns = args->Columns;
            for (nint row = start; row < end; row++)
            {
                nint first = row * columns;
                T* mu = (T*)args->MuLogVar + (2 * first), logVar = mu + columns, dz = (T*)args->DZ + first;
                T* dMu = (T*)args->DMuLogVar + (2 * first), dLogVar = dMu + columns;
                V dkl = V.Create(((T*)args->DKl)[row]);
                for (int from = 0; from < columns; from += RandomBlock<V, T>.Elements)
                {
                    int c = from, to = Math.Min(columns, from + RandomBlock<V, T>.Elements);
                    T* noise = RandomBlock<V, T>.Normals(stream, first + from, to - from, buffer) - from;
                    for (; c + V.Count <= to; c += V.Count)
                    {
                        V g = V.Load(dz + c);
                        V.Store(V.Fma(dkl, V.Load(mu + c), g), dMu + c);
                        V.Store(LogVarGradient<V, T>(V.Load(logVar + c), g, dkl, V.Load(noise + c)), dLogVar + c);
                    }

                    if (c < to)
                    {
                        V g = VecTail<V, T>.Load(dz + c, to - c);
                        VecTail<V, T>.Store(V.Fma(dkl, VecTail<V, T>.Load(mu + c, to - c), g), dMu + c, to - c);
                        V l = VecTail<V, T>.Load(logVar + c, to - c);
                        VecTail<V, T>.Store(LogVarGradient<V, T>(l, g, dkl, V.Load(noise + c)), dLogVar + c, to - c);
                    }
                }
            }
        }

        [MethodImpl(AggressiveInlining)]
        private static V LogVarGradient<V, T>(V logVar, V dz, V dkl, V noise)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V half = VecMath.Constant<V, T>(0.5);
            V halfDeviation = V.Mul(half, VecMath.Exp<V, T>(V.Mul(half, logVar)));
            V ofKl = V.Mul(half, V.Sub(VecMath.Exp<V, T>(logVar), VecMath.Constant<V, T>(1)));
            return V.Fma(dkl, ofKl, V.Mul(V.Mul(dz, noise), halfDeviation));
        }
    }
}

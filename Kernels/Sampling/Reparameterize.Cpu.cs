using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Sampling;

internal static unsafe class ReparameterizeCpu
{
    private const int PartElements = 8192;

    public static void Forward(CpuDevice device, DType dtype, ref ReparameterizeForwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<ForwardKernel, ReparameterizeForwardArgs>("reparameterize_forward", dtype, ref args, accesses);

    public static void Backward(CpuDevice device, DType dtype, ref ReparameterizeBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<BackwardKernel, ReparameterizeBackwardArgs>("reparameterize_backward", dtype, ref args, accesses);

    private readonly struct ForwardKernel : ICpuKernel<ReparameterizeForwardArgs>
    {
        public static void Run<V, T>(WorkerPool pool, ReparameterizeForwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            pool.Run(&Part<V, T>, args, new RowParts(args->Rows, args->Columns, PartElements).Count);

        [SkipLocalsInit]
        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(void* state, int part)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var args = (ReparameterizeForwardArgs*)state;
            var stream = RandomState.Stream(args->State, args->Stream);
            V half = VecMath.Constant<V, T>(0.5);
            T* buffer = stackalloc T[RandomBlock<V, T>.Room];
            int columns = args->Columns;
            var parts = new RowParts(args->Rows, columns, PartElements);
            for (int row = parts.First(part); row < parts.End(part); row++)
            {
                long first = (long)row * columns;
                T* mu = (T*)args->MuLogVar + (2 * first), logVar = mu + columns, z = (T*)args->Z + first;
                for (int start = 0; start < columns; start += RandomBlock<V, T>.Elements)
                {
                    int end = Math.Min(columns, start + RandomBlock<V, T>.Elements), c = start;
                    T* noise = RandomBlock<V, T>.Normals(stream, first + start, end - start, buffer) - start;
                    for (; c + V.Count <= end; c += V.Count) V.Store(Sample<V, T>(V.Load(mu + c), V.Load(logVar + c), V.Load(noise + c), half), z + c);
                    if (c < end)
                    {
                        V m = VecTail<V, T>.Load(mu + c, end - c), l = VecTail<V, T>.Load(logVar + c, end - c);
                        VecTail<V, T>.Store(Sample<V, T>(m, l, V.Load(noise + c), half), z + c, end - c);
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
            pool.Run(&Part<V, T>, args, new RowParts(args->Rows, args->Columns, PartElements).Count);

        [SkipLocalsInit]
        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(void* state, int part)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var args = (ReparameterizeBackwardArgs*)state;
            var stream = RandomState.Stream(args->State, args->Stream);
            T* buffer = stackalloc T[RandomBlock<V, T>.Room];
            int columns = args->Columns;
            var parts = new RowParts(args->Rows, columns, PartElements);
            for (int row = parts.First(part); row < parts.End(part); row++)
            {
                long first = (long)row * columns;
                T* mu = (T*)args->MuLogVar + (2 * first), logVar = mu + columns, dz = (T*)args->DZ + first;
                T* dMu = (T*)args->DMuLogVar + (2 * first), dLogVar = dMu + columns;
                V dkl = V.Create(((T*)args->DKl)[row]);
                for (int start = 0; start < columns; start += RandomBlock<V, T>.Elements)
                {
                    int end = Math.Min(columns, start + RandomBlock<V, T>.Elements), c = start;
                    T* noise = RandomBlock<V, T>.Normals(stream, first + start, end - start, buffer) - start;
                    for (; c + V.Count <= end; c += V.Count)
                    {
                        V g = V.Load(dz + c);
                        V.Store(V.Fma(dkl, V.Load(mu + c), g), dMu + c);
                        V.Store(LogVarGradient<V, T>(V.Load(logVar + c), g, dkl, V.Load(noise + c)), dLogVar + c);
                    }

                    if (c < end)
                    {
                        V g = VecTail<V, T>.Load(dz + c, end - c);
                        VecTail<V, T>.Store(V.Fma(dkl, VecTail<V, T>.Load(mu + c, end - c), g), dMu + c, end - c);
                        V l = VecTail<V, T>.Load(logVar + c, end - c);
                        VecTail<V, T>.Store(LogVarGradient<V, T>(l, g, dkl, V.Load(noise + c)), dLogVar + c, end - c);
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

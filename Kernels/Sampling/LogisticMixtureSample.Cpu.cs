using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Sampling;

/// <summary>Row by row, scalars in lane 0: a model samples one position of each image at a time, and its network takes far longer.</summary>
internal static class LogisticMixtureSampleCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref LogisticMixtureSampleArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<Kernel, LogisticMixtureSampleArgs>("logistic_mixture_sample", dtype, ref args, accesses);

    private readonly unsafe struct Kernel : ICpuKernel<LogisticMixtureSampleArgs>
    {
        public static void Run<V, T>(WorkerPool pool, LogisticMixtureSampleArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, 128L * (args->Components + (4 * args->Channels)));

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(LogisticMixtureSampleArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint components = args->Components, channels = args->Channels, share = channels == 1 ? 2 : 3;
            var stream = RandomState.Stream(args->State, args->Stream);
            for (nint row = start; row < end; row++)
            {
                T* p = (T*)args->Parameters + (row * components * (1 + (share * channels))), x = (T*)args->X + (row * channels);
                var words = stream.Words((uint)row);
                nint k = Choose<V, T>(p, components, Uniform<T>(words.W0));
                for (nint c = 0; c < channels; c++)
                {
                    T* channel = p + ((1 + (share * c)) * components) + k;
                    T mean = channel[0];
                    if (c == 1) mean = T.FusedMultiplyAdd(Tanh<V, T>(p[(3 * components) + k]), x[0], mean);
                    if (c == 2)
                    {
                        mean = T.FusedMultiplyAdd(Tanh<V, T>(p[(6 * components) + k]), x[0], mean);
                        mean = T.FusedMultiplyAdd(Tanh<V, T>(p[(9 * components) + k]), x[1], mean);
                    }

                    x[c] = Level<V, T>(mean, channel[components], Uniform<T>(words[(int)c + 1]));
                }
            }
        }

        /// <summary>The first component whose cumulative weight exceeds u times the sum of all.</summary>
        private static nint Choose<V, T>(T* logits, nint components, T u)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T largest = logits[0], sum = T.Zero, soFar = T.Zero;
            for (nint k = 1; k < components; k++) largest = largest > logits[k] ? largest : logits[k];
            for (nint k = 0; k < components; k++) sum += Exp<V, T>(logits[k] - largest);
            T bound = u * sum;
            nint chosen = 0;
            for (; chosen < components - 1; chosen++) // u < 1, so the last one's cumulative weight would exceed it
            {
                soFar += Exp<V, T>(logits[chosen] - largest);
                if (soFar > bound) break;
            }

            return chosen;
        }

        /// <summary>The nearest level to mean + exp(s) logit(u), in [-1, 1]: logistic_level of logistic_mixture_sample.cu.</summary>
        private static T Level<V, T>(T mean, T logScale, T u)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T lowest = T.CreateTruncating(-7), widest = T.CreateTruncating(60), half = T.CreateTruncating(127.5), top = T.CreateTruncating(255);
            T s = lowest > logScale ? lowest : logScale;
            s = widest < s ? widest : s;
            u += T.CreateTruncating(1.0 / (1 << 25));
            T x = T.FusedMultiplyAdd(Exp<V, T>(s), Log<V, T>(u) - Log<V, T>(T.One - u), mean);
            T level = T.Round(T.FusedMultiplyAdd(x, half, half));
            level = T.Zero > level ? T.Zero : level;
            level = top < level ? top : level;
            return (level + level - top) / top;
        }

        private static T Uniform<T>(uint word) where T : unmanaged, IFloatingPointIeee754<T> =>
            T.CreateTruncating(word >> 8) * T.CreateTruncating(1.0 / (1 << 24));

        private static T Exp<V, T>(T x)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => VecLanes<V, T>.First(VecMath.Exp<V, T>(V.Create(x)));

        private static T Log<V, T>(T x)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => VecLanes<V, T>.First(VecMath.Log<V, T>(V.Create(x)));

        private static T Tanh<V, T>(T x)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => VecLanes<V, T>.First(VecMath.Tanh<V, T>(V.Create(x)));
    }
}

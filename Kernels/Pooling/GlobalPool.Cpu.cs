using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Pooling;

internal static unsafe class GlobalPoolCpu
{
    private const int Chunk = 64;

    public static void Launch(CpuDevice device, DType dtype, ref GlobalPoolArgs args, bool backward, ReadOnlySpan<Access> accesses)
    {
        if (backward) device.Launch<Spread, GlobalPoolArgs>("global_pool_backward", dtype, ref args, accesses);
        else device.Launch<Fold, GlobalPoolArgs>("global_pool", dtype, ref args, accesses);
    }

    private readonly struct Fold : ICpuKernel<GlobalPoolArgs>
    {
        // an item is four vectors of an image's channels: four chains of additions that do not wait for each other
        public static void Run<V, T>(WorkerPool pool, GlobalPoolArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Images * Groups<V, T>(args), args->Positions * Math.Min(args->Channels, 4 * V.Count) * sizeof(T));

        private static long Groups<V, T>(GlobalPoolArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => (args->Channels + (4 * V.Count) - 1) / (4 * V.Count);

        private static void Part<V, T>(GlobalPoolArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint groups = (nint)Groups<V, T>(args), channels = (nint)args->Channels, positions = (nint)args->Positions;
            for (nint item = start; item < end; item++)
            {
                nint image = item / groups, c = (item - (image * groups)) * 4 * V.Count, stop = Math.Min(channels, c + (4 * V.Count));
                T* x = (T*)args->X + (image * positions * channels), y = (T*)args->Y + (image * channels);
                if (c + (4 * V.Count) <= channels)
                {
                    Four<V, T>(args, x + c, y + c, positions, channels);
                    continue;
                }

                for (; c < stop; c += V.Count) One<V, T>(args, x + c, y + c, positions, channels, stop - c);
            }
        }

        [MethodImpl(AggressiveOptimization)]
        private static void Four<V, T>(GlobalPoolArgs* args, T* x, T* y, nint positions, nint channels)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V a = V.Zero, b = a, c = a, d = a;
            for (nint p = 0; p < positions;)
            {
                V sa = V.Zero, sb = sa, sc = sa, sd = sa;
                for (nint stop = Math.Min(positions, p + Chunk); p < stop; p++, x += channels)
                {
                    sa = V.Add(sa, V.Load(x));
                    sb = V.Add(sb, V.Load(x + V.Count));
                    sc = V.Add(sc, V.Load(x + (2 * V.Count)));
                    sd = V.Add(sd, V.Load(x + (3 * V.Count)));
                }

                (a, b, c, d) = (V.Add(a, sa), V.Add(b, sb), V.Add(c, sc), V.Add(d, sd));
            }

            Finish(args, a, y, V.Count);
            Finish(args, b, y + V.Count, V.Count);
            Finish(args, c, y + (2 * V.Count), V.Count);
            Finish(args, d, y + (3 * V.Count), V.Count);
        }

        [MethodImpl(AggressiveOptimization)]
        private static void One<V, T>(GlobalPoolArgs* args, T* x, T* y, nint positions, nint channels, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            n = Math.Min(n, V.Count);
            V total = V.Zero;
            for (nint p = 0; p < positions;)
            {
                V sum = V.Zero;
                for (nint stop = Math.Min(positions, p + Chunk); p < stop; p++, x += channels)
                    sum = V.Add(sum, n == V.Count ? V.Load(x) : VecTail<V, T>.Load(x, n));
                total = V.Add(total, sum);
            }

            Finish(args, total, y, n);
        }

        private static void Finish<V, T>(GlobalPoolArgs* args, V total, T* y, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (args->Mean != 0) total = V.Div(total, V.Create(T.CreateTruncating(args->Positions)));
            if (args->Accumulate != 0) total = V.Add(VecTail<V, T>.Load(y, n), total);
            VecTail<V, T>.Store(total, y, n);
        }
    }

    private readonly struct Spread : ICpuKernel<GlobalPoolArgs>
    {
        public static void Run<V, T>(WorkerPool pool, GlobalPoolArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Images * args->Positions, args->Channels * sizeof(T));

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(GlobalPoolArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint channels = (nint)args->Channels, positions = (nint)args->Positions;
            bool accumulate = args->Accumulate != 0;
            var divisor = V.Create(T.CreateTruncating(args->Mean != 0 ? positions : 1)); // a division by 1 changes nothing
            for (nint row = start; row < end; row++)
            {
                T* dy = (T*)args->X + (row / positions * channels), dx = (T*)args->Y + (row * channels);
                nint c = 0;
                for (; c <= channels - V.Count; c += V.Count)
                {
                    var g = V.Div(V.Load(dy + c), divisor);
                    V.Store(accumulate ? V.Add(V.Load(dx + c), g) : g, dx + c);
                }

                if (c == channels) continue;
                var last = V.Div(VecTail<V, T>.Load(dy + c, channels - c), divisor);
                if (accumulate) last = V.Add(VecTail<V, T>.Load(dx + c, channels - c), last);
                VecTail<V, T>.Store(last, dx + c, channels - c);
            }
        }
    }
}

using System.Numerics;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Sampling;

internal static unsafe class RandomFillCpu
{
    public static void Launch(CpuDevice device, DType dtype, Distribution distribution, ref RandomFillArgs args, ReadOnlySpan<Access> accesses)
    {
        switch (distribution)
        {
            case Distribution.Uniform:
                device.Launch<UniformKernel, RandomFillArgs>("random_fill", dtype, ref args, accesses);
                break;
            case Distribution.Normal:
                device.Launch<NormalKernel, RandomFillArgs>("random_fill", dtype, ref args, accesses);
                break;
            default:
                device.Launch<BernoulliKernel, RandomFillArgs>("random_fill", dtype, ref args, accesses);
                break;
        }
    }

    private static void Fill<V, T, TOp>(WorkerPool pool, RandomFillArgs* args, TOp op)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TOp : unmanaged, IDrawOp<V> =>
        DrawMap<V, T, TOp>.Run(pool, op, RandomState.Stream(args->State, args->Stream), 0, args->Y, args->Count);

    private readonly struct UniformKernel : ICpuKernel<RandomFillArgs>
    {
        public static void Run<V, T>(WorkerPool pool, RandomFillArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T p0 = T.CreateTruncating(args->P0), p1 = T.CreateTruncating(args->P1);
            Fill<V, T, UniformOp<V, T>>(pool, args, new(V.Create(p0), V.Create(p1 - p0), V.Create(T.CreateTruncating(args->Below))));
        }
    }

    private readonly struct NormalKernel : ICpuKernel<RandomFillArgs>
    {
        public static void Run<V, T>(WorkerPool pool, RandomFillArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Fill<V, T, NormalOp<V, T>>(pool, args, new(V.Create(T.CreateTruncating(args->P0)), V.Create(T.CreateTruncating(args->P1))));
    }

    private readonly struct BernoulliKernel : ICpuKernel<RandomFillArgs>
    {
        public static void Run<V, T>(WorkerPool pool, RandomFillArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Fill<V, T, BernoulliOp<V, T>>(pool, args, new(V.Create(T.CreateTruncating(args->P0)), V.Create(T.One)));
    }

    private readonly struct UniformOp<V, T>(V p0, V width, V below) : IDrawOp<V>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly V _p0 = p0, _width = width, _below = below;

        public static bool Normal => false;

        public static bool ReadsInput => false;

        public V Apply(V x, V draw) => V.Min(V.Fma(draw, _width, _p0), _below);
    }

    private readonly struct NormalOp<V, T>(V mean, V deviation) : IDrawOp<V>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly V _mean = mean, _deviation = deviation;

        public static bool Normal => true;

        public static bool ReadsInput => false;

        public V Apply(V x, V draw) => V.Fma(draw, _deviation, _mean);
    }

    private readonly struct BernoulliOp<V, T>(V probability, V one) : IDrawOp<V>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly V _probability = probability, _one = one;

        public static bool Normal => false;

        public static bool ReadsInput => false;

        public V Apply(V x, V draw) => V.SelectGreater(_probability, draw, _one, V.Zero);
    }
}

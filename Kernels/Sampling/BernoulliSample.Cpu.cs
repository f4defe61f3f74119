using System.Numerics;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Sampling;

internal static class BernoulliSampleCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref BernoulliSampleArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<Kernel, BernoulliSampleArgs>("bernoulli_sample", dtype, ref args, accesses);

    private readonly unsafe struct Kernel : ICpuKernel<BernoulliSampleArgs>
    {
        public static void Run<V, T>(WorkerPool pool, BernoulliSampleArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            DrawMap<V, T, Op<V, T>>.Run(
                pool, new(V.Create(T.One)), RandomState.Stream(args->State, args->Stream), args->Probabilities, args->Y, args->Count);
    }

    private readonly struct Op<V, T>(V one) : IDrawOp<V>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly V _one = one;

        public static bool Normal => false;

        public static bool ReadsInput => true;

        public V Apply(V x, V draw) => V.SelectGreater(x, draw, _one, V.Zero);
    }
}

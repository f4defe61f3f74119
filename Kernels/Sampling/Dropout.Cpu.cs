using System.Numerics;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Sampling;

internal static class DropoutCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref DropoutArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<Kernel, DropoutArgs>("dropout", dtype, ref args, accesses);

    private readonly unsafe struct Kernel : ICpuKernel<DropoutArgs>
    {
        public static void Run<V, T>(WorkerPool pool, DropoutArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var op = new Op<V, T>(V.Create(T.CreateTruncating(args->Rate)), V.Create(T.CreateTruncating(args->Scale)));
            DrawMap<V, T, Op<V, T>>.Run(pool, op, RandomState.Stream(args->State, args->Stream), args->X, args->Y, args->Count);
        }
    }

    private readonly struct Op<V, T>(V rate, V scale) : IDrawOp<V>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly V _rate = rate, _scale = scale;

        public static bool Normal => false;

        public static bool ReadsInput => true;

        public V Apply(V x, V draw) => V.SelectGreater(_rate, draw, V.Zero, V.Mul(x, _scale));
    }
}

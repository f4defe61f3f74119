using System.Numerics;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Layout;

internal static class LevelsCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref LevelsArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<Kernel, LevelsArgs>("levels", dtype, ref args, accesses);

    private readonly unsafe struct Kernel : ICpuKernel<LevelsArgs>
    {
        public static void Run<V, T>(WorkerPool pool, LevelsArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => Partition.Run(pool, args, &Part<V, T>, args->Count, sizeof(T) + sizeof(int), grain: 64);

        private static void Part<V, T>(LevelsArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            V greatest = V.Create(T.CreateTruncating(args->Greatest));
            T* lanes = stackalloc T[V.Count];
            T* x = (T*)args->X;
            int* y = (int*)args->Y;
            for (nint i = start; i < end; i += V.Count)
            {
                nint n = Math.Min(V.Count, end - i);
                V v = V.Round(V.Mul(n == V.Count ? V.Load(x + i) : VecTail<V, T>.Load(x + i, n), greatest));
                V.Store(V.Min(greatest, V.Max(v, V.Zero)), lanes);
                for (nint lane = 0; lane < n; lane++) y[i + lane] = int.CreateTruncating(lanes[lane]);
            }
        }
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Sampling;

/// <summary>Row by row, scalars in lane 0: classes are few, and the network that uses the draw takes far longer.</summary>
internal static class CategoricalSampleCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref CategoricalSampleArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<Kernel, CategoricalSampleArgs>("categorical_sample", dtype, ref args, accesses);

    private readonly unsafe struct Kernel : ICpuKernel<CategoricalSampleArgs>
    {
        public static void Run<V, T>(WorkerPool pool, CategoricalSampleArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, 128L * args->Classes);

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(CategoricalSampleArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint classes = args->Classes;
            var stream = RandomState.Stream(args->State, args->Stream);
            for (nint row = start; row < end; row++)
            {
                T* logits = (T*)args->Logits + (row * classes);
                T largest = logits[0], sum = T.Zero, soFar = T.Zero;
                for (nint k = 1; k < classes; k++) largest = largest > logits[k] ? largest : logits[k];
                for (nint k = 0; k < classes; k++) sum += Exp<V, T>(logits[k] - largest);
                T bound = T.CreateTruncating(stream.Uniform(row)) * sum;
                nint chosen = 0;
                for (; chosen < classes - 1; chosen++) // u < 1, so the last one's cumulative weight would exceed it
                {
                    soFar += Exp<V, T>(logits[chosen] - largest);
                    if (soFar > bound) break;
                }

                ((int*)args->Labels)[row] = (int)chosen;
            }
        }

        private static T Exp<V, T>(T x)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => VecLanes<V, T>.First(VecMath.Exp<V, T>(V.Create(x)));
    }
}

using System.Numerics;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Sampling;

/// <summary>Row by row; the network that uses the draw takes far longer.</summary>
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

        private static void Part<V, T>(CategoricalSampleArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var stream = RandomState.Stream(args->State, args->Stream);
            for (nint row = start; row < end; row++)
                ((int*)args->Labels)[row] = LogitDraw<V, T>.Choice((T*)args->Logits + (row * args->Classes), args->Classes, T.CreateTruncating(stream.Uniform(row)), T.One);
        }
    }
}

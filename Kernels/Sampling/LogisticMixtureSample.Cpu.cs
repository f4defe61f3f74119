using System.Numerics;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

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

        private static void Part<V, T>(LogisticMixtureSampleArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            int components = args->Components, channels = args->Channels, width = components * (1 + ((channels == 1 ? 2 : 3) * channels));
            var stream = RandomState.Stream(args->State, args->Stream);
            int* levels = stackalloc int[3];
            for (nint row = start; row < end; row++)
                LogitDraw<V, T>.Mixture((T*)args->Parameters + (row * width), components, channels, stream.Words((uint)row), T.One, levels, (T*)args->X + (row * channels));
        }
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Resampling;

internal static unsafe class UpsampleCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref WindowArgs args, bool backward, ReadOnlySpan<Access> accesses)
    {
        if (backward) device.Launch<BackwardKernel, WindowArgs>("upsample_backward", dtype, ref args, accesses);
        else device.Launch<ForwardKernel, WindowArgs>("upsample", dtype, ref args, accesses);
    }

    private readonly struct BackwardKernel : ICpuKernel<WindowArgs>
    {
        public static void Run<V, T>(WorkerPool pool, WindowArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => WindowFold<WindowSum>.Run<V, T>(pool, args);
    }

    private readonly struct ForwardKernel : ICpuKernel<WindowArgs>
    {
        public static void Run<V, T>(WorkerPool pool, WindowArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, (long)args->Images * args->OutHeight, ((long)args->StrideY * args->Width + args->OutWidth) * args->Channels * sizeof(T));

        /// <summary>A row of x makes one row of y, whose copies come from the cache.</summary>
        private static void Part<V, T>(WindowArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint channels = args->Channels, width = args->OutWidth, factor = args->StrideX, span = args->Width * channels;
            for (nint row = start; row < end; row++)
            {
                T* x = (T*)args->X + (row * width * channels), y = (T*)args->Y + (row * factor * span);
                if (channels >= V.Count) Wide<V, T>(x, y, width, channels, factor);
                else Narrow(x, y, width, channels, factor);
                for (nint i = 1; i < factor; i++) Buffer.MemoryCopy(y, y + (i * span), span * sizeof(T), span * sizeof(T));
            }
        }

        [MethodImpl(AggressiveOptimization)]
        private static void Wide<V, T>(T* x, T* y, nint width, nint channels, nint factor)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (nint w = 0; w < width; w++, x += channels)
            {
                for (nint j = 0; j < factor; j++, y += channels)
                {
                    nint c = 0;
                    for (; c <= channels - V.Count; c += V.Count) V.Store(V.Load(x + c), y + c);
                    if (c < channels) V.Store(V.Load(x + channels - V.Count), y + channels - V.Count);
                }
            }
        }

        [MethodImpl(AggressiveOptimization)]
        private static void Narrow<T>(T* x, T* y, nint width, nint channels, nint factor)
            where T : unmanaged
        {
            for (nint w = 0; w < width; w++, x += channels)
            {
                if (channels == 1)
                {
                    T value = *x;
                    for (nint j = 0; j < factor; j++) *y++ = value;
                    continue;
                }

                for (nint j = 0; j < factor; j++)
                {
                    for (nint c = 0; c < channels; c++) *y++ = x[c];
                }
            }
        }
    }
}

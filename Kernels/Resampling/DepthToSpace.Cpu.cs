using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Resampling;

internal static unsafe class DepthToSpaceCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref DepthToSpaceArgs args, bool inverse, ReadOnlySpan<Access> accesses)
    {
        if (inverse) device.Launch<Kernel<ToDepth>, DepthToSpaceArgs>("depth_to_space", dtype, ref args, accesses);
        else device.Launch<Kernel<ToSpace>, DepthToSpaceArgs>("depth_to_space", dtype, ref args, accesses);
    }

    private interface IDirection
    {
        static abstract bool Inverse { get; }
    }

    private readonly struct ToSpace : IDirection
    {
        public static bool Inverse => false;
    }

    private readonly struct ToDepth : IDirection
    {
        public static bool Inverse => true;
    }

    private readonly struct Kernel<TDirection> : ICpuKernel<DepthToSpaceArgs>
        where TDirection : struct, IDirection
    {
        public static void Run<V, T>(WorkerPool pool, DepthToSpaceArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            long rowElements = (long)args->Width * args->Channels;
            Partition.Run(pool, args, &Part<T>, args->Count / rowElements, 2 * sizeof(T) * rowElements);
        }

        /// <summary>Rows of the image with more channels; each is Factor rows of the other.</summary>
        private static void Part<T>(DepthToSpaceArgs* args, nint start, nint end)
            where T : unmanaged
        {
            nint factor = args->Factor, block = factor * factor, width = args->Width, deepSpan = width * args->Channels, wideSpan = deepSpan / factor;
            nint channels = args->Channels / block;
            for (nint row = start; row < end; row++)
            {
                for (nint i = 0; i < factor; i++)
                {
                    nint deep = (row * deepSpan) + (i * factor), wide = ((row * factor) + i) * wideSpan;
                    if (TDirection.Inverse) Line((T*)args->X + wide, (T*)args->Y + deep, width, channels, factor, block);
                    else Line((T*)args->Y + wide, (T*)args->X + deep, width, channels, factor, block);
                }
            }
        }

        /// <summary>One row of the image with more pixels: its elements in order, and where they lie in the other.</summary>
        [MethodImpl(AggressiveOptimization)]
        private static void Line<T>(T* wide, T* deep, nint width, nint channels, nint factor, nint block)
            where T : unmanaged
        {
            for (nint w = 0; w < width; w++, deep += channels * block)
            {
                for (nint j = 0; j < factor; j++)
                {
                    T* p = deep + j;
                    for (nint c = 0; c < channels; c++, p += block, wide++)
                    {
                        if (TDirection.Inverse) *p = *wide;
                        else *wide = *p;
                    }
                }
            }
        }
    }
}

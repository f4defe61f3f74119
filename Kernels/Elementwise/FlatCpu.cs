using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Elementwise;

/// <summary>A kernel whose output element i depends on element i of its inputs alone.</summary>
internal interface IFlatKernel<TArgs>
    where TArgs : unmanaged
{
    /// <summary>The output's elements from i on, one a lane.</summary>
    static abstract V Compute<V, T>(in TArgs args, nint i)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Runs flat kernels: vectors, then single lanes of the same code, so that no element's bits depend on its place.</summary>
internal static unsafe class FlatCpu
{
    /// <summary>
    /// An output that exceeds a last-level cache would only pass through it: stores past the caches save reading the lines first,
    /// a third of the traffic of y = f(x).
    /// </summary>
    private const long CacheBytes = 32L << 20;

    /// <param name="streams">Arrays read or written: decides whether the work is worth sharing.</param>
    /// <param name="inPlace">The output's lines are read anyway; then ordinary stores are faster.</param>
    public static void Run<TKernel, TArgs, V, T>(WorkerPool pool, TArgs* args, ulong output, long count, int streams, bool inPlace)
        where TKernel : struct, IFlatKernel<TArgs>
        where TArgs : unmanaged
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool past = !inPlace && count * sizeof(T) > CacheBytes && output % 64 == 0;
        var job = new Job<TArgs> { Args = *args, Output = output, PastCaches = past };
        Partition.Run(pool, &job, &Part<TKernel, TArgs, V, T>, count, streams * sizeof(T), grain: 64);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Part<TKernel, TArgs, V, T>(Job<TArgs>* job, nint start, nint end)
        where TKernel : struct, IFlatKernel<TArgs>
        where TArgs : unmanaged
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var args = job->Args;
        var y = (T*)job->Output;
        nint i = start, whole = end - ((end - start) % V.Count);
        if (job->PastCaches)
        {
            for (; i < whole; i += V.Count) V.StoreNonTemporal(TKernel.Compute<V, T>(in args, i), y + i);
            V.StoreFence();
        }
        else
        {
            for (; i < whole; i += V.Count) V.Store(TKernel.Compute<V, T>(in args, i), y + i);
        }

        for (; i < end; i++)
        {
            if (typeof(T) == typeof(float)) V1F.Store(TKernel.Compute<V1F, float>(in args, i), (float*)(y + i));
            else V1D.Store(TKernel.Compute<V1D, double>(in args, i), (double*)(y + i));
        }
    }

    private struct Job<TArgs>
        where TArgs : unmanaged
    {
        public TArgs Args;
        public ulong Output;
        public bool PastCaches;
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Optimizer;

/// <summary>A CPU kernel over flat arrays whose elements have nothing to do with each other.</summary>
internal unsafe interface IFlatKernel<TArgs>
    where TArgs : unmanaged
{
    /// <summary>Elements of T that one element of the launch reads and writes.</summary>
    static abstract int Traffic { get; }

    static abstract long Count(TArgs* args);

    /// <summary>Does the whole vectors of start .. end-1 and returns the first element that is left.</summary>
    static abstract nint Range<V, T>(TArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Runs one on the pool: whole vectors first, the tail of each part by the same code with one lane.</summary>
internal readonly unsafe struct FlatKernel<TKernel, TArgs> : ICpuKernel<TArgs>
    where TKernel : struct, IFlatKernel<TArgs>
    where TArgs : unmanaged
{
    // parts begin at whole pages of float, so that no two threads write one cache line
    private const int Grain = 1024;

    public static void Run<V, T>(WorkerPool pool, TArgs* args)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        Partition.Run(pool, args, &Part<V, T>, TKernel.Count(args), TKernel.Traffic * sizeof(T), Grain);

    private static void Part<V, T>(TArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint left = TKernel.Range<V, T>(args, start, end);
        if (left == end) return;
        if (typeof(T) == typeof(float)) TKernel.Range<V1F, float>(args, left, end);
        else TKernel.Range<V1D, double>(args, left, end);
    }
}

/// <summary>Small words of the flat kernels.</summary>
internal static class Flat
{
    /// <summary>The twin of (REAL)x for a double x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Create<V, T>(double value)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Create(T.CreateTruncating(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V SmallestNormal<V, T>()
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => Create<V, T>(typeof(T) == typeof(float) ? 1.17549435e-38f : 2.2250738585072014e-308);

    /// <summary>Moments that decay under the smallest normal number become 0: denormals cost a hundred cycles each. NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Flush<V, T>(V x, V tiny)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.SelectGreater(tiny, V.Abs(x), V.Zero, x);
}

using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Loss;

/// <summary>The walks over a row that softmax is made of, alone and under its cross-entropy.</summary>
internal static unsafe class SoftmaxRow
{
    /// <summary>The largest of x[0 .. n - 1], by the row-sum law's lanes.</summary>
    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    public static T Max<V, T>(T* x, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* lanes = stackalloc T[VecLanes<V, T>.Lanes];
        V lowest = VecMath.Constant<V, T>(double.NegativeInfinity);
        nint whole = n & -VecLanes<V, T>.Lanes;
        for (nint first = 0; first < VecLanes<V, T>.Lanes; first += 2 * V.Count)
        {
            V a = lowest, b = lowest;
            nint second = first + V.Count, i = 0;
            for (; i < whole; i += VecLanes<V, T>.Lanes)
            {
                a = V.Max(a, V.Load(x + i + first));
                b = V.Max(b, V.Load(x + i + second));
            }

            V.Store(MaxTail(a, x + i + first, n - i - first), lanes + first);
            V.Store(MaxTail(b, x + i + second, n - i - second), lanes + second);
        }

        return VecLanes<V, T>.Max(lanes);

        static V MaxTail(V lanes, T* x, nint n)
        {
            if (n >= V.Count) return V.Max(lanes, V.Load(x));
            return n <= 0 ? lanes : VecTail<V, T>.Merge(V.Max(lanes, VecTail<V, T>.Load(x, n)), lanes, n);
        }
    }

    /// <summary>e = exp(x - max), unless e is null; the sum of it, by the row-sum law.</summary>
    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    public static T ExpSum<V, T>(T* x, T max, T* e, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* lanes = stackalloc T[VecLanes<V, T>.Lanes];
        V m = V.Create(max);
        nint whole = n & -VecLanes<V, T>.Lanes;
        for (nint first = 0; first < VecLanes<V, T>.Lanes; first += 2 * V.Count)
        {
            V a = V.Zero, b = V.Zero;
            nint second = first + V.Count, i = 0;
            if (e == null)
            {
                for (; i < whole; i += VecLanes<V, T>.Lanes)
                {
                    a = V.Add(a, VecMath.Exp<V, T>(V.Sub(V.Load(x + i + first), m)));
                    b = V.Add(b, VecMath.Exp<V, T>(V.Sub(V.Load(x + i + second), m)));
                }
            }

            for (; i < whole; i += VecLanes<V, T>.Lanes)
            {
                V p = VecMath.Exp<V, T>(V.Sub(V.Load(x + i + first), m)), q = VecMath.Exp<V, T>(V.Sub(V.Load(x + i + second), m));
                V.Store(p, e + i + first);
                V.Store(q, e + i + second);
                a = V.Add(a, p);
                b = V.Add(b, q);
            }

            V.Store(ExpTail(a, x, m, e, i + first, n), lanes + first);
            V.Store(ExpTail(b, x, m, e, i + second, n), lanes + second);
        }

        return VecLanes<V, T>.Sum(lanes);

        static V ExpTail(V lanes, T* x, V m, T* e, nint i, nint n)
        {
            if (i >= n) return lanes;
            nint rest = Math.Min(n - i, V.Count);
            V p = VecMath.Exp<V, T>(V.Sub(VecTail<V, T>.Load(x + i, rest), m));
            if (e != null) VecTail<V, T>.Store(p, e + i, rest);
            return VecTail<V, T>.Merge(V.Add(lanes, p), lanes, rest);
        }
    }

    /// <summary>d = factor e; d may be e.</summary>
    [MethodImpl(AggressiveOptimization)]
    public static void Scale<V, T>(T* e, T factor, T* d, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V f = V.Create(factor);
        nint i = 0;
        for (; i + V.Count <= n; i += V.Count) V.Store(V.Mul(V.Load(e + i), f), d + i);
        if (i < n) VecTail<V, T>.Store(V.Mul(VecTail<V, T>.Load(e + i, n - i), f), d + i, n - i);
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Loss;

/// <summary>
/// A row is walked three times, but in memory only once: the maximum, the exponentials (which stay in the first-level cache) with
/// their sum, the gradient. Exponentials set the pace, one an element; the logarithms of many rows are taken together.
/// </summary>
internal static unsafe class SoftmaxCrossEntropyCpu
{
    /// <summary>Exponentials kept beside the row; longer rows keep them in the gradient's own memory.</summary>
    private const int Staged = 1024;

    /// <summary>Rows whose losses are finished together; a multiple of every vector.</summary>
    private const int Together = 32;

    public static void Forward(CpuDevice device, DType dtype, ref SoftmaxCrossEntropyArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<ForwardKernel, SoftmaxCrossEntropyArgs>("softmax_cross_entropy", dtype, ref args, accesses);

    private readonly struct ForwardKernel : ICpuKernel<SoftmaxCrossEntropyArgs>
    {
        public static void Run<V, T>(WorkerPool pool, SoftmaxCrossEntropyArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, Rows.ExpCost * args->Columns);

        [SkipLocalsInit]
        private static void Part<V, T>(SoftmaxCrossEntropyArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T* sums = stackalloc T[2 * Together], chosen = sums + Together, staged = stackalloc T[Staged];
            for (nint row = start; row < end; row += Together)
            {
                nint count = Math.Min(Together, end - row);
                for (nint r = 0; r < count; r++) Row<V, T>(args, row + r, staged, sums + r, chosen + r);
                for (nint r = count; r % V.Count != 0; r++) sums[r] = chosen[r] = T.One;
                T* loss = (T*)args->Loss + row;
                for (nint r = 0; r < count; r += V.Count)
                {
                    V value = V.Sub(VecMath.Log<V, T>(V.Load(sums + r)), V.Load(chosen + r));
                    if (r + V.Count <= count) V.Store(value, loss + r);
                    else VecTail<V, T>.Store(value, loss + r, count - r);
                }
            }
        }
    }

    /// <summary>One row: its gradient, the sum of exp(x - max) and x[label] - max; the loss is the logarithm of the one without the other.</summary>
    private static void Row<V, T>(SoftmaxCrossEntropyArgs* args, nint row, T* staged, T* sum, T* chosen)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = args->Columns;
        T* x = (T*)args->Logits + (row * columns), d = args->Gradient != 0 ? (T*)args->DLogits + (row * columns) : null;
        if (args->Ignore > 0 && row % args->Positions < args->Ignore)
        {
            if (d != null) new Span<T>(d, (int)columns).Clear();
            *sum = T.One; // of which the logarithm is 0
            *chosen = T.Zero;
            return;
        }

        int label = ((int*)args->Labels)[row];
        bool known = label >= 0 && label < columns;
        T max = Max<V, T>(x, columns);
        *chosen = known ? x[label] - max : T.NaN;
        if (d == null)
        {
            *sum = ExpSum<V, T>(x, max, null, columns);
            return;
        }

        T scale = T.CreateTruncating(args->Scale);
        T* e = columns <= Staged ? staged : d;
        *sum = ExpSum<V, T>(x, max, e, columns);
        Scale<V, T>(e, known ? scale / *sum : T.NaN, d, columns);
        if (known) d[label] -= scale;
    }

    /// <summary>The largest of x[0 .. n - 1], by the row-sum law's lanes.</summary>
    [SkipLocalsInit]
    [MethodImpl(AggressiveOptimization)]
    private static T Max<V, T>(T* x, nint n)
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
    private static T ExpSum<V, T>(T* x, T max, T* e, nint n)
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
    private static void Scale<V, T>(T* e, T factor, T* d, nint n)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V f = V.Create(factor);
        nint i = 0;
        for (; i + V.Count <= n; i += V.Count) V.Store(V.Mul(V.Load(e + i), f), d + i);
        if (i < n) VecTail<V, T>.Store(V.Mul(VecTail<V, T>.Load(e + i, n - i), f), d + i, n - i);
    }
}

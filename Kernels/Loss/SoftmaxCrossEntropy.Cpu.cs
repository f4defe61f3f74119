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
        T max = SoftmaxRow.Max<V, T>(x, columns);
        *chosen = known ? x[label] - max : T.NaN;
        if (d == null)
        {
            *sum = SoftmaxRow.ExpSum<V, T>(x, max, null, columns);
            return;
        }

        T scale = T.CreateTruncating(args->Scale);
        T* e = columns <= Staged ? staged : d;
        *sum = SoftmaxRow.ExpSum<V, T>(x, max, e, columns);
        SoftmaxRow.Scale<V, T>(e, known ? scale / *sum : T.NaN, d, columns);
        if (known) d[label] -= scale;
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Embedding;

internal static unsafe class EmbeddingCpu
{
    private const int Chunk = 64;

    public static void Forward(CpuDevice device, DType dtype, ref EmbeddingArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<ForwardKernel, EmbeddingArgs>("embedding", dtype, ref args, accesses);

    public static void Sort(CpuDevice device, ref EmbeddingSortArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch("embedding_sort", &SortRows, ref args, accesses);

    public static void Backward(CpuDevice device, DType dtype, ref EmbeddingBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<BackwardKernel, EmbeddingBackwardArgs>("embedding_backward", dtype, ref args, accesses);

    /// <summary>The stable counting sort of embedding.cu in one go: an order that is unique needs no tiles.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void SortRows(WorkerPool pool, EmbeddingSortArgs* args)
    {
        int* indices = (int*)args->Indices, starts = (int*)args->Starts, order = (int*)args->Order, next = (int*)args->Counts;
        int count = args->Count, rows = args->Rows;
        new Span<int>(next, count + 1).Clear();
        for (int r = 0; r < rows; r++) next[Math.Min((uint)indices[r], (uint)count)]++;
        int place = 0;
        for (int v = 0; v <= count; v++)
        {
            int occurrences = next[v];
            starts[v] = next[v] = place;
            place += occurrences;
        }

        for (int r = 0; r < rows; r++) order[next[Math.Min((uint)indices[r], (uint)count)]++] = r;
    }

    private readonly struct ForwardKernel : ICpuKernel<EmbeddingArgs>
    {
        public static void Run<V, T>(WorkerPool pool, EmbeddingArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Part<V, T>, args->Rows, 2 * sizeof(T) * args->Width);

        [MethodImpl(AggressiveOptimization)]
        private static void Part<V, T>(EmbeddingArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint width = (nint)args->Width;
            for (nint row = start; row < end; row++)
            {
                int index = ((int*)args->Indices)[row];
                T* y = (T*)args->Y + (row * width), x = (T*)args->Table + (index * width);
                if ((uint)index >= (uint)args->Count)
                {
                    for (nint i = 0; i < width; i++) y[i] = T.NaN;
                    continue;
                }

                nint c = 0;
                for (; c <= width - V.Count; c += V.Count) V.Store(V.Load(x + c), y + c);
                if (c < width) VecTail<V, T>.Store(VecTail<V, T>.Load(x + c, width - c), y + c, width - c);
            }
        }
    }

    private readonly struct BackwardKernel : ICpuKernel<EmbeddingBackwardArgs>
    {
        // an item is two vectors of a table row: fine enough to share even a list that holds most rows
        public static void Run<V, T>(WorkerPool pool, EmbeddingBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            long items = args->Count * Groups<V, T>(args);
            Partition.Run(pool, args, &Part<V, T>, items, Math.Max(1, (args->Rows + (long)args->Count) * args->Width * sizeof(T) / items));
        }

        private static long Groups<V, T>(EmbeddingBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => (args->Width + (2 * V.Count) - 1) / (2 * V.Count);

        private static void Part<V, T>(EmbeddingBackwardArgs* args, nint start, nint end)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint groups = (nint)Groups<V, T>(args), width = (nint)args->Width;
            for (nint item = start; item < end; item++)
            {
                nint entry = item / groups, c = (item - (entry * groups)) * 2 * V.Count;
                int first = ((int*)args->Starts)[entry], rows = ((int*)args->Starts)[entry + 1] - first;
                int* order = (int*)args->Order + first;
                T* dy = (T*)args->DY + c, target = (T*)args->DTable + (entry * width) + c;
                if (c + (2 * V.Count) <= width)
                {
                    Two<V, T>(args, order, rows, dy, target);
                    continue;
                }

                for (nint stop = width - c, i = 0; i < stop; i += V.Count) One<V, T>(args, order, rows, dy + i, target + i, stop - i);
            }
        }

        [MethodImpl(AggressiveOptimization)]
        private static void Two<V, T>(EmbeddingBackwardArgs* args, int* order, nint rows, T* dy, T* target)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint width = (nint)args->Width;
            V a = V.Zero, b = a;
            for (nint r = 0; r < rows;)
            {
                V sa = V.Zero, sb = sa;
                for (nint stop = Math.Min(rows, r + Chunk); r < stop; r++)
                {
                    T* x = dy + (order[r] * width);
                    sa = V.Add(sa, V.Load(x));
                    sb = V.Add(sb, V.Load(x + V.Count));
                }

                (a, b) = (V.Add(a, sa), V.Add(b, sb));
            }

            if (args->Accumulate != 0) (a, b) = (V.Add(V.Load(target), a), V.Add(V.Load(target + V.Count), b));
            V.Store(a, target);
            V.Store(b, target + V.Count);
        }

        [MethodImpl(AggressiveOptimization)]
        private static void One<V, T>(EmbeddingBackwardArgs* args, int* order, nint rows, T* dy, T* target, nint n)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            nint width = (nint)args->Width;
            n = Math.Min(n, V.Count);
            V total = V.Zero;
            for (nint r = 0; r < rows;)
            {
                V sum = V.Zero;
                for (nint stop = Math.Min(rows, r + Chunk); r < stop; r++)
                {
                    T* x = dy + (order[r] * width);
                    sum = V.Add(sum, n == V.Count ? V.Load(x) : VecTail<V, T>.Load(x, n));
                }

                total = V.Add(total, sum);
            }

            if (args->Accumulate != 0) total = V.Add(VecTail<V, T>.Load(target, n), total);
            VecTail<V, T>.Store(total, target, n);
        }
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Normalization;

/// <summary>The kernels of layer_norm.cu.</summary>
internal static unsafe class LayerNormCpu
{
    public static void Launch(CpuDevice device, DType dtype, LayerNormKernel kernel, ref LayerNormArgs args, ReadOnlySpan<Access> accesses)
    {
        switch (kernel)
        {
            case LayerNormKernel.Forward:
                device.Launch<ForwardKernel, LayerNormArgs>("layer_norm", dtype, ref args, accesses);
                break;
            case LayerNormKernel.Backward:
                device.Launch<BackwardKernel, LayerNormArgs>("layer_norm_backward", dtype, ref args, accesses);
                break;
            default:
                device.Launch<SumsKernel, LayerNormArgs>("layer_norm_backward_sums", dtype, ref args, accesses);
                break;
        }
    }

    /// <summary>Parts are rows.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Forward<V, T>(LayerNormArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns;
        T* gammas = (T*)args->Gamma, betas = (T*)args->Beta, stats = (T*)args->Stats;
        T count = T.CreateTruncating(columns), epsilon = T.CreateTruncating(args->Epsilon);
        for (nint row = start; row < end; row++)
        {
            T* x = (T*)args->X + (row * columns), y = (T*)args->Y + (row * columns);
            T mean = x[0] + (RowLanes<V, T>.Sum(new ShiftedTerms<V, T>(x, x[0]), columns) / count);
            T inverse = T.One / T.Sqrt((RowLanes<V, T>.Sum(new SquareTerms<V, T>(x, mean), columns) / count) + epsilon);
            stats[row] = mean;
            stats[args->Rows + row] = inverse;
            V m = V.Create(mean), s = V.Create(inverse);
            for (nint c = 0; c < columns; c += V.Count)
            {
                nint lanes = columns - c;
                V h = V.Mul(V.Sub(ColumnPairs<V, T>.Load(x + c, lanes), m), s);
                ColumnPairs<V, T>.Store(V.Fma(h, ColumnPairs<V, T>.Load(gammas + c, lanes), ColumnPairs<V, T>.Load(betas + c, lanes)), y + c, lanes);
            }
        }
    }

    /// <summary>Parts are rows.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Backward<V, T>(LayerNormArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns;
        T* gammas = (T*)args->Gamma, stats = (T*)args->Stats;
        T count = T.CreateTruncating(columns);
        bool accumulate = args->Accumulate != 0;
        for (nint row = start; row < end; row++)
        {
            T* x = (T*)args->X + (row * columns), dy = (T*)args->DY + (row * columns), dx = (T*)args->DX + (row * columns);
            T mean = stats[row], inverse = stats[args->Rows + row];
            V m = V.Create(mean), s = V.Create(inverse);
            V sum = V.Create(RowLanes<V, T>.Sum(new ProductTerms<V, T>(dy, gammas), columns) / count);
            V dot = V.Create(RowLanes<V, T>.Sum(new NormalizedTerms<V, T>(dy, gammas, x, mean, inverse), columns) / count);
            for (nint c = 0; c < columns; c += V.Count)
            {
                nint lanes = columns - c;
                V h = V.Mul(V.Sub(ColumnPairs<V, T>.Load(x + c, lanes), m), s);
                V g = V.Mul(ColumnPairs<V, T>.Load(dy + c, lanes), ColumnPairs<V, T>.Load(gammas + c, lanes));
                V d = V.Fma(V.Neg(h), dot, V.Sub(g, sum));
                ColumnPairs<V, T>.Store(accumulate ? V.Fma(d, s, ColumnPairs<V, T>.Load(dx + c, lanes)) : V.Mul(d, s), dx + c, lanes);
            }
        }
    }

    /// <summary>Parts are chunks.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Sums<V, T>(LayerNormArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint rows = (nint)args->Rows, columns = (nint)args->Columns;
        var terms = new ParameterTerms<V, T>((T*)args->DY, (T*)args->X, (T*)args->Stats, (T*)args->Stats + rows);
        for (nint chunk = start; chunk < end; chunk++)
        {
            nint first = chunk * BatchNorm.Chunk;
            T* sums = (T*)args->Partials + (2 * chunk * columns);
            ColumnPairs<V, T>.Chunk(terms, first, Math.Min(BatchNorm.Chunk, rows - first), columns, sums, sums + columns);
        }
    }

    /// <summary>x - x[0].</summary>
    private readonly struct ShiftedTerms<V, T>(T* x, T shift) : IRowTerms<V, T>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(AggressiveInlining)]
        public V Step<TLoad>(V lanes, nint column, nint count) where TLoad : struct, ILoad<V, T> =>
            V.Add(lanes, V.Sub(TLoad.Load(x + column, count), V.Create(shift)));
    }

    /// <summary>(x - mean)^2.</summary>
    private readonly struct SquareTerms<V, T>(T* x, T mean) : IRowTerms<V, T>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(AggressiveInlining)]
        public V Step<TLoad>(V lanes, nint column, nint count) where TLoad : struct, ILoad<V, T>
        {
            V d = V.Sub(TLoad.Load(x + column, count), V.Create(mean));
            return V.Fma(d, d, lanes);
        }
    }

    /// <summary>dy gamma h.</summary>
    private readonly struct NormalizedTerms<V, T>(T* dy, T* gamma, T* x, T mean, T inverse) : IRowTerms<V, T>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(AggressiveInlining)]
        public V Step<TLoad>(V lanes, nint column, nint count) where TLoad : struct, ILoad<V, T>
        {
            V h = V.Mul(V.Sub(TLoad.Load(x + column, count), V.Create(mean)), V.Create(inverse));
            return V.Fma(V.Mul(TLoad.Load(dy + column, count), TLoad.Load(gamma + column, count)), h, lanes);
        }
    }

    /// <summary>u = dy, v = h.</summary>
    private readonly struct ParameterTerms<V, T>(T* dy, T* x, T* means, T* inverses) : IColumnPair<V, T>
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(AggressiveInlining)]
        public void Terms<TLoad>(nint row, nint start, nint column, nint lanes, out V u, out V v)
            where TLoad : struct, ILoad<V, T>
        {
            u = TLoad.Load(dy + start + column, lanes);
            v = V.Mul(V.Sub(TLoad.Load(x + start + column, lanes), V.Create(means[row])), V.Create(inverses[row]));
        }
    }

    private readonly struct ForwardKernel : ICpuKernel<LayerNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, LayerNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Forward<V, T>, args->Rows, 2 * args->Columns * sizeof(T));
    }

    private readonly struct BackwardKernel : ICpuKernel<LayerNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, LayerNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Backward<V, T>, args->Rows, 3 * args->Columns * sizeof(T));
    }

    private readonly struct SumsKernel : ICpuKernel<LayerNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, LayerNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Sums<V, T>, BatchNorm.Chunks(args->Rows), 2 * BatchNorm.Chunk * args->Columns * sizeof(T));
    }
}

/// <summary>The products of two arrays.</summary>
internal readonly unsafe struct ProductTerms<V, T>(T* x, T* y) : IRowTerms<V, T>
    where V : unmanaged, IVec<V, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(AggressiveInlining)]
    public V Step<TLoad>(V lanes, nint column, nint count) where TLoad : struct, ILoad<V, T> =>
        V.Fma(TLoad.Load(x + column, count), TLoad.Load(y + column, count), lanes);
}

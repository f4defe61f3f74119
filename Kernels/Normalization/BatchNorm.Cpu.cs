using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Normalization;

/// <summary>The kernels of batch_norm.cu.</summary>
internal static unsafe class BatchNormCpu
{
    /// <summary>An output that exceeds the last-level cache together with x is stored past the caches: its lines need not be read first.</summary>
    internal const long CacheBytes = 32L << 20;

    private static readonly LaunchApply[] Appliers =
    [
        Of<NoActivation>(), Of<Rectifier<ReluKind>>(), Of<Rectifier<LeakyReluKind>>(), Of<Smooth<EluKind>>(), Of<Smooth<TanhKind>>(), Of<Smooth<SigmoidKind>>(), Of<Smooth<SoftplusKind>>(),
    ];

    private delegate void LaunchApply(CpuDevice device, DType dtype, ref BatchNormArgs args, ReadOnlySpan<Access> accesses);

    public static void Launch(CpuDevice device, DType dtype, BatchNormKernel kernel, ref BatchNormArgs args, ReadOnlySpan<Access> accesses)
    {
        switch (kernel)
        {
            case BatchNormKernel.Statistics:
                device.Launch<StatisticsKernel, BatchNormArgs>("batch_norm_statistics", dtype, ref args, accesses);
                break;
            case BatchNormKernel.Finish:
                device.Launch<FinishKernel, BatchNormArgs>("batch_norm_finish", dtype, ref args, accesses);
                break;
            case BatchNormKernel.Running:
                device.Launch<RunningKernel, BatchNormArgs>("batch_norm_running", dtype, ref args, accesses);
                break;
            default:
                device.Launch<UpdateKernel, BatchNormArgs>("batch_norm_update", dtype, ref args, accesses);
                break;
        }
    }

    public static void Apply(CpuDevice device, DType dtype, Activation activation, ref BatchNormArgs args, ReadOnlySpan<Access> accesses) =>
        Appliers[(int)activation](device, dtype, ref args, accesses);

    private static LaunchApply Of<TActivation>() where TActivation : struct, IActivation =>
        (CpuDevice device, DType dtype, ref BatchNormArgs args, ReadOnlySpan<Access> accesses) =>
            device.Launch<ApplyKernel<TActivation>, BatchNormArgs>("batch_norm_apply", dtype, ref args, accesses);

    /// <summary>Parts are chunks.</summary>
    private static void Statistics<V, T>(BatchNormArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint rows = (nint)args->Rows, columns = (nint)args->Columns;
        for (nint chunk = start; chunk < end; chunk++) ChunkStatistics<V, T>.Run((T*)args->X, (T*)args->Partials, chunk, rows, columns);
    }

    /// <summary>Parts are columns.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Finish<V, T>(BatchNormArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint rows = (nint)args->Rows, columns = (nint)args->Columns, chunks = (nint)BatchNorm.Chunks(rows), stride = 3 * columns;
        T* stats = (T*)args->Stats;
        V full = V.Create(T.CreateTruncating(BatchNorm.Chunk)), last = V.Create(T.CreateTruncating(rows - ((chunks - 1) * BatchNorm.Chunk)));
        V all = V.Create(T.CreateTruncating(rows)), others = V.Create(T.CreateTruncating(rows - 1)), epsilon = VecMath.Constant<V, T>(args->Epsilon);
        for (nint c = start; c < end; c += V.Count)
        {
            nint lanes = end - c;
            T* p = (T*)args->Partials + c;
            V shift = ColumnPairs<V, T>.Load(p, lanes), sum = V.Zero, total = V.Zero;
            for (nint chunk = 0; chunk < chunks; chunk++, p += stride)
                sum = V.Fma(chunk + 1 < chunks ? full : last, Mean(p, columns, shift, lanes), sum);
            V mean = V.Div(sum, all);
            p = (T*)args->Partials + c;
            for (nint chunk = 0; chunk < chunks; chunk++, p += stride)
            {
                V d = V.Sub(Mean(p, columns, shift, lanes), mean);
                total = V.Add(total, ColumnPairs<V, T>.Load(p + (2 * columns), lanes));
                total = V.Fma(V.Mul(chunk + 1 < chunks ? full : last, d), d, total);
            }

            ColumnPairs<V, T>.Store(V.Add(shift, mean), stats + c, lanes);
            ColumnPairs<V, T>.Store(VecMath.Rsqrt<V, T>(V.Add(V.Div(total, all), epsilon)), stats + columns + c, lanes);
            ColumnPairs<V, T>.Store(V.Div(total, others), stats + (2 * columns) + c, lanes);
        }

        // a chunk's mean less the first chunk's shift
        static V Mean(T* partial, nint columns, V shift, nint lanes) =>
            V.Add(V.Sub(ColumnPairs<V, T>.Load(partial, lanes), shift), ColumnPairs<V, T>.Load(partial + columns, lanes));
    }

    private static void Running<V, T>(BatchNormArgs* args)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns;
        T* means = (T*)args->RunningMean, variances = (T*)args->RunningVariance, stats = (T*)args->Stats;
        V epsilon = VecMath.Constant<V, T>(args->Epsilon);
        for (nint c = 0; c < columns; c += V.Count)
        {
            nint lanes = columns - c;
            ColumnPairs<V, T>.Store(ColumnPairs<V, T>.Load(means + c, lanes), stats + c, lanes);
            ColumnPairs<V, T>.Store(VecMath.Rsqrt<V, T>(V.Add(ColumnPairs<V, T>.Load(variances + c, lanes), epsilon)), stats + columns + c, lanes);
        }
    }

    private static void Update<V, T>(BatchNormArgs* args)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns;
        Move<V, T>((T*)args->RunningMean, (T*)args->Stats, columns, args->Momentum);
        Move<V, T>((T*)args->RunningVariance, (T*)args->Stats + (2 * columns), columns, args->Momentum);
    }

    /// <summary>running += momentum (now - running).</summary>
    private static void Move<V, T>(T* running, T* now, nint columns, double momentum)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V step = VecMath.Constant<V, T>(momentum);
        for (nint c = 0; c < columns; c += V.Count)
        {
            nint lanes = columns - c;
            V old = ColumnPairs<V, T>.Load(running + c, lanes);
            ColumnPairs<V, T>.Store(V.Fma(step, V.Sub(ColumnPairs<V, T>.Load(now + c, lanes), old), old), running + c, lanes);
        }
    }

    /// <summary>
    /// Parts are rows, the last ones first: the statistics' pass has just read them, so they are still in a cache.
    /// </summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Apply<TActivation, V, T>(BatchNormArgs* args, nint start, nint end)
        where TActivation : struct, IActivation
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint rows = (nint)args->Rows, columns = (nint)args->Columns, whole = columns - (columns % V.Count);
        T* means = (T*)args->Stats, inverses = means + columns, gammas = (T*)args->Gamma, betas = (T*)args->Beta;
        V slope = VecMath.Constant<V, T>(args->Slope);
        bool pastCaches = rows * columns * sizeof(T) > CacheBytes && columns * sizeof(T) % sizeof(V) == 0 && args->Y % (ulong)sizeof(V) == 0;
        for (nint row = rows - end; row < rows - start; row++)
        {
            T* x = (T*)args->X + (row * columns), y = (T*)args->Y + (row * columns);
            nint c = 0;
            for (; c < whole; c += V.Count)
            {
                V h = V.Mul(V.Sub(V.Load(x + c), V.Load(means + c)), V.Load(inverses + c));
                V value = TActivation.Value<V, T>(V.Fma(h, V.Load(gammas + c), V.Load(betas + c)), slope);
                if (pastCaches) V.StoreNonTemporal(value, y + c);
                else V.Store(value, y + c);
            }

            if (c < columns)
            {
                nint lanes = columns - c;
                V h = V.Mul(V.Sub(VecTail<V, T>.Load(x + c, lanes), VecTail<V, T>.Load(means + c, lanes)), VecTail<V, T>.Load(inverses + c, lanes));
                V z = V.Fma(h, VecTail<V, T>.Load(gammas + c, lanes), VecTail<V, T>.Load(betas + c, lanes));
                VecTail<V, T>.Store(TActivation.Value<V, T>(z, slope), y + c, lanes);
            }
        }

        if (pastCaches) V.StoreFence();
    }

    /// <summary>u = v = x - shift.</summary>
    private readonly struct StatisticsKernel : ICpuKernel<BatchNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, BatchNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Statistics<V, T>, BatchNorm.Chunks(args->Rows), BatchNorm.Chunk * args->Columns * sizeof(T));
    }

    private readonly struct FinishKernel : ICpuKernel<BatchNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, BatchNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Finish<V, T>, args->Columns, 4 * BatchNorm.Chunks(args->Rows) * sizeof(T), grain: 16);
    }

    private readonly struct RunningKernel : ICpuKernel<BatchNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, BatchNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => Running<V, T>(args);
    }

    private readonly struct UpdateKernel : ICpuKernel<BatchNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, BatchNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> => Update<V, T>(args);
    }

    private readonly struct ApplyKernel<TActivation> : ICpuKernel<BatchNormArgs>
        where TActivation : struct, IActivation
    {
        public static void Run<V, T>(WorkerPool pool, BatchNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Apply<TActivation, V, T>, args->Rows, 2 * args->Columns * sizeof(T));
    }
}

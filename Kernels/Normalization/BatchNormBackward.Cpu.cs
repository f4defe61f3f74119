using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Normalization;

/// <summary>The kernels of batch_norm_backward.cu.</summary>
internal static unsafe class BatchNormBackwardCpu
{
    private static readonly Launcher[] Launchers =
    [
        Of<NoActivation>(), Of<Rectifier<ReluKind>>(), Of<Rectifier<LeakyReluKind>>(), Of<Smooth<EluKind>>(), Of<Smooth<TanhKind>>(), Of<Smooth<SigmoidKind>>(), Of<Smooth<SoftplusKind>>(),
    ];

    private delegate void Launch(CpuDevice device, DType dtype, ref BatchNormBackwardArgs args, ReadOnlySpan<Access> accesses);

    public static void Sums(CpuDevice device, DType dtype, Activation activation, ref BatchNormBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        Launchers[(int)activation].Sums(device, dtype, ref args, accesses);

    public static void Finish(CpuDevice device, DType dtype, ref BatchNormBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<FinishKernel, BatchNormBackwardArgs>("batch_norm_backward_finish", dtype, ref args, accesses);

    public static void Apply(CpuDevice device, DType dtype, Activation activation, ref BatchNormBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        Launchers[(int)activation].Apply(device, dtype, ref args, accesses);

    private static Launcher Of<TActivation>() where TActivation : struct, IActivation => new(
        (CpuDevice device, DType dtype, ref BatchNormBackwardArgs args, ReadOnlySpan<Access> accesses) =>
            device.Launch<SumsKernel<TActivation>, BatchNormBackwardArgs>("batch_norm_backward_sums", dtype, ref args, accesses),
        (CpuDevice device, DType dtype, ref BatchNormBackwardArgs args, ReadOnlySpan<Access> accesses) =>
            device.Launch<ApplyKernel<TActivation>, BatchNormBackwardArgs>("batch_norm_backward_apply", dtype, ref args, accesses));

    /// <summary>Parts are chunks.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Sums<TActivation, V, T>(BatchNormBackwardArgs* args, nint start, nint end)
        where TActivation : struct, IActivation
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint rows = (nint)args->Rows, columns = (nint)args->Columns;
        var terms = new GradientTerms<TActivation, V, T>(args);
        for (nint chunk = start; chunk < end; chunk++)
        {
            nint first = chunk * BatchNorm.Chunk, height = Math.Min(BatchNorm.Chunk, rows - first);
            T* sums = (T*)args->Partials + (2 * chunk * columns);
            ColumnPairs<V, T>.Chunk(terms, first, height, columns, sums, sums + columns);
        }
    }

    /// <summary>Parts are columns.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Finish<V, T>(BatchNormBackwardArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns, chunks = (nint)BatchNorm.Chunks(args->Rows), stride = 2 * columns;
        V all = V.Create(T.CreateTruncating(args->Rows));
        for (nint c = start; c < end; c += V.Count)
        {
            nint lanes = end - c;
            T* p = (T*)args->Partials + c;
            V sum = V.Zero, dot = V.Zero;
            for (nint chunk = 0; chunk < chunks; chunk++, p += stride)
            {
                sum = V.Add(sum, ColumnPairs<V, T>.Load(p, lanes));
                dot = V.Add(dot, ColumnPairs<V, T>.Load(p + columns, lanes));
            }

            if (args->Training != 0)
            {
                ColumnPairs<V, T>.Store(V.Div(sum, all), (T*)args->Means + c, lanes);
                ColumnPairs<V, T>.Store(V.Div(dot, all), (T*)args->Means + columns + c, lanes);
            }

            Put<V, T>(args->ToBeta, sum, (T*)args->DBeta + c, lanes);
            Put<V, T>(args->ToGamma, dot, (T*)args->DGamma + c, lanes);
        }
    }

    [MethodImpl(AggressiveInlining)]
    private static void Put<V, T>(GradientUse use, V gradient, T* target, nint lanes)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (use == GradientUse.Unwanted) return;
        if (use == GradientUse.Added) gradient = V.Add(ColumnPairs<V, T>.Load(target, lanes), gradient);
        ColumnPairs<V, T>.Store(gradient, target, lanes);
    }

    /// <summary>Parts are rows, the last ones first: the sums' pass has just read them, so they are still in a cache.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Apply<TActivation, V, T>(BatchNormBackwardArgs* args, nint start, nint end)
        where TActivation : struct, IActivation
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint rows = (nint)args->Rows, columns = (nint)args->Columns, whole = columns - (columns % V.Count);
        var input = new Input<TActivation, V, T>(args);
        bool accumulate = args->Accumulate != 0;
        bool pastCaches = !accumulate && args->DX != args->DY && rows * columns * sizeof(T) > BatchNormCpu.CacheBytes
            && columns * sizeof(T) % sizeof(V) == 0 && args->DX % (ulong)sizeof(V) == 0;
        for (nint row = rows - end; row < rows - start; row++)
        {
            nint first = row * columns, c = 0;
            T* dx = (T*)args->DX + first;
            for (; c < whole; c += V.Count)
            {
                V d = input.Gradient<Whole<V, T>>(first, c, V.Count, out V scale);
                if (pastCaches) V.StoreNonTemporal(V.Mul(d, scale), dx + c);
                else V.Store(accumulate ? V.Fma(d, scale, V.Load(dx + c)) : V.Mul(d, scale), dx + c);
            }

            if (c < columns)
            {
                nint lanes = columns - c;
                V d = input.Gradient<Partial<V, T>>(first, c, lanes, out V scale);
                VecTail<V, T>.Store(accumulate ? V.Fma(d, scale, VecTail<V, T>.Load(dx + c, lanes)) : V.Mul(d, scale), dx + c, lanes);
            }
        }

        if (pastCaches) V.StoreFence();
    }

    /// <summary>u = dz, v = h.</summary>
    private readonly struct GradientTerms<TActivation, V, T>(BatchNormBackwardArgs* args) : IColumnPair<V, T>
        where TActivation : struct, IActivation
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly T* _dy = (T*)args->DY;
        private readonly T* _x = (T*)args->X;
        private readonly T* _means = (T*)args->Stats;
        private readonly T* _inverses = (T*)args->Stats + args->Columns;
        private readonly T* _gammas = (T*)args->Gamma;
        private readonly T* _betas = (T*)args->Beta;
        private readonly V _slope = VecMath.Constant<V, T>(args->Slope);

        [MethodImpl(AggressiveInlining)]
        public void Terms<TLoad>(nint row, nint start, nint column, nint lanes, out V u, out V v)
            where TLoad : struct, ILoad<V, T>
        {
            V dy = TLoad.Load(_dy + start + column, lanes), x = TLoad.Load(_x + start + column, lanes);
            v = V.Mul(V.Sub(x, TLoad.Load(_means + column, lanes)), TLoad.Load(_inverses + column, lanes));
            u = TActivation.Gradient<V, T>(dy, V.Fma(v, TLoad.Load(_gammas + column, lanes), TLoad.Load(_betas + column, lanes)), _slope);
        }
    }

    /// <summary>dx = Gradient * scale.</summary>
    private readonly struct Input<TActivation, V, T>(BatchNormBackwardArgs* args)
        where TActivation : struct, IActivation
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly T* _dy = (T*)args->DY;
        private readonly T* _x = (T*)args->X;
        private readonly T* _means = (T*)args->Stats;
        private readonly T* _inverses = (T*)args->Stats + args->Columns;
        private readonly T* _gammas = (T*)args->Gamma;
        private readonly T* _betas = (T*)args->Beta;
        private readonly T* _gradientMeans = args->Training != 0 ? (T*)args->Means : null;
        private readonly T* _gradientDots = (T*)args->Means + args->Columns;
        private readonly V _slope = VecMath.Constant<V, T>(args->Slope);

        [MethodImpl(AggressiveInlining)]
        public V Gradient<TLoad>(nint start, nint column, nint lanes, out V scale)
            where TLoad : struct, ILoad<V, T>
        {
            V inverse = TLoad.Load(_inverses + column, lanes), gamma = TLoad.Load(_gammas + column, lanes);
            V x = TLoad.Load(_x + start + column, lanes), d = TLoad.Load(_dy + start + column, lanes);
            V h = V.Mul(V.Sub(x, TLoad.Load(_means + column, lanes)), inverse);
            scale = V.Mul(gamma, inverse);
            d = TActivation.Gradient<V, T>(d, V.Fma(h, gamma, TLoad.Load(_betas + column, lanes)), _slope);
            if (_gradientMeans == null) return d;
            d = V.Sub(d, TLoad.Load(_gradientMeans + column, lanes));
            return V.Fma(V.Neg(h), TLoad.Load(_gradientDots + column, lanes), d);
        }
    }

    private readonly record struct Launcher(Launch Sums, Launch Apply);

    private readonly struct SumsKernel<TActivation> : ICpuKernel<BatchNormBackwardArgs>
        where TActivation : struct, IActivation
    {
        public static void Run<V, T>(WorkerPool pool, BatchNormBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Sums<TActivation, V, T>, BatchNorm.Chunks(args->Rows), 2 * BatchNorm.Chunk * args->Columns * sizeof(T));
    }

    private readonly struct FinishKernel : ICpuKernel<BatchNormBackwardArgs>
    {
        public static void Run<V, T>(WorkerPool pool, BatchNormBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Finish<V, T>, args->Columns, 2 * BatchNorm.Chunks(args->Rows) * sizeof(T), grain: 16);
    }

    private readonly struct ApplyKernel<TActivation> : ICpuKernel<BatchNormBackwardArgs>
        where TActivation : struct, IActivation
    {
        public static void Run<V, T>(WorkerPool pool, BatchNormBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Apply<TActivation, V, T>, args->Rows, 3 * args->Columns * sizeof(T));
    }
}

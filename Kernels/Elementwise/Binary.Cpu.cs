using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Elementwise;

internal static unsafe class BinaryCpu
{
    /// <summary>Narrower rows than this are repeated into a pattern of about twice as many elements, so that vectors need not end with each row.</summary>
    private const int PatternElements = 256;

    // indexed by BinaryOp, then by Broadcast
    private static readonly LaunchKernel[][] Launchers = [Of<AddFunction>(), Of<SubFunction>(), Of<MulFunction>(), Of<DivFunction>()];

    private delegate void LaunchKernel(CpuDevice device, DType dtype, ref BinaryArgs args, ReadOnlySpan<Access> accesses);

    private interface IBinaryFunction
    {
        static abstract V Apply<V, T>(V a, V b)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>;
    }

    public static void Launch(CpuDevice device, DType dtype, BinaryOp op, Broadcast broadcast, ref BinaryArgs args, ReadOnlySpan<Access> accesses) =>
        Launchers[(int)op][(int)broadcast](device, dtype, ref args, accesses);

    private static LaunchKernel[] Of<TFunction>() where TFunction : struct, IBinaryFunction =>
        [Launcher<FlatKernel<TFunction>>(), Launcher<ChannelKernel<TFunction>>(), Launcher<RowKernel<TFunction>>(), Launcher<ScalarKernel<TFunction>>()];

    private static LaunchKernel Launcher<TKernel>() where TKernel : struct, ICpuKernel<BinaryArgs> =>
        (CpuDevice device, DType dtype, ref BinaryArgs args, ReadOnlySpan<Access> accesses) =>
            device.Launch<TKernel, BinaryArgs>("binary", dtype, ref args, accesses);

    [MethodImpl(AggressiveOptimization)]
    private static void Channel<TFunction, V, T>(BinaryArgs* args, nint start, nint end)
        where TFunction : struct, IBinaryFunction
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* a = (T*)args->A, b = (T*)args->B, y = (T*)args->Y;
        nint period = (nint)args->Columns;
        T* pattern = stackalloc T[3 * PatternElements];
        if (period < PatternElements)
        {
            nint repeated = period * ((2 * PatternElements / period) + 1);
            for (nint i = 0; i < repeated; i++) pattern[i] = b[i % period];
            b = pattern;
            period = repeated;
        }

        for (nint i = start, c = start % period; i < end; c = 0)
        {
            nint stop = Math.Min(end, i + period - c);
            for (; i <= stop - V.Count; i += V.Count, c += V.Count) V.Store(TFunction.Apply<V, T>(V.Load(a + i), V.Load(b + c)), y + i);
            for (; i < stop; i++, c++) One<TFunction, T>(a + i, b + c, y + i);
        }
    }

    [MethodImpl(AggressiveOptimization)]
    private static void Row<TFunction, V, T>(BinaryArgs* args, nint start, nint end)
        where TFunction : struct, IBinaryFunction
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* a = (T*)args->A, b = (T*)args->B, y = (T*)args->Y;
        nint columns = (nint)args->Columns;
        for (nint i = start, r = start / columns; i < end; r++)
        {
            nint stop = Math.Min(end, (r + 1) * columns);
            var other = V.Create(b[r]);
            for (; i <= stop - V.Count; i += V.Count) V.Store(TFunction.Apply<V, T>(V.Load(a + i), other), y + i);
            for (; i < stop; i++) One<TFunction, T>(a + i, b + r, y + i);
        }
    }

    [MethodImpl(AggressiveInlining)]
    private static void One<TFunction, T>(T* a, T* b, T* y)
        where TFunction : struct, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float)) V1F.Store(TFunction.Apply<V1F, float>(V1F.Load((float*)a), V1F.Load((float*)b)), (float*)y);
        else V1D.Store(TFunction.Apply<V1D, double>(V1D.Load((double*)a), V1D.Load((double*)b)), (double*)y);
    }

    private readonly struct FlatKernel<TFunction> : ICpuKernel<BinaryArgs>, IFlatKernel<BinaryArgs>
        where TFunction : struct, IBinaryFunction
    {
        public static void Run<V, T>(WorkerPool pool, BinaryArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            FlatCpu.Run<FlatKernel<TFunction>, BinaryArgs, V, T>(pool, args, args->Y, args->Rows * args->Columns, 3, args->A == args->Y);

        [MethodImpl(AggressiveInlining)]
        public static V Compute<V, T>(in BinaryArgs args, nint i)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            TFunction.Apply<V, T>(V.Load((T*)args.A + i), V.Load((T*)args.B + i));
    }

    private readonly struct ScalarKernel<TFunction> : ICpuKernel<BinaryArgs>, IFlatKernel<BinaryArgs>
        where TFunction : struct, IBinaryFunction
    {
        public static void Run<V, T>(WorkerPool pool, BinaryArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            FlatCpu.Run<ScalarKernel<TFunction>, BinaryArgs, V, T>(pool, args, args->Y, args->Rows * args->Columns, 2, args->A == args->Y);

        [MethodImpl(AggressiveInlining)]
        public static V Compute<V, T>(in BinaryArgs args, nint i)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            TFunction.Apply<V, T>(V.Load((T*)args.A + i), V.Create(*(T*)args.B));
    }

    private readonly struct ChannelKernel<TFunction> : ICpuKernel<BinaryArgs>
        where TFunction : struct, IBinaryFunction
    {
        public static void Run<V, T>(WorkerPool pool, BinaryArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Channel<TFunction, V, T>, args->Rows * args->Columns, 2 * sizeof(T), grain: 64);
    }

    private readonly struct RowKernel<TFunction> : ICpuKernel<BinaryArgs>
        where TFunction : struct, IBinaryFunction
    {
        public static void Run<V, T>(WorkerPool pool, BinaryArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Row<TFunction, V, T>, args->Rows * args->Columns, 2 * sizeof(T), grain: 64);
    }

    private readonly struct AddFunction : IBinaryFunction
    {
        [MethodImpl(AggressiveInlining)]
        public static V Apply<V, T>(V a, V b) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => V.Add(a, b);
    }

    private readonly struct SubFunction : IBinaryFunction
    {
        [MethodImpl(AggressiveInlining)]
        public static V Apply<V, T>(V a, V b) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => V.Sub(a, b);
    }

    private readonly struct MulFunction : IBinaryFunction
    {
        [MethodImpl(AggressiveInlining)]
        public static V Apply<V, T>(V a, V b) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => V.Mul(a, b);
    }

    private readonly struct DivFunction : IBinaryFunction
    {
        [MethodImpl(AggressiveInlining)]
        public static V Apply<V, T>(V a, V b) where V : unmanaged, IVec<V, T> where T : unmanaged, IFloatingPointIeee754<T> => V.Div(a, b);
    }
}

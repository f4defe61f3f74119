using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Elementwise;

internal static unsafe class UnaryCpu
{
    private static readonly Launcher[] Launchers =
    [
        Of<NegFunction>(), Of<ExpFunction>(), Of<LogFunction>(), Of<SquareFunction>(), Of<SqrtFunction>(), Of<AbsFunction>(), Of<ClampFunction>(), Of<ReluFunction>(),
        Of<LeakyReluFunction>(), Of<EluFunction>(), Of<TanhFunction>(), Of<SigmoidFunction>(), Of<SoftplusFunction>(), Of<AffineFunction>(),
    ];

    private delegate void LaunchForward(CpuDevice device, DType dtype, ref UnaryArgs args, ReadOnlySpan<Access> accesses);

    private delegate void LaunchBackward(CpuDevice device, DType dtype, ref UnaryBackwardArgs args, ReadOnlySpan<Access> accesses);

    public static void Launch(CpuDevice device, DType dtype, UnaryOp op, ref UnaryArgs args, ReadOnlySpan<Access> accesses) =>
        Launchers[(int)op].Forward(device, dtype, ref args, accesses);

    public static void Launch(CpuDevice device, DType dtype, UnaryOp op, ref UnaryBackwardArgs args, ReadOnlySpan<Access> accesses) =>
        Launchers[(int)op].Backward(device, dtype, ref args, accesses);

    private static Launcher Of<TFunction>() where TFunction : struct, IUnaryFunction => new(
        (CpuDevice device, DType dtype, ref UnaryArgs args, ReadOnlySpan<Access> accesses) =>
            device.Launch<Forward<TFunction>, UnaryArgs>("unary", dtype, ref args, accesses),
        (CpuDevice device, DType dtype, ref UnaryBackwardArgs args, ReadOnlySpan<Access> accesses) =>
            device.Launch<Backward<TFunction>, UnaryBackwardArgs>("unary_backward", dtype, ref args, accesses));

    private readonly record struct Launcher(LaunchForward Forward, LaunchBackward Backward);

    private readonly struct Forward<TFunction> : ICpuKernel<UnaryArgs>, IFlatKernel<UnaryArgs>
        where TFunction : struct, IUnaryFunction
    {
        public static void Run<V, T>(WorkerPool pool, UnaryArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            FlatCpu.Run<Forward<TFunction>, UnaryArgs, V, T>(pool, args, args->Y, args->N, 2, args->X == args->Y);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Compute<V, T>(in UnaryArgs args, nint i)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            TFunction.Value<V, T>(V.Load((T*)args.X + i), VecMath.Constant<V, T>(args.P0), VecMath.Constant<V, T>(args.P1));
    }

    private readonly struct Backward<TFunction> : ICpuKernel<UnaryBackwardArgs>, IFlatKernel<UnaryBackwardArgs>
        where TFunction : struct, IUnaryFunction
    {
        public static void Run<V, T>(WorkerPool pool, UnaryBackwardArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            FlatCpu.Run<Backward<TFunction>, UnaryBackwardArgs, V, T>(pool, args, args->DX, args->N, 3, args->Accumulate != 0 || args->DX == args->DY);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Compute<V, T>(in UnaryBackwardArgs args, nint i)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var dy = V.Load((T*)args.DY + i);
            var saved = args.Saved != 0 ? V.Load((T*)args.Saved + i) : dy;
            var slope = TFunction.Derivative<V, T>(saved, VecMath.Constant<V, T>(args.P0), VecMath.Constant<V, T>(args.P1));
            return args.Accumulate != 0 ? V.Fma(dy, slope, V.Load((T*)args.DX + i)) : V.Mul(dy, slope);
        }
    }
}

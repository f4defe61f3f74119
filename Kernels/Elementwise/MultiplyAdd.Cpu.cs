using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.Elementwise;

internal static unsafe class MultiplyAddCpu
{
    public static void Launch(CpuDevice device, DType dtype, ref MultiplyAddArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<Kernel, MultiplyAddArgs>("multiply_add", dtype, ref args, accesses);

    private readonly struct Kernel : ICpuKernel<MultiplyAddArgs>, IFlatKernel<MultiplyAddArgs>
    {
        public static void Run<V, T>(WorkerPool pool, MultiplyAddArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            FlatCpu.Run<Kernel, MultiplyAddArgs, V, T>(pool, args, args->Y, args->N, 4, args->C == args->Y);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Compute<V, T>(in MultiplyAddArgs args, nint i)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            V.Fma(V.Load((T*)args.A + i), V.Load((T*)args.B + i), V.Load((T*)args.C + i));
    }
}

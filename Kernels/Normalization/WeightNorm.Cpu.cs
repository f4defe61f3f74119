using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace GenEngine.Kernels.Normalization;

/// <summary>The kernels of weight_norm.cu.</summary>
internal static unsafe class WeightNormCpu
{
    public static void Forward(CpuDevice device, DType dtype, ref WeightNormArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<ForwardKernel, WeightNormArgs>("weight_norm", dtype, ref args, accesses);

    public static void Backward(CpuDevice device, DType dtype, ref WeightNormArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<BackwardKernel, WeightNormArgs>("weight_norm_backward", dtype, ref args, accesses);

    /// <summary>Parts are rows.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Forward<V, T>(WeightNormArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns;
        for (nint row = start; row < end; row++)
        {
            T* v = (T*)args->V + (row * columns), w = (T*)args->W + (row * columns);
            T inverse = T.One / T.Sqrt(RowLanes<V, T>.Sum(new ProductTerms<V, T>(v, v), columns));
            ((T*)args->Inverse)[row] = inverse;
            V scale = V.Create(((T*)args->G)[row] * inverse);
            for (nint c = 0; c < columns; c += V.Count)
            {
                nint lanes = columns - c;
                ColumnPairs<V, T>.Store(V.Mul(ColumnPairs<V, T>.Load(v + c, lanes), scale), w + c, lanes);
            }
        }
    }

    /// <summary>Parts are rows.</summary>
    [MethodImpl(AggressiveOptimization)]
    private static void Backward<V, T>(WeightNormArgs* args, nint start, nint end)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint columns = (nint)args->Columns;
        for (nint row = start; row < end; row++)
        {
            T* v = (T*)args->V + (row * columns), dw = (T*)args->DW + (row * columns);
            T inverse = ((T*)args->Inverse)[row], dg = RowLanes<V, T>.Sum(new ProductTerms<V, T>(dw, v), columns) * inverse;
            if (args->ToV != GradientUse.Unwanted)
            {
                T* dv = (T*)args->DV + (row * columns);
                V along = V.Create(dg * inverse), scale = V.Create(((T*)args->G)[row] * inverse);
                for (nint c = 0; c < columns; c += V.Count)
                {
                    nint lanes = columns - c;
                    V d = V.Fma(V.Neg(ColumnPairs<V, T>.Load(v + c, lanes)), along, ColumnPairs<V, T>.Load(dw + c, lanes));
                    d = args->ToV == GradientUse.Added ? V.Fma(d, scale, ColumnPairs<V, T>.Load(dv + c, lanes)) : V.Mul(d, scale);
                    ColumnPairs<V, T>.Store(d, dv + c, lanes);
                }
            }

            T* target = (T*)args->DG + row;
            if (args->ToG != GradientUse.Unwanted) *target = args->ToG == GradientUse.Added ? *target + dg : dg;
        }
    }

    private readonly struct ForwardKernel : ICpuKernel<WeightNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, WeightNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Forward<V, T>, args->Rows, 2 * args->Columns * sizeof(T));
    }

    private readonly struct BackwardKernel : ICpuKernel<WeightNormArgs>
    {
        public static void Run<V, T>(WorkerPool pool, WeightNormArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T> =>
            Partition.Run(pool, args, &Backward<V, T>, args->Rows, 3 * args->Columns * sizeof(T));
    }
}

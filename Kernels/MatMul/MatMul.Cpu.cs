using System.Numerics;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.MatMul;

/// <summary>
/// The CPU twin: one tile product. A product much taller than wide may be computed as its transpose, C' = B' A', whose
/// chains are the same: columns lie along the vectors, and a column count of 1 or 20 would leave most lanes idle.
/// </summary>
internal readonly unsafe struct MatMulCpu : ICpuKernel<MatMulArgs>
{
    public static void Run<V, T>(WorkerPool pool, MatMulArgs* args)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint m = (nint)args->M, n = (nint)args->N, k = (nint)args->K;
        var op = (MatMulOp)args->Op;
        var a = op == MatMulOp.TN ? new StridedOperand<T>((T*)args->A, m * k, 1, m) : new StridedOperand<T>((T*)args->A, m * k, k, 1);
        var b = op == MatMulOp.NT ? new StridedOperand<T>((T*)args->B, k * n, k, 1) : new StridedOperand<T>((T*)args->B, k * n, 1, n);
        bool transpose = Lanes<V, T>(n, m) * 4 < Lanes<V, T>(m, n) * 3;
        var product = new TileProduct<T, StridedOperand<T>, StridedOperand<T>, StridedOutput<T>>
        {
            Batch = (nint)args->Batch,
            Rows = transpose ? n : m,
            Columns = transpose ? m : n,
            K = k,
            A = transpose ? b : a,
            B = transpose ? a : b,
            C = transpose ? new StridedOutput<T>((T*)args->C, m * n, 1, n) : new StridedOutput<T>((T*)args->C, m * n, n, 1),
            Bias = (T*)args->Bias,
            BiasByRow = transpose,
            Finish = new TileFinish<T>(
                (Activation)(args->ThroughActivation != 0 ? args->ThroughActivation : args->Activation), T.CreateTruncating(args->Slope), Residual: 0, args->ThroughActivation == 0 ? 0 : (nint)((T*)args->Through - (T*)args->C)),
            Accumulate = args->Accumulate != 0,
        };
        TileRunner<V, T, StridedOperand<T>, StridedOperand<T>, StridedOutput<T>>.Run(pool, product);
    }

    /// <summary>Outputs computed for so many rows and columns, those of padded tiles included.</summary>
    private static nint Lanes<V, T>(nint rows, nint columns)
        where V : unmanaged, IVec<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        nint whole = rows / TileKernels<V, T>.MaxRows * TileKernels<V, T>.MaxRows;
        nint high = whole + (rows > whole ? TileKernels<V, T>.RowsFor(rows - whole) : 0);
        return high * ((columns + V.Count - 1) / V.Count * V.Count);
    }
}

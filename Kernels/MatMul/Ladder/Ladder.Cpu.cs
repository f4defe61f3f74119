using System.Numerics;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;

namespace GenEngine.Kernels.MatMul;

/// <summary>The CPU twin of all rungs: what they compute is MatMul's product.</summary>
internal static unsafe class LadderCpu
{
    public static void Launch(CpuDevice device, ref LadderArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch<Twin, LadderArgs>("ladder", DType.Float32, ref args, accesses);

    private readonly struct Twin : ICpuKernel<LadderArgs>
    {
        public static void Run<V, T>(WorkerPool pool, LadderArgs* args)
            where V : unmanaged, IVec<V, T>
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var product = new MatMulArgs { A = args->A, B = args->B, C = args->C, Batch = 1, M = args->M, N = args->N, K = args->K, Op = (int)MatMulOp.NN };
            MatMulCpu.Run<V, T>(pool, &product);
        }
    }
}

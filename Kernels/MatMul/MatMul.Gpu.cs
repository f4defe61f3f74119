using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.MatMul;

internal static class MatMulGpu
{
    public static void Launch(GpuDevice device, DType dtype, MatMulOp op, Activation activation, ref MatMulArgs args, ReadOnlySpan<Access> accesses) =>
        throw new NotSupportedException();
}

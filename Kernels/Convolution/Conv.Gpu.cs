using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Convolution;

internal static class ConvGpu
{
    public static void Launch(GpuDevice device, DType dtype, ConvProgram program, ref ConvArgs args, ReadOnlySpan<Access> accesses) =>
        throw new EngineException($"conv has no kernel for {device.Description} yet.");
}

internal static class ConvWeightGpu
{
    public static void Launch(GpuDevice device, DType dtype, ConvProgram program, ref ConvWeightArgs args, BufferRange x, BufferRange dy, BufferRange dw, BufferRange scratch) =>
        throw new EngineException($"conv_weight has no kernel for {device.Description} yet.");
}

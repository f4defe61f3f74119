using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Optimizer;

internal sealed class OptimizerStateGpu : IGpuKernelFamily
{
    private static readonly GpuKernel Kernel = new("Optimizer/optimizer_state.cu", "advance_optimizer", typeof(AdvanceOptimizerArgs));

    public static IEnumerable<GpuKernel> Variants => [Kernel];

    public static void Launch(GpuDevice device, ref AdvanceOptimizerArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(Kernel, LaunchShape.Linear(1, 32), ref args, accesses);
}

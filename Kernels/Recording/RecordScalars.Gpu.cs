using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Recording;

internal sealed class RecordScalarsGpu : IGpuKernelFamily
{
    private static readonly GpuKernel Single = new("Recording/record_scalars.cu", "record_scalars", typeof(RecordArgs), "REAL=float");
    private static readonly GpuKernel Double = new("Recording/record_scalars.cu", "record_scalars", typeof(RecordArgs), "REAL=double");

    public static IEnumerable<GpuKernel> Variants => [Single, Double];

    public static void Launch(GpuDevice device, DType dtype, ref RecordArgs args, ReadOnlySpan<Access> accesses) =>
        device.Launch(dtype == DType.Float64 ? Double : Single, LaunchShape.Linear(1, 32), ref args, accesses);
}

using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Kernels.Devices.Gpu.Simt;

namespace GenEngine.Bench;

/// <summary>Opens devices by kind.</summary>
internal static class DeviceFactory
{
    /// <param name="kind">Which device; null takes cuda where there is a GPU, else cpu.</param>
    /// <param name="threads">CPU threads; 0 takes one a core.</param>
    /// <param name="isa">CPU instruction set; null takes the widest.</param>
    /// <param name="check">simt only: three orders and the checked build.</param>
    /// <exception cref="DeviceUnavailableException">This machine lacks it.</exception>
    public static Device Open(DeviceKind? kind, int threads = 0, CpuIsa? isa = null, bool check = false) => kind switch
    {
        DeviceKind.Cpu => new CpuDevice(new CpuOptions(threads, isa)),
        DeviceKind.Simt => new GpuDevice(SimtDriver.Open(check ? new SimtOptions(Orders: 3, Checked: true) : new SimtOptions(Threads: threads))),
        DeviceKind.Cuda => new GpuDevice(CudaDriver.Open()),
        _ => OpenBest(threads, isa),
    };

    private static Device OpenBest(int threads, CpuIsa? isa)
    {
        try
        {
            return Open(DeviceKind.Cuda);
        }
        catch (DeviceUnavailableException)
        {
            return Open(DeviceKind.Cpu, threads, isa);
        }
    }
}

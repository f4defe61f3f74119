using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Kernels.Devices.Gpu.Simt;

namespace GenEngine.Kernels.Devices;

/// <summary>Opens devices by kind: <c>using var device = DeviceFactory.Open();</c></summary>
public static class DeviceFactory
{
    /// <summary>The device of a kind; the caller disposes it, after everything that lives on it.</summary>
    /// <param name="kind">Which device; null takes cuda where there is a GPU, else cpu.</param>
    /// <param name="threads">CPU threads; 0 takes one a core.</param>
    /// <param name="isa">CPU instruction set; null takes the widest.</param>
    /// <param name="check">simt only: three orders and the checked build.</param>
    /// <param name="substitute">What to run in place of a kernel, on the devices that run the CUDA sources.</param>
    /// <exception cref="DeviceUnavailableException">This machine lacks it; the message says what was tried and the fix.</exception>
    public static Device Open(DeviceKind? kind = null, int threads = 0, CpuIsa? isa = null, bool check = false, Func<GpuKernel, GpuKernel>? substitute = null) => kind switch
    {
        DeviceKind.Cpu => new CpuDevice(new CpuOptions(threads, isa)),
        DeviceKind.Simt => new GpuDevice(SimtDriver.Open(check ? new SimtOptions(Orders: 3, Checked: true) : new SimtOptions(Threads: threads)), substitute),
        DeviceKind.Cuda => new GpuDevice(CudaDriver.Open(), substitute),
        _ => OpenBest(threads, isa, substitute),
    };

    private static Device OpenBest(int threads, CpuIsa? isa, Func<GpuKernel, GpuKernel>? substitute)
    {
        try
        {
            return Open(DeviceKind.Cuda, substitute: substitute);
        }
        catch (DeviceUnavailableException)
        {
            return Open(DeviceKind.Cpu, threads, isa);
        }
    }
}

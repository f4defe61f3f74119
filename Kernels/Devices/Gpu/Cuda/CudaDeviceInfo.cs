using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>A GPU as the driver describes it; asking creates no context.</summary>
/// <param name="Ordinal">Its number among the visible GPUs.</param>
/// <param name="Arch">Compute capability times ten.</param>
/// <param name="MemoryBytes">Device memory in all.</param>
/// <param name="SharedBytes">The most shared memory a block may have, when it asks for it.</param>
public sealed record CudaDeviceInfo(
    int Ordinal, string Name, int Arch, int MultiprocessorCount, int ThreadsPerMultiprocessor, long MemoryBytes, int SharedBytes, int L2Bytes, string Uuid)
{
    internal int Handle { get; private init; }

    /// <summary>Float32 multiply-adds, counted twice, at the boost clock; 0 where the driver does not say the clock.</summary>
    public double FlopsPerSecond { get; private init; }

    /// <summary>What the memory's clock and width allow; 0 where the driver does not say them.</summary>
    public double BytesPerSecond { get; private init; }

    /// <summary>Float64 arithmetic as a share of float32: whole only on the cards for data centres.</summary>
    public double Float64Share => Arch is 80 or 90 or 100 or 103 ? 0.5 : Arch == 75 ? 1 / 32.0 : 1 / 64.0;

    // CUDA C++ programming guide, arithmetic instructions: results of float32 add, multiply, multiply-add a clock and multiprocessor
    private static int Float32Units(int arch) => arch is 75 or 80 ? 64 : 128;

    internal static unsafe CudaDeviceInfo Query(int ordinal)
    {
        CudaException.Check(CudaApi.cuDeviceGet(out int device, ordinal));
        byte* name = stackalloc byte[256];
        CudaException.Check(CudaApi.cuDeviceGetName(name, 256, device));
        CudaException.Check(CudaApi.cuDeviceTotalMem_v2(out nuint memory, device));
        CudaException.Check(CudaApi.cuDeviceGetUuid(out var uuid, device));
        int arch = 10 * Attribute(device, CUdevice_attribute.COMPUTE_CAPABILITY_MAJOR) + Attribute(device, CUdevice_attribute.COMPUTE_CAPABILITY_MINOR);
        int multiprocessors = Attribute(device, CUdevice_attribute.MULTIPROCESSOR_COUNT);
        return new CudaDeviceInfo(
            ordinal,
            Marshal.PtrToStringUTF8((nint)name)!,
            arch,
            multiprocessors,
            Attribute(device, CUdevice_attribute.MAX_THREADS_PER_MULTIPROCESSOR),
            (long)memory,
            Attribute(device, CUdevice_attribute.MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
            Attribute(device, CUdevice_attribute.L2_CACHE_SIZE),
            "GPU-" + new Guid(uuid, bigEndian: true).ToString())
        {
            Handle = device,
            FlopsPerSecond = 2e3 * Known(device, CUdevice_attribute.CLOCK_RATE) * multiprocessors * Float32Units(arch),
            // kilohertz, two transfers a clock, bits
            BytesPerSecond = 2e3 * Known(device, CUdevice_attribute.MEMORY_CLOCK_RATE) * Known(device, CUdevice_attribute.GLOBAL_MEMORY_BUS_WIDTH) / 8,
        };
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}, sm_{Arch}, {MultiprocessorCount} SMs, {MemoryBytes / (double)(1L << 30):F1} GiB");

    /// <summary>An attribute that nothing but a figure for people depends on; 0 where the driver does not tell.</summary>
    private static int Known(int device, CUdevice_attribute attribute) =>
        CudaApi.cuDeviceGetAttribute(out int value, attribute, device) == CUresult.CUDA_SUCCESS ? Math.Max(0, value) : 0;

    private static int Attribute(int device, CUdevice_attribute attribute)
    {
        CudaException.Check(CudaApi.cuDeviceGetAttribute(out int value, attribute, device), attribute.ToString());
        return value;
    }
}

/// <summary>What the device 'cuda' would find on this machine, and what it lacks; for the command that lists devices.</summary>
/// <param name="CudaVersion">The newest CUDA that the driver supports; null without a driver.</param>
/// <param name="DriverProblem">Why there is no usable GPU; null when there is one.</param>
/// <param name="NvrtcProblem">Why kernels cannot be compiled; null when they can.</param>
public sealed record CudaReport(
    Version? CudaVersion, string? DriverPath, string? DriverProblem, Version? NvrtcVersion, string? NvrtcPath, string? NvrtcProblem,
    IReadOnlyList<CudaDeviceInfo> Devices)
{
    /// <summary>True when <see cref="CudaDriver.Open"/> should succeed.</summary>
    public bool IsUsable => DriverProblem is null && NvrtcProblem is null;

    /// <summary>Several lines for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(DriverProblem is null ? $"driver: CUDA {CudaVersion}, {DriverPath}" : $"driver: {DriverProblem}").Append('\n');
        text.Append(NvrtcProblem is null ? $"NVRTC:  {NvrtcVersion}, {NvrtcPath}" : $"NVRTC:  {NvrtcProblem}");
        foreach (var device in Devices) text.Append(CultureInfo.InvariantCulture, $"\ncuda:{device.Ordinal}  {device}");
        return text.ToString();
    }

    internal static CudaReport Make()
    {
        Version? cuda = null;
        string? driverProblem = null, nvrtcProblem = null;
        NvrtcCompiler? nvrtc = null;
        List<CudaDeviceInfo> devices = [];
        try
        {
            cuda = CudaLibrary.Load(LibraryProbe.ThisMachine);
            for (int i = 0, count = CudaLibrary.DeviceCount(); i < count; i++) devices.Add(CudaDeviceInfo.Query(i));
        }
        catch (EngineException e)
        {
            driverProblem = e.Message;
        }

        try
        {
            nvrtc = NvrtcCompiler.Load(cuda?.Major);
        }
        catch (EngineException e)
        {
            nvrtcProblem = e.Message;
        }

        return new CudaReport(cuda, CudaLibrary.Path, driverProblem, nvrtc?.Version, nvrtc?.LibraryPath, nvrtcProblem, devices);
    }
}

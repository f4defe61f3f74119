using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>The driver's library, libcuda.so.1 or nvcuda.dll.</summary>
internal static class CudaLibrary
{
    private static readonly Lock Gate = new();

    /// <summary>Where the library came from; null before <see cref="Load"/>.</summary>
    public static string? Path { get; private set; }

    /// <summary>Loads the library, once a process, and initialises the driver.</summary>
    /// <returns>The newest CUDA version that the driver supports.</returns>
    /// <exception cref="DeviceUnavailableException">No library, or a driver that does not start or is too old; the message lists what was tried.</exception>
    public static Version Load(LibraryProbe probe)
    {
        lock (Gate)
        {
            if (Path is null)
            {
                (Path, nint handle) = Find(probe);
                NativeLibraries.Provide(CudaApi.Library, handle);
            }
        }

        var result = CudaApi.cuInit(0);
        if (result != CUresult.CUDA_SUCCESS) throw new DeviceUnavailableException($"The NVIDIA driver ({Path}) does not start: {CudaException.Describe(result)}");
        CudaException.Check(CudaApi.cuDriverGetVersion(out int number));
        var version = new Version(number / 1000, number % 1000 / 10);
        return version >= NvrtcLibrary.Oldest ? version
            : throw new DeviceUnavailableException($"This NVIDIA driver ({Path}) supports CUDA {version} at most; the engine needs {NvrtcLibrary.Oldest} or newer. Update the driver, or use --device cpu.");
    }

    /// <summary>Visible GPUs, at least one.</summary>
    /// <exception cref="DeviceUnavailableException">There is none.</exception>
    public static int DeviceCount()
    {
        CudaException.Check(CudaApi.cuDeviceGetCount(out int count));
        return count > 0 ? count : throw new DeviceUnavailableException(
            $"The NVIDIA driver ({Path}) is there, but it shows no GPU: check nvidia-smi and CUDA_VISIBLE_DEVICES ('{Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES")}'), or use --device cpu.");
    }

    private static (string Path, nint Handle) Find(LibraryProbe probe)
    {
        var report = new ProbeReport();
        foreach (var place in probe.DriverPlaces())
        {
            if (place.Files.Count == 0) report.Empty(place);
            foreach (string file in place.Files)
            {
                try
                {
                    return (file, NativeLibrary.Load(file));
                }
                catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
                {
                    report.Add(place, ProbeReport.FirstLine(e));
                }
            }
        }

        throw new DeviceUnavailableException(
            "No NVIDIA driver on this machine; the device 'cuda' needs one. Install the GPU's driver (in a container, start it with GPU access), "
            + $"or use --device cpu. Tried:{report}");
    }
}

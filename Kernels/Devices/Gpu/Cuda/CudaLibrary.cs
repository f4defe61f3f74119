using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>The driver's library, libcuda.so.1 or nvcuda.dll.</summary>
internal static class CudaLibrary
{
    private static readonly Lock Gate = new();

    /// <summary>Where the library came from; null before <see cref="Load"/>.</summary>
    public static string? Path { get; private set; }

    /// <summary>Loads the library and initialises the driver, once a process.</summary>
    /// <returns>The newest CUDA version that the driver supports, as 1000 major + 10 minor.</returns>
    /// <exception cref="DeviceUnavailableException">No library, or a driver that does not start; the message lists what was tried.</exception>
    public static int Load(LibraryProbe probe)
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
        if (result != CUresult.CUDA_SUCCESS)
            throw new DeviceUnavailableException($"The NVIDIA driver ({Path}) does not start: {CudaException.Describe(result)}");
        CudaException.Check(CudaApi.cuDriverGetVersion(out int version));
        return version;
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

using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>The NVRTC library that this process uses: found once, then fixed.</summary>
internal static unsafe class NvrtcLibrary
{
    /// <summary>The first version that compiles for sm_89 and sm_90.</summary>
    public static readonly Version Oldest = new(11, 8);

    private static readonly Lock Gate = new();

    /// <summary>The file, or the bare name when the system's loader found it; null before <see cref="Load"/>.</summary>
    public static string? Path { get; private set; }

    public static Version Version { get; private set; } = new(0, 0);

    /// <summary>Finds and loads NVRTC, once a process.</summary>
    /// <param name="newestMajor">The driver's CUDA major version, when there is a driver.</param>
    /// <exception cref="DeviceUnavailableException">Nowhere found; the message lists every place tried and the fix.</exception>
    public static void Load(LibraryProbe probe, int? newestMajor)
    {
        lock (Gate)
        {
            if (Path is null)
            {
                (Path, nint handle, Version) = Find(probe, newestMajor);
                NativeLibraries.Provide(Nvrtc.Library, handle);
            }
        }

        if (newestMajor is { } newest && Version.Major > newest)
            throw new DeviceUnavailableException(
                $"NVRTC {Version} ({Path}) makes code for CUDA {Version.Major}, and this driver supports CUDA {newest} at most. "
                + $"Update the driver, or name an NVRTC {newest} library in GENENGINE_NVRTC.");
    }

    private static (string Path, nint Handle, Version Version) Find(LibraryProbe probe, int? newestMajor)
    {
        var report = new ProbeReport();
        foreach (var place in probe.NvrtcPlaces(newestMajor))
        {
            if (place.Files.Count == 0) report.Empty(place);
            foreach (string file in place.Files)
            {
                try
                {
                    if (System.IO.Path.IsPathRooted(file))
                    {
                        foreach (string builtins in probe.BuiltinsBeside(file)) NativeLibrary.Load(builtins);
                    }

                    nint handle = NativeLibrary.Load(file);
                    var version = VersionOf(handle);
                    if (version >= Oldest && (newestMajor is not { } newest || version.Major <= newest)) return (file, handle, version);
                    report.Add(place, $"{System.IO.Path.GetFileName(file)} is version {version}; {Wanted(newestMajor)} is needed");
                }
                catch (Exception e) when (e is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException)
                {
                    report.Add(place, ProbeReport.FirstLine(e));
                }
            }
        }

        throw new DeviceUnavailableException(
            $"NVIDIA's run-time compiler NVRTC ({Wanted(newestMajor)}) was not found; the CUDA kernels are compiled with it. Install the CUDA toolkit, "
            + "or only NVRTC: run tools/get-nvrtc (Debian, Ubuntu), or 'pip install nvidia-cuda-nvrtc-cu12', or name its file or folder in "
            + $"GENENGINE_NVRTC. Tried:{report}");
    }

    private static string Wanted(int? newestMajor) => newestMajor is { } newest ? $"{Oldest} or newer, but not above {newest}.x" : $"{Oldest} or newer";

    private static Version VersionOf(nint handle)
    {
        var nvrtcVersion = (delegate* unmanaged<int*, int*, int>)NativeLibrary.GetExport(handle, "nvrtcVersion");
        int major = 0, minor = 0;
        _ = nvrtcVersion(&major, &minor);
        return new Version(major, minor);
    }
}

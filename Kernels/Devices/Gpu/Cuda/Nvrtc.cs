using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

internal enum nvrtcResult
{
    NVRTC_SUCCESS = 0,
    NVRTC_ERROR_OUT_OF_MEMORY = 1,
    NVRTC_ERROR_PROGRAM_CREATION_FAILURE = 2,
    NVRTC_ERROR_INVALID_INPUT = 3,
    NVRTC_ERROR_INVALID_PROGRAM = 4,
    NVRTC_ERROR_INVALID_OPTION = 5,
    NVRTC_ERROR_COMPILATION = 6,
    NVRTC_ERROR_BUILTIN_OPERATION_FAILURE = 7,
}

/// <summary>
/// NVIDIA's run-time compiler: the functions that 11.8 to 13 share, and one that fingerprints take of the pinned one. It needs neither a GPU nor a driver.
/// <see cref="NvrtcLibrary"/> must have loaded the library first.
/// </summary>
internal static unsafe partial class Nvrtc
{
    public const string Library = "genengine-nvrtc";

    [LibraryImport(Library)] public static partial nvrtcResult nvrtcVersion(out int major, out int minor);
    [LibraryImport(Library)] public static partial byte* nvrtcGetErrorString(nvrtcResult result);
    [LibraryImport(Library)] public static partial nvrtcResult nvrtcGetNumSupportedArchs(out int count);
    [LibraryImport(Library)] public static partial nvrtcResult nvrtcGetSupportedArchs(int* archs);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcCreateProgram(
        out nint program, byte* source, byte* name, int headerCount, byte** headers, byte** includeNames);

    [LibraryImport(Library)] public static partial nvrtcResult nvrtcDestroyProgram(ref nint program);
    [LibraryImport(Library)] public static partial nvrtcResult nvrtcCompileProgram(nint program, int optionCount, byte** options);
    [LibraryImport(Library)] public static partial nvrtcResult nvrtcGetProgramLogSize(nint program, out nuint bytes);
    [LibraryImport(Library)] public static partial nvrtcResult nvrtcGetProgramLog(nint program, byte* log);
    [LibraryImport(Library)] public static partial nvrtcResult nvrtcGetCUBINSize(nint program, out nuint bytes);
    [LibraryImport(Library)] public static partial nvrtcResult nvrtcGetCUBIN(nint program, byte* cubin);
    [LibraryImport(Library)] public static partial nvrtcResult nvrtcGetPTXSize(nint program, out nuint bytes);
    [LibraryImport(Library)] public static partial nvrtcResult nvrtcGetPTX(nint program, byte* ptx);
}

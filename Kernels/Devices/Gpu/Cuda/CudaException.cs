using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>A call into the driver that failed; the message names the call, the driver's words and what to do.</summary>
public sealed class CudaException : EngineException
{
    internal CudaException(CUresult result, string message) : base(message) => Result = result;

    /// <summary>CUDA_ERROR_... as cuda.h numbers it.</summary>
    public int Code => (int)Result;

    /// <summary>The GPU, or the driver, has no memory left for what was asked.</summary>
    public bool IsOutOfMemory => Result == CUresult.CUDA_ERROR_OUT_OF_MEMORY;

    internal CUresult Result { get; }

    /// <summary>Throws unless the call succeeded. The call's own text appears in the message.</summary>
    /// <param name="what">What was being done, for the message; null where the call says it.</param>
    internal static void Check(CUresult result, string? what = null, [CallerArgumentExpression(nameof(result))] string call = "")
    {
        if (result != CUresult.CUDA_SUCCESS) Throw(result, what, call);
    }

    /// <summary>NAME (the driver's description). What to do, where that is known.</summary>
    internal static unsafe string Describe(CUresult result)
    {
        string name = result.ToString(), text = "";
        if (CudaApi.cuGetErrorName(result, out byte* namePointer) == CUresult.CUDA_SUCCESS) name = Marshal.PtrToStringUTF8((nint)namePointer)!;
        if (CudaApi.cuGetErrorString(result, out byte* textPointer) == CUresult.CUDA_SUCCESS) text = $" ({Marshal.PtrToStringUTF8((nint)textPointer)})";
        return $"{name}{text}. {Advice(result)}".TrimEnd();
    }

    /// <summary>True when the error has broken the context: every later call repeats it, and only a new process helps.</summary>
    internal static bool IsSticky(CUresult result) => result is CUresult.CUDA_ERROR_ECC_UNCORRECTABLE
        or CUresult.CUDA_ERROR_ILLEGAL_ADDRESS or CUresult.CUDA_ERROR_LAUNCH_TIMEOUT or CUresult.CUDA_ERROR_ASSERT
        or CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR or CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION or CUresult.CUDA_ERROR_MISALIGNED_ADDRESS
        or CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE or CUresult.CUDA_ERROR_INVALID_PC or CUresult.CUDA_ERROR_LAUNCH_FAILED
        or CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED or CUresult.CUDA_ERROR_DEINITIALIZED;

    private static void Throw(CUresult result, string? what, string call)
    {
        int open = call.IndexOf('(');
        string function = (open < 0 ? call : call[..open]).Replace("CudaApi.", "", StringComparison.Ordinal);
        throw new CudaException(result, $"CUDA: {(what is null ? function : $"{what}: {function}")} failed with {Describe(result)}");
    }

    private static string Advice(CUresult result) => result switch
    {
        CUresult.CUDA_ERROR_NO_DEVICE => "No NVIDIA GPU is visible: check nvidia-smi and CUDA_VISIBLE_DEVICES, or use --device cpu.",
        CUresult.CUDA_ERROR_STUB_LIBRARY => "This is the toolkit's stub library, not a driver; take the stubs folder out of the library path.",
        CUresult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH => "The driver's library and its kernel module are of different versions; restart the machine or the container.",
        CUresult.CUDA_ERROR_SYSTEM_NOT_READY => "The system is not ready for CUDA; on multi-GPU servers start nvidia-fabricmanager.",
        CUresult.CUDA_ERROR_OUT_OF_MEMORY => "Use a smaller batch or model, or end other programs on this GPU.",
        CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE => "Another program holds the GPU exclusively.",
        CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION => "The driver is older than the NVRTC in use: update the driver, or name an older NVRTC in GENENGINE_NVRTC.",
        CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU or CUresult.CUDA_ERROR_INVALID_IMAGE =>
            "The driver cannot load code made for this GPU: update the driver, or clear the engine's cache folder.",
        CUresult.CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE => "Not all blocks can be resident at once: a defect of the launcher, please report it.",
        CUresult.CUDA_ERROR_LAUNCH_TIMEOUT => "The kernel ran into the display's watchdog; use a GPU without a display.",
        _ when IsSticky(result) =>
            "A kernel launched earlier failed on the GPU, and its memory is lost. Run again with GENENGINE_CUDA_SYNC=1 to learn which kernel, "
            + "or with --device simt --check to learn the line.",
        _ => "",
    };
}

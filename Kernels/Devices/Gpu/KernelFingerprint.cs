using System.Security.Cryptography;
using System.Text;
using GenEngine.Kernels.Devices.Gpu.Cuda;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>
/// What evidence of a variant is filed under: a hash of its text, the included files with it, and of its constants and the compiler's options. Comments, empty lines and
/// indentation do not count, so that evidence from a GPU outlives them; all else does, a function that the kernel does not call too. It needs no compiler and is the same on every machine.
/// </summary>
public static class KernelFingerprint
{
    /// <summary>SHA-256 of each variant's text, constants, options and entry.</summary>
    /// <returns>One in hexadecimal a variant, in the order given.</returns>
    /// <exception cref="EngineException">A source file is missing.</exception>
    public static IReadOnlyList<string> Of(IReadOnlyCollection<GpuKernel> kernels)
    {
        var texts = kernels.Select(kernel => kernel.File).Distinct().ToDictionary(file => file, file => KernelSource.Load(file).Bare);
        return [.. kernels.Select(kernel => Hash([kernel.Entry, .. NvrtcCompiler.Options(kernel.DefineList, KernelCompiler.Specific(kernel, CudaArch.Sm(90))), texts[kernel.File]]))];
    }

    private static string Hash(IReadOnlyList<string> parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))));
}

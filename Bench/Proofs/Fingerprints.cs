using System.Text.Json;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;

namespace GenEngine.Bench.Proofs;

/// <summary>Fingerprints of variants: made by NVRTC 12.4, or read from what 'evidence --json' wrote where that was at hand.</summary>
internal static class Fingerprints
{
    /// <exception cref="EngineException">NVRTC is missing or not the pinned one.</exception>
    public static Dictionary<(string File, string Name), string> Make(IReadOnlyCollection<GpuKernel> variants)
    {
        var compiler = new KernelCompiler(NvrtcCompiler.Load(), new CubinCache());
        if (compiler.Nvrtc.Version == KernelCompiler.FingerprintNvrtc) compiler.CompileAll(variants, CudaArch.Sm(90)); // side by side
        return variants.ToDictionary(kernel => (kernel.File, kernel.Name), compiler.Fingerprint);
    }

    /// <exception cref="EngineException">The file cannot be read, or holds something else.</exception>
    public static Dictionary<(string File, string Name), string> Read(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var report = JsonSerializer.Deserialize(stream, ConsoleJson.Default.EvidenceReport) ?? throw new JsonException("it is empty");
            return report.Kernels.Where(line => line.Fingerprint is not null).ToDictionary(line => (line.File, line.Name), line => line.Fingerprint!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            throw new EngineException($"Cannot read fingerprints from '{path}': {exception.Message} 'genengine evidence --json FILE' writes them, where NVRTC {KernelCompiler.FingerprintNvrtc} is.", exception);
        }
    }
}

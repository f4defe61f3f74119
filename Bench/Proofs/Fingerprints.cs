using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;

namespace GenEngine.Bench.Proofs;

/// <summary>Fingerprints of variants: made by NVRTC 12.4, or read from what 'evidence --json' wrote where that was at hand.</summary>
internal static class Fingerprints
{
    /// <param name="compiler">Of NVRTC 12.4.</param>
    /// <exception cref="EngineException">It is of another NVRTC.</exception>
    public static Dictionary<(string File, string Name), string> Make(KernelCompiler compiler, IReadOnlyCollection<GpuKernel> variants)
    {
        var prints = compiler.Fingerprints(variants);
        return variants.Zip(prints).ToDictionary(pair => (pair.First.File, pair.First.Name), pair => pair.Second);
    }

    /// <exception cref="EngineException">The file cannot be read, or holds something else.</exception>
    public static Dictionary<(string File, string Name), string> Read(string path) => Json.Read(
        path, ConsoleJson.Default.EvidenceReport,
        report => report.Kernels.Where(line => line.Fingerprint is not null).ToDictionary(line => (line.File, line.Name), line => line.Fingerprint!),
        "fingerprints from", $"'genengine evidence --json FILE' writes them, where NVRTC {KernelCompiler.FingerprintNvrtc} is.");
}

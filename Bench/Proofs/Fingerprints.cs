using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.Proofs;

/// <summary>Fingerprints of variants, by file and name.</summary>
internal static class Fingerprints
{
    /// <exception cref="Kernels.EngineException">A source file is missing.</exception>
    public static Dictionary<(string File, string Name), string> Of(IReadOnlyCollection<GpuKernel> variants) =>
        variants.Zip(KernelFingerprint.Of(variants)).ToDictionary(pair => (pair.First.File, pair.First.Name), pair => pair.Second);
}

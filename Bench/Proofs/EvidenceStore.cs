using System.Text.Json;
using GenEngine.Kernels;

namespace GenEngine.Bench.Proofs;

/// <summary>The evidence that travels inside this assembly, and files given by name.</summary>
internal static class EvidenceStore
{
    private const string Prefix = "evidence/";

    public static IReadOnlyList<EvidenceFile> Embedded()
    {
        var assembly = typeof(EvidenceStore).Assembly;
        var files = new List<EvidenceFile>();
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            files.Add(JsonSerializer.Deserialize(stream, ConsoleJson.Default.EvidenceFile)!);
        }

        return files;
    }

    /// <exception cref="EngineException">It cannot be read, or is no evidence file.</exception>
    public static EvidenceFile Read(string path) =>
        Json.Read(path, ConsoleJson.Default.EvidenceFile, file => file, "the evidence file", "'genengine evidence collect FILE' writes one.");

    /// <summary>What these files say of one fingerprint.</summary>
    public static EvidenceLine Line(string file, string name, string fingerprint, IReadOnlyList<EvidenceFile> files)
    {
        var proofs = files.Where(proof => proof.Kernels.Any(kernel => kernel.Passed && kernel.Fingerprint == fingerprint)).ToList();
        var gpus = proofs.Where(proof => proof.Device == "cuda").ToList();
        return new EvidenceLine(
            file, name, fingerprint,
            [.. gpus.Select(proof => proof.Machine).Distinct()],
            [.. gpus.Select(proof => proof.Checker).OfType<string>().Distinct()],
            proofs.Any(proof => proof.Device == "simt"),
            proofs.Count > 0 ? null : Missing(file, name, fingerprint, files));
    }

    private static string Missing(string file, string name, string fingerprint, IReadOnlyList<EvidenceFile> files)
    {
        var of = files.Where(proof => proof.Kernels.Any(kernel => kernel.File == file && kernel.Name == name)).ToList();
        if (of.Count == 0) return "no op case and no proof launched it";
        var failed = of.FirstOrDefault(proof => proof.Kernels.Any(kernel => kernel.Fingerprint == fingerprint && !kernel.Passed));
        if (failed is not null) return $"failed on {failed.Machine}, {failed.Date}";
        return $"has changed since {of.Max(proof => proof.Date)}";
    }
}

using System.Text.Json.Serialization;

namespace GenEngine.Bench.Proofs;

/// <summary>A file of Bench/Evidence: what one machine proved of the kernels.</summary>
/// <param name="Machine">The GPU; on simt, the emulator.</param>
/// <param name="Device">cuda or simt.</param>
/// <param name="Checker">The checker that watched the run: memcheck, racecheck or synccheck of compute-sanitizer, "checked build" on simt; null without one.</param>
/// <param name="Date">The day, as 2026-01-31.</param>
/// <param name="Driver">The newest CUDA that the driver supports; null on simt.</param>
/// <param name="Nvrtc">What compiled the kernels; null on simt.</param>
/// <param name="Commit">The commit that was run; null where the build did not know it.</param>
internal sealed record EvidenceFile(
    string Machine, string Device, string? Checker, string Date, string? Driver, string? Nvrtc, string? Commit, IReadOnlyList<KernelEvidence> Kernels)
{
    /// <summary>Work of real size that was timed, beside the peer; not there before 'evidence time'.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TimedRow>? Rows { get; init; }

    /// <summary>The file with these times; kernels and rows that were not timed now keep what they had.</summary>
    public EvidenceFile With(KernelTimes times)
    {
        var longest = times.Longest.ToDictionary(pair => (pair.Key.File, pair.Key.Name), pair => pair.Value);
        return this with
        {
            Kernels = [.. Kernels.Select(kernel => longest.TryGetValue((kernel.File, kernel.Name), out var time) ? kernel with { Time = time } : kernel)],
            Rows = [.. (Rows ?? []).Where(row => !times.Rows.Any(now => (now.Name, now.Precision) == (row.Name, row.Precision))), .. times.Rows],
        };
    }
}

/// <summary>What a run proved of one variant.</summary>
/// <param name="Fingerprint">See <see cref="Kernels.Devices.Gpu.KernelFingerprint"/>.</param>
/// <param name="Cases">Op cases and proofs that launched it, each once a precision and tile.</param>
/// <param name="Failed">Those of them that failed.</param>
/// <param name="WorstUlps">The worst error of a result that it had part in, in units of 2^-24 of the result's scale; null where it ran in backward passes only.</param>
internal sealed record KernelEvidence(string File, string Name, string Fingerprint, int Cases, int Failed, double? WorstUlps)
{
    /// <summary>Its longest launch in work of real size; not there where none was timed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public KernelTime? Time { get; init; }

    /// <summary>Whether something launched it and nothing that did failed.</summary>
    public bool Passed => Cases > 0 && Failed == 0;
}

/// <summary>'evidence --json'.</summary>
internal sealed record EvidenceReport(double Coverage, int Variants, int WithEvidence, IReadOnlyList<EvidenceLine> Kernels);

/// <param name="Machines">GPUs that passed its cases.</param>
/// <param name="Checkers">Checkers of compute-sanitizer that found nothing.</param>
/// <param name="Emulated">Whether the emulator passed its cases.</param>
/// <param name="Missing">Why there is no evidence of any machine; null where there is some.</param>
internal sealed record EvidenceLine(string File, string Name, string Fingerprint, IReadOnlyList<string> Machines, IReadOnlyList<string> Checkers, bool Emulated, string? Missing = null);

using System.CommandLine;
using System.Text.Json;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>evidence: which kernel variants have been proved and measured on a real GPU, by the fingerprint of their machine code.</summary>
internal static class EvidenceCommand
{
    private const string Prefix = "evidence/";

    public static ConsoleCommand Create()
    {
        var json = Options.JsonFile();
        var command = new ConsoleCommand("evidence")
        {
            Examples = [("evidence", "the list"), ("evidence --json evidence.json", "with 'coverage', 0 to 1, for programs")],
        };
        command.Options.Add(json);
        command.OnRun(session => Run(session, session.Get(json)));
        return command;
    }

    private static int Run(Session session, string? json)
    {
        var proved = Load();
        GpuKernel[] variants = [.. KernelCatalog.Variants];
        // without evidence there is nothing to compare a fingerprint with, and no NVRTC is needed
        var compiler = proved.Count > 0 ? new KernelCompiler(NvrtcCompiler.Load(), new CubinCache()) : null;
        compiler?.CompileAll(variants, CudaArch.Sm(90));
        var lines = variants.Select(kernel => Line(kernel, compiler?.Fingerprint(kernel), proved)).ToList();
        int covered = lines.Count(line => line.Machines.Count > 0);
        var report = new EvidenceReport(variants.Length == 0 ? 0 : (double)covered / variants.Length, variants.Length, covered, lines);
        if (json is not null) Json.Write(session, json, ConsoleJson.Default.EvidenceReport, report);
        if (json is not "") Print(session, report);
        return ExitCode.Done;
    }

    private static EvidenceLine Line(GpuKernel kernel, string? fingerprint, Dictionary<string, List<string>> proved) =>
        new(kernel.File, kernel.Name, fingerprint, fingerprint is not null && proved.TryGetValue(fingerprint, out var machines) ? machines : []);

    private static void Print(Session session, EvidenceReport report)
    {
        foreach (var group in report.Kernels.GroupBy(line => line.Machines.Count > 0).OrderByDescending(group => group.Key))
        {
            session.Out.WriteLine(group.Key ? "Proved on a GPU:" : "No evidence from a GPU:");
            foreach (var line in group) session.Out.WriteLine($"  {line.File}  {line.Name}{(group.Key ? "  on " + string.Join(", ", line.Machines) : "")}");
        }

        session.Out.WriteLine(Invariant($"Coverage {report.Coverage:P0}: {report.WithEvidence} of {report.Variants} variants have evidence from a GPU."));
        if (report.WithEvidence == 0) session.Out.WriteLine("No GPU has run these kernels yet; what is proved of them is proved by the emulator ('genengine kernels check').");
    }

    // the evidence files travel inside this assembly: fingerprint -> machines
    private static Dictionary<string, List<string>> Load()
    {
        var proved = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var assembly = typeof(EvidenceCommand).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var file = JsonSerializer.Deserialize(stream, ConsoleJson.Default.EvidenceFile)!;
            foreach (var kernel in file.Kernels.Where(kernel => kernel.Passed))
            {
                if (!proved.TryGetValue(kernel.Fingerprint, out var machines)) proved[kernel.Fingerprint] = machines = [];
                machines.Add(file.Machine);
            }
        }

        return proved;
    }
}

/// <summary>A file of Bench/Evidence: what one machine with a GPU proved and measured.</summary>
/// <param name="Machine">The GPU, driver and date, for people.</param>
internal sealed record EvidenceFile(string Machine, string Driver, IReadOnlyList<KernelEvidence> Kernels);

/// <param name="Fingerprint">SHA-256 of the sm_90 machine code that the pinned NVRTC makes of the variant.</param>
/// <param name="OpCases">Op cases that ran it.</param>
/// <param name="Ms">Time of its benchmark, null without one.</param>
/// <param name="CeilingShare">Share of the machine's ceiling, 0 to 1.</param>
internal sealed record KernelEvidence(string Name, string Fingerprint, int OpCases, bool Passed, double? Ms, double? CeilingShare);

/// <summary>'evidence --json'.</summary>
internal sealed record EvidenceReport(double Coverage, int Variants, int WithEvidence, IReadOnlyList<EvidenceLine> Kernels);

internal sealed record EvidenceLine(string File, string Name, string? Fingerprint, IReadOnlyList<string> Machines);

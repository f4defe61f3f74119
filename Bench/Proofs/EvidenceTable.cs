using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using Spectre.Console;
using static System.FormattableString;

namespace GenEngine.Bench.Proofs;

/// <summary>
/// Kernel files by what is proved of their variants: compiled for each architecture, passed on the emulator, clean under compute-sanitizer, passed on each GPU. A cell counts
/// variants; an architecture's counts those that exist for it.
/// </summary>
internal sealed class EvidenceTable
{
    private readonly string[] _titles;
    private readonly List<string[]> _rows = [];

    /// <param name="byFamily">A row a family instead of a file.</param>
    /// <exception cref="Kernels.EngineException">A variant does not compile.</exception>
    public EvidenceTable(KernelCompiler compiler, IReadOnlyCollection<GpuKernel> variants, IReadOnlyCollection<EvidenceLine> lines, IReadOnlyCollection<CudaArch> archs, bool byFamily)
    {
        var compiled = archs.Select(arch =>
        {
            // what needs an architecture of its own (sm_90a) is compiled for that one
            GpuKernel[] fitting = [.. variants.Where(kernel => KernelCompiler.RunsOn(kernel, arch.Number))];
            compiler.CompileAll(fitting, arch);
            return fitting.ToHashSet();
        }).ToList();
        string[] machines = [.. lines.SelectMany(line => line.Machines).Distinct().Order(StringComparer.Ordinal)];
        string[] checkers = [.. lines.SelectMany(line => line.Checkers).Distinct().Order(StringComparer.Ordinal)];
        _titles = ["kernels", "variants", .. archs.Select(arch => arch.ToString()), "emulated", .. checkers, .. machines.DefaultIfEmpty("on a GPU")];
        foreach (var group in variants.Zip(lines).GroupBy(pair => byFamily ? pair.First.File.Split('/')[0] : pair.First.File).OrderBy(group => group.Key, StringComparer.Ordinal)) Add(group.Key, [.. group]);
        Add("all", [.. variants.Zip(lines)]);

        void Add(string name, (GpuKernel Kernel, EvidenceLine Line)[] pairs)
        {
            int[] counts =
            [
                pairs.Length, .. compiled.Select(set => pairs.Count(pair => set.Contains(pair.Kernel))), pairs.Count(pair => pair.Line.Emulated),
                .. checkers.Select(checker => pairs.Count(pair => pair.Line.Checkers.Contains(checker))),
                .. machines.Select(machine => pairs.Count(pair => pair.Line.Machines.Contains(machine))),
            ];
            _rows.Add([name, .. counts.Select(count => count == 0 ? "-" : Invariant($"{count}")), .. machines.Length == 0 ? (string[])["-"] : []]);
        }
    }

    /// <summary>A timed row for people.</summary>
    public static string Line(TimedRow row)
    {
        string share = row.RoofShare is { } of ? Invariant($", {100 * of:F0} % of the roof") : "", peer = row.Ratio is { } ratio ? Invariant($"; PyTorch {row.PeerMode} {row.PeerMs:G4} ms, {ratio:F2} times") : "";
        return Invariant($"{row.Name,-24} {row.Precision,-8} {row.Ms:G4} ms{share}{peer}");
    }

    public void Print(Session session)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(_titles[0]);
        foreach (string title in _titles[1..]) table.AddColumn(new TableColumn(Markup.Escape(title)).RightAligned());
        foreach (string[] row in _rows) table.AddRow([.. row.Select(Markup.Escape)]);
        session.Console.Write(table);
    }

    public void PrintMarkdown(Session session)
    {
        session.Out.WriteLine($"| {string.Join(" | ", _titles)} |");
        session.Out.WriteLine($"|---|{string.Concat(Enumerable.Repeat("---:|", _titles.Length - 1))}");
        foreach (string[] row in _rows) session.Out.WriteLine($"| {string.Join(" | ", row)} |");
    }
}

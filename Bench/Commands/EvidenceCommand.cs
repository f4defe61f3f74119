using System.CommandLine;
using GenEngine.Bench.Proofs;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>evidence: which kernel variants compile, which the emulator and which a real GPU has proved, by their fingerprint.</summary>
internal static class EvidenceCommand
{
    public static ConsoleCommand Create()
    {
        var json = Options.JsonFile();
        var only = KernelsCommand.Only();
        var archs = KernelsCommand.Arch("LIST", "GPU architectures to compile for, separated by commas.", "sm_90");
        var more = new Option<string[]>("--file") { HelpName = "FILE", Description = "An evidence file beside those of this program, for example one just collected; may be repeated." };
        var markdown = new Option<bool>("--markdown") { Description = "Print the table as Markdown, a row a family of kernels, and nothing else." };
        var missing = new Option<bool>("--missing") { Description = "List the variants that no machine has proved, and why, and nothing else." };
        var command = new ConsoleCommand("evidence")
        {
            Examples =
            [
                ("evidence", "the table: kernels by what is proved of them"),
                ("evidence --arch sm_75,sm_80,sm_86,sm_89,sm_90 --markdown", "as the README shows it"),
                ("evidence --missing", "variants without evidence, and why"),
                ("evidence --json evidence.json", "with 'coverage', 0 to 1, and fingerprints, for programs"),
            ],
        };
        foreach (Option option in (Option[])[only, archs, more, markdown, missing, json]) command.Options.Add(option);
        command.Subcommands.Add(EvidenceCollect.Create());
        command.Subcommands.Add(EvidenceTime.Create());
        command.OnRun(session =>
        {
            var targets = KernelsCommand.Parse(session.Get(archs)!);
            string? text = session.Get(only);
            var variants = KernelsCommand.Select(text);
            if (variants.Count == 0) throw new UsageException($"No kernel variant has '{text}' in its file or name; 'genengine kernels list' shows them.");
            EvidenceFile[] files = [.. EvidenceStore.Embedded(), .. (session.Get(more) ?? []).Select(EvidenceStore.Read)];
            var fingerprints = Fingerprints.Of(variants);
            EvidenceLine[] lines = [.. variants.Select(kernel => EvidenceStore.Line(kernel.File, kernel.Name, fingerprints[(kernel.File, kernel.Name)], files))];
            int covered = lines.Count(line => line.Machines.Count > 0);
            double coverage = (double)covered / variants.Count;
            if (session.Get(json) is { } path) Json.Write(session, path, ConsoleJson.Default.EvidenceReport, new EvidenceReport(coverage, variants.Count, covered, lines));
            if (session.Get(json) is "") return ExitCode.Done;
            if (session.Get(missing))
            {
                foreach (var line in lines.Where(line => line.Missing is not null)) session.Out.WriteLine($"{line.File}  {line.Name}: {line.Missing}");
                session.Out.WriteLine(Invariant($"{lines.Count(line => line.Missing is not null)} of {lines.Length} variants have no evidence."));
                return ExitCode.Done;
            }

            var table = new EvidenceTable(new KernelCompiler(NvrtcCompiler.Load(), new CubinCache()), variants, lines, targets, byFamily: session.Get(markdown));
            if (session.Get(markdown))
            {
                table.PrintMarkdown(session);
                return ExitCode.Done;
            }

            table.Print(session);
            foreach (var file in files) session.Out.WriteLine($"{file.Date}  {file.Machine}{(file.Nvrtc is null ? "" : $", NVRTC {file.Nvrtc}")}{(file.Checker is null ? "" : $", {file.Checker}")}: {file.Kernels.Count(kernel => kernel.Passed)} variants passed, commit {file.Commit?[..Math.Min(file.Commit.Length, 10)] ?? "unknown"}");
            foreach (var file in files.Where(file => file.Rows is not null))
            {
                session.Out.WriteLine($"{file.Machine}, beside PyTorch at the same precision:");
                foreach (var row in file.Rows!) session.Out.WriteLine("  " + EvidenceTable.Line(row));
            }

            session.Out.WriteLine(Invariant($"Coverage {coverage:P0}: {covered} of {variants.Count} variants have evidence from a GPU, {lines.Count(line => line.Emulated)} from the emulator."));
            if (covered == 0) session.Out.WriteLine("No GPU has run these kernels yet; what is proved of them is proved by the emulator ('genengine kernels check').");
            return ExitCode.Done;
        });
        return command;
    }
}

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using GenEngine.Bench.Proofs;
using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>evidence collect: every op case and proof on a device that runs the CUDA sources, and what that proves of each variant, as a file for Bench/Evidence.</summary>
internal static class EvidenceCollect
{
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(10);

    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("collect", "Run the op cases, with every tile and precision, and the proofs of what no op case launches on the GPU (or the emulator) against the reference and the CPU's bits, and write what passed as an evidence file. It is written as it grows, so a stopped run leaves what it proved.")
        {
            Examples =
            [
                ("evidence collect h200.json --device cuda", "on the machine with the GPU"),
                ("evidence collect emulator.json --device simt --check", "what the emulator's checked build proves"),
            ],
        };
        var file = new Argument<string>("file") { Description = "The JSON file to write." };
        var only = new Option<string?>("--only") { HelpName = "TEXT", Description = "Only op cases and proofs whose name contains the text." };
        only.Validators.Add(RefuseUnknown);
        var checker = Options.Choice("--checker", "The tool of compute-sanitizer that this runs under; it is written down, and the file is worth something only when the tool found nothing.", "memcheck", "racecheck", "synccheck");
        var seconds = Options.Number("--seconds", "End after about this time with what was proved by then; 0 runs them all.", 0.0, 0.0);
        command.Arguments.Add(file);
        foreach (Option option in (Option[])[only, checker, seconds]) command.Options.Add(option);
        var device = new DeviceOptions(command, DeviceKind.Cuda);
        command.OnRun(session =>
        {
            using var opened = device.Open(session);
            if (opened is not GpuDevice gpu) throw new UsageException("Evidence is of the CUDA kernels: --device cuda, or simt, which emulates them.");
            if (gpu.Precision != Precision.Float32) throw new UsageException("collect runs products in every precision; leave --precision away.");
            string? watched = session.Get(checker);
            if (watched is not null && gpu.Kind != DeviceKind.Cuda) throw new UsageException("--checker belongs to --device cuda: compute-sanitizer sees no emulator.");
            string? text = session.Get(only);
            OpCase[] cases = [.. text is null ? OpCases.All : OpCases.Matching(text)];
            KernelProof[] proofs = [.. KernelProofs.All.Where(proof => text is null || proof.Name.Contains(text, StringComparison.OrdinalIgnoreCase))];
            return Run(session, gpu, cases, proofs, Fingerprints.Of([.. KernelCatalog.Variants]), About(gpu, watched ?? (gpu.Kind == DeviceKind.Simt && device.Checks(session) ? "checked build" : null)), session.Get(file)!, session.Get(seconds));
        });
        return command;
    }

    /// <summary>A validator: some op case or proof must have the text in its name.</summary>
    private static void RefuseUnknown(SymbolResult result)
    {
        if (result.Tokens.Count == 0 || !KernelProofs.All.Any(proof => proof.Name.Contains(result.Tokens[0].Value, StringComparison.OrdinalIgnoreCase))) KernelsCheck.RefuseUnknownOp(result);
    }

    /// <summary>All variants side by side: nearly all will run, and one after another they would take minutes.</summary>
    private static void Compile(GpuDevice device)
    {
        try
        {
            device.Prefetch([.. KernelCatalog.Variants.Where(kernel => KernelCompiler.RunsOn(kernel, device.Driver.Arch))]);
        }
        catch (EngineException)
        {
            // the cases that launch it will say so
        }
    }

    /// <summary>What evidence files call a device.</summary>
    internal static string MachineOf(GpuDevice device) => device.Driver is CudaDriver cuda ? cuda.Device.ToString() : "the emulator";

    private static EvidenceFile About(GpuDevice device, string? checker)
    {
        var cuda = device.Driver as CudaDriver;
        return new EvidenceFile(
            MachineOf(device), device.Kind.Name(), checker, DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            cuda is null ? null : CudaDriver.Probe().CudaVersion?.ToString(), cuda?.Compiler.Nvrtc.Version.ToString(), EngineVersion.Commit, []);
    }

    private static int Run(Session session, GpuDevice device, OpCase[] cases, KernelProof[] proofs, Dictionary<(string File, string Name), string> fingerprints, EvidenceFile about, string path, double seconds)
    {
        var record = new KernelRecord();
        using var cpu = DeviceFactory.Open(DeviceKind.Cpu);
        device.Probe = record;
        int done = 0, failed = 0;
        var clock = Stopwatch.StartNew();
        var written = TimeSpan.Zero;
        bool Over() => seconds > 0 && clock.Elapsed.TotalSeconds > seconds;
        if (cases.Length == OpCases.All.Count) Compile(device);
        var prover = new Prover(device, cpu, record);
        var all = cases.Select(test => (test.Name, Prove: (Func<string?>)(() => prover.Prove(test)))).Concat(proofs.Select(proof => (proof.Name, Prove: (Func<string?>)(() => prover.Prove(proof))))).ToList();
        foreach (var (name, prove) in all)
        {
            if (session.Stop.IsCancellationRequested || Over()) break;
            string? wrong = prove();
            done++;
            if (wrong is not null) failed++;
            if (wrong is not null || session.Verbose) session.Out.WriteLine($"{(wrong is null ? "ok   " : "WRONG")} {name}{(wrong is null ? "" : ": " + wrong)}");
            if (clock.Elapsed - written < s_between) continue;
            Write();
            written = clock.Elapsed;
        }

        Write();
        int variants = KernelCatalog.Variants.Count();
        session.Out.WriteLine(Invariant($"{path}: {done} of {all.Count} op cases and proofs on {about.Machine}, {failed} failed; {record.Count} of {variants} variants ran."));
        return failed > 0 || (done < all.Count && !Over()) ? ExitCode.Failed : ExitCode.Done;

        void Write() => OutputPath.WriteFile(path, System.Text.Json.JsonSerializer.Serialize(about with { Kernels = record.Lines(fingerprints) }, ConsoleJson.Default.EvidenceFile) + "\n");
    }
}

using System.CommandLine;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using Spectre.Console;
using static System.FormattableString;

namespace GenEngine.Bench.Commands;

/// <summary>kernels list, compile, show, check, run: the hand-written CUDA kernels and what is proved of them here.</summary>
internal static class KernelsCommand
{
    public static ConsoleCommand Create()
    {
        var command = new ConsoleCommand("kernels")
        {
            Examples =
            [
                ("kernels list", "every variant"),
                ("kernels compile --arch sm_80,sm_90a", "registers, shared memory and spills; needs NVRTC, no GPU"),
                ("kernels show matmul.cu", "the source with what it includes, the PTX, or its launches"),
                ("kernels check", "every kernel's op cases under the checker; needs a C++ compiler, no GPU"),
                ("kernels run docs/my_leaky_relu.cu --like LeakyRelu", "a kernel of your own in place of the engine's"),
            ],
        };
        command.Subcommands.Add(List());
        command.Subcommands.Add(Compile());
        foreach (var sub in (ConsoleCommand[])[KernelsShow.Create(), KernelsCheck.Create(), KernelsRun.Create()]) command.Subcommands.Add(sub);
        return command;
    }

    /// <summary>--arch: architectures that parse.</summary>
    internal static Option<string> Arch(string helpName, string description, string standard)
    {
        var archs = Options.Text("--arch", helpName, description, standard);
        archs.Validators.Add(result =>
        {
            try
            {
                if (result.Tokens.Count > 0) Parse(result.Tokens[0].Value);
            }
            catch (EngineException exception)
            {
                result.AddError(exception.Message);
            }
        });
        return archs;
    }

    /// <summary>--only: some of the variants, see <see cref="Select"/>.</summary>
    internal static Option<string?> Only() => new("--only") { HelpName = "TEXT", Description = "Only variants whose file or name contains the text." };

    /// <summary>The variants whose file or name contains the text; all of them for null.</summary>
    internal static List<GpuKernel> Select(string? text) =>
        [.. KernelCatalog.Variants.Where(kernel => text is null || $"{kernel.File} {kernel.Name}".Contains(text, StringComparison.OrdinalIgnoreCase))];

    private static ConsoleCommand List()
    {
        var only = Only();
        var json = Options.Json();
        var command = new ConsoleCommand("list", "List every kernel variant that the engine may launch.") { Examples = [("kernels list --only matmul", "")] };
        command.Options.Add(only);
        command.Options.Add(json);
        command.OnRun(session =>
        {
            var kernels = Select(session.Get(only));
            if (session.Get(json))
            {
                Json.Write(session.Out, ConsoleJson.Default.ListKernelLine, [.. kernels.Select(kernel => new KernelLine(kernel.File, kernel.Name, kernel.MinArch, kernel.FollowsSummationLaw))]);
                return ExitCode.Done;
            }

            foreach (var file in kernels.GroupBy(kernel => kernel.File))
            {
                session.Out.WriteLine(file.Key);
                foreach (var kernel in file) session.Out.WriteLine($"  {kernel.Name}{(kernel.MinArch > 75 ? Invariant($"  (sm_{kernel.MinArch} and later)") : "")}");
            }

            session.Out.WriteLine($"{kernels.Count} variants of {kernels.Select(kernel => (kernel.File, kernel.Entry)).Distinct().Count()} kernels.");
            return ExitCode.Done;
        });
        return command;
    }

    private static ConsoleCommand Compile()
    {
        var archs = Arch("LIST", "GPU architectures, separated by commas: sm_80, sm_90a, compute_90.", "sm_75,sm_80,sm_86,sm_89,sm_90");
        var only = Only();
        var json = Options.Json();
        var command = new ConsoleCommand("compile", "Compile every variant with NVRTC and show registers, shared memory, how many blocks share a multiprocessor, and spills. A spill that nothing explains fails.")
        {
            Examples = [("kernels compile --arch sm_80,sm_90a", "for two GPUs"), ("kernels compile --only matmul --json", "some, for programs")],
        };
        foreach (Option option in (Option[])[archs, only, json]) command.Options.Add(option);
        command.OnRun(session => Compile(session, Parse(session.Get(archs)!), Select(session.Get(only)), session.Get(json)));
        return command;
    }

    /// <summary>The architectures of <see cref="Arch"/>.</summary>
    internal static CudaArch[] Parse(string list) => [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(CudaArch.Parse)];

    private static int Compile(Session session, CudaArch[] archs, List<GpuKernel> kernels, bool json)
    {
        var compiler = new KernelCompiler(NvrtcCompiler.Load(), new CubinCache());
        var lines = new List<CompiledLine>();
        foreach (var arch in archs)
        {
            session.Stop.ThrowIfCancellationRequested();
            var fitting = kernels.Where(kernel => kernel.MinArch <= arch.Number).ToList();
            foreach (var (kernel, code) in fitting.Zip(compiler.CompileAll(fitting, arch)))
                lines.Add(new CompiledLine(kernel.File, kernel.Name, arch.ToString(), code.Registers, code.SharedBytes, code.SpillBytes, code.SpillBytes > 0 ? kernel.SpillReason : null)
                {
                    DynamicSharedBytes = kernel.DynamicSharedBytes,
                    Threads = code.Threads,
                    BlocksPerMultiprocessor = Occupancy.Of(arch.Number)?.BlocksOf(code.Threads, code.Registers, code.SharedBytes + kernel.DynamicSharedBytes),
                });
        }

        int unexplained = lines.Count(line => line.SpillBytes > 0 && line.SpillReason is null);
        if (json) Json.Write(session.Out, ConsoleJson.Default.ListCompiledLine, lines);
        else Print(session, lines);
        session.Error.WriteLine(Invariant($"NVRTC {compiler.Nvrtc.Version}: {lines.Count} variants ({compiler.CompiledCount} programs compiled, the rest from the cache), {lines.Count(line => line.SpillBytes > 0)} spill, {unexplained} unexplained."));
        return unexplained > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    private static void Print(Session session, List<CompiledLine> lines)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("variant", "arch");
        foreach (string title in (string[])["registers", "threads", "shared bytes", "blocks/SM", "spilled bytes"]) table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var line in lines)
            table.AddRow(Markup.Escape(line.Name), line.Arch, Invariant($"{line.Registers}"), Invariant($"{line.Threads}"), Invariant($"{line.SharedBytes + line.DynamicSharedBytes}"), Invariant($"{line.BlocksPerMultiprocessor}"), Markup.Escape(Invariant($"{line.SpillBytes} {line.SpillReason}").Trim()));
        session.Console.Write(table);
    }
}

/// <summary>A line of 'kernels list --json'.</summary>
internal sealed record KernelLine(string File, string Name, int MinArch, bool FollowsSummationLaw);

/// <summary>A line of 'kernels compile --json'.</summary>
/// <param name="SharedBytes">Static shared memory a block.</param>
internal sealed record CompiledLine(string File, string Name, string Arch, int Registers, int SharedBytes, int SpillBytes, string? SpillReason)
{
    public int DynamicSharedBytes { get; init; }

    /// <summary>Threads a block.</summary>
    public int Threads { get; init; }

    /// <summary>Blocks that a multiprocessor holds at once, by arithmetic; null for an architecture whose limits are not known.</summary>
    public int? BlocksPerMultiprocessor { get; init; }
}

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using GenEngine.Kernels;
using GenEngine.Text;

namespace GenEngine.Bench.Commands;

/// <summary>bench: starts the micro-benchmarks, an executable of its own (Bench/Micro).</summary>
internal static class BenchCommand
{
    private const string Project = "Bench/Micro";

    public static ConsoleCommand Create()
    {
        var smoke = new Option<bool>("--smoke") { Description = "Run every benchmark once, to show that it works." };
        var filter = new Option<string?>("--filter") { HelpName = "GLOB", Description = "Benchmarks by name, for example '*MatMul*'." };
        var list = new Option<bool>("--list") { Description = "List the benchmarks." };
        var extra = new Argument<string[]>("arguments") { Arity = ArgumentArity.ZeroOrMore, Description = "After --, further options of BenchmarkDotNet." };
        var command = new ConsoleCommand("bench")
        {
            Examples =
            [
                ("bench --list", "the micro-benchmarks that there are"),
                ("bench --filter '*MatMul*'", "matrix products only"),
                ("bench --smoke", "each once"),
                ("bench -- --job long", "pass options on"),
                ("bench gemm --m 128 --n 784 --k 400", "one matrix product"),
                ("bench conv --shape 64x32x32x64 --filters 128 --kernel 3 --pad 1 --pass all", "one convolution"),
                ("bench step step-dcgan", "a training step"),
                ("bench floor step-dcgan --precision bf16", "the least that it can take on a GPU"),
                ("bench sampling", "drawing pixel by pixel, the slow way and the fast one"),
            ],
        };
        foreach (Option option in (Option[])[smoke, filter, list]) command.Options.Add(option);
        command.Arguments.Add(extra);
        foreach (var sub in (Command[])[BenchGemm.Create(), BenchConv.Create(), BenchStep.Create(), BenchFloor.Create(), BenchSampling.Create(), BenchLadder.Create()]) command.Subcommands.Add(sub);
        command.OnRun(session =>
        {
            // a misspelt sub-command looks like an argument to the parser
            if (session.Get(extra) is [var word, ..] && session.Parse.Tokens.All(token => token.Type != TokenType.DoubleDash))
                throw new UsageException(NearestName.Unknown("benchmark", word, command.Subcommands.Select(sub => sub.Name)) + " Options of BenchmarkDotNet follow after --.");
            List<string> arguments = ["--filter", session.Get(filter) ?? "*"];
            if (session.Get(smoke)) arguments.Add("--smoke");
            if (session.Get(list)) arguments.AddRange(["--list", "flat"]);
            return Start(session, [.. arguments, .. session.Get(extra) ?? []]);
        });
        return command;
    }

    private static int Start(Session session, IEnumerable<string> arguments)
    {
        string program = Find();
        session.Error.WriteLine($"Starting {program}");
        _ = session.Stop; // Ctrl-C goes to the benchmarks; this process waits for them to end
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        return process.ExitCode == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static string Find()
    {
        string name = OperatingSystem.IsWindows() ? "genengine-micro.exe" : "genengine-micro";
        string beside = Path.Combine(AppContext.BaseDirectory, "micro", name);
        if (File.Exists(beside)) return beside;
        string? built = Repository.Find() is { } root ? Path.Combine(root, Project, "bin", "Release", "net10.0", name) : null;
        if (built is not null && File.Exists(built)) return built;
        throw new EngineException(built is null
            ? $"The benchmarks do not travel with the published console. In a checkout: dotnet run -c Release --project {Project}"
            : $"The benchmarks are not built ({built} is missing). Build them first: dotnet build {Project} -c Release");
    }
}

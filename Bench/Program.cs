using System.CommandLine;
using System.CommandLine.Invocation;
using GenEngine.Bench.Commands;
using GenEngine.Bench.Completion;
using GenEngine.Kernels;

namespace GenEngine.Bench;

/// <summary>The console: parses, runs one command, and turns what went wrong into a sentence and an exit code.</summary>
public static class Program
{
    private static int Main(string[] args)
    {
        EarlyWarmUp.Start(args);
        return Run(args, Console.Out, Console.Error);
    }

    /// <summary>Runs one command line in this process.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <param name="stdout">Results.</param>
    /// <param name="stderr">Errors and notices.</param>
    /// <param name="stop">Asks the command to stop as Ctrl-C does. When it cannot be cancelled, Ctrl-C itself is listened to.</param>
    /// <returns>See <see cref="ExitCode"/>.</returns>
    public static int Run(string[] args, TextWriter stdout, TextWriter stderr, CancellationToken stop = default) => args is [SuggestEntry.Name, ..]
        ? SuggestEntry.Run(args, stdout)
        : Run(CommandList.For(args), args, stdout, stderr, stop);

    /// <summary>As the public one, over commands of the caller's.</summary>
    internal static int Run(IEnumerable<Command> commands, string[] args, TextWriter stdout, TextWriter stderr, CancellationToken stop = default)
    {
        var parse = Parse(CreateRoot(commands), args);
        bool verbose = args.Contains(Options.VerboseName);
        if (parse.Action is ParseErrorAction)
        {
            stderr.WriteLine(UsageErrors.Describe(parse));
            return ExitCode.Usage;
        }

        var invocation = new Invocation(stop) { Output = stdout, Error = stderr, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            int code = parse.Invoke(invocation);
            return invocation.StopRequested ? ExitCode.Stopped : code;
        }
        catch (OperationCanceledException) when (invocation.StopRequested)
        {
            return ExitCode.Stopped;
        }
        catch (Exception exception)
        {
            return Report(exception, stderr, verbose);
        }
        finally
        {
            invocation.Dispose();
        }
    }

    /// <summary>A command line with what is wrong with it; runs nothing.</summary>
    internal static ParseResult Parse(RootCommand root, string[] args) => root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

    internal static RootCommand CreateRoot(IEnumerable<Command> commands)
    {
        var root = new RootCommand(
            "GenEngine trains, samples and compares generative models on hand-written kernels: on an NVIDIA GPU (cuda), on the CPU (cpu), "
            + "or with the CUDA sources run on the CPU under a checker (simt).");
        root.Options.Add(Options.Verbose());
        foreach (var command in commands) root.Subcommands.Add(command);
        ConsoleHelp.Install(root);
        root.SetAction(parse => root.Parse(["--help"]).Invoke(parse.InvocationConfiguration));
        return root;
    }

    private static int Report(Exception exception, TextWriter stderr, bool verbose)
    {
        int code = exception switch
        {
            UsageException or DeviceUnavailableException => ExitCode.Usage,
            EngineException or IOException or UnauthorizedAccessException => ExitCode.Failed,
            _ => ExitCode.Internal,
        };
        stderr.WriteLine(code == ExitCode.Internal ? $"internal error: {exception.GetType().Name}: {exception.Message}" : $"error: {exception.Message}");
        if (verbose) stderr.WriteLine(exception);
        else if (code == ExitCode.Internal) stderr.WriteLine($"This is a defect of GenEngine; {Options.VerboseName} prints where it happened.");
        return code;
    }
}

using System.CommandLine;
using GenEngine.Bench;

namespace GenEngine.Tests.Bench;

/// <summary>One command line run in this process, and what it said.</summary>
internal sealed record ConsoleRun(int Code, string Out, string Error)
{
    public static ConsoleRun Of(params string[] args) => Of(CancellationToken.None, args);

    public static ConsoleRun Of(CancellationToken stop, params string[] args)
    {
        using StringWriter stdout = new(), stderr = new();
        int code = Program.Run(args, stdout, stderr, stop);
        return new ConsoleRun(code, stdout.ToString(), stderr.ToString());
    }

    /// <summary>Runs a command of the test's own.</summary>
    public static ConsoleRun Of(Command command, string line, CancellationToken stop = default)
    {
        using StringWriter stdout = new(), stderr = new();
        int code = Program.Run([command], line.Split(' ', StringSplitOptions.RemoveEmptyEntries), stdout, stderr, stop);
        return new ConsoleRun(code, stdout.ToString(), stderr.ToString());
    }
}

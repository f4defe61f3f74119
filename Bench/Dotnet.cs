using System.ComponentModel;
using System.Diagnostics;
using GenEngine.Kernels;

namespace GenEngine.Bench;

/// <summary>Calls the .NET SDK, for what is built on demand.</summary>
internal static class Dotnet
{
    /// <summary>Runs one dotnet command to its end, its output kept for the error.</summary>
    /// <param name="purpose">What it is for, for the error: "building the peer".</param>
    /// <exception cref="EngineException">No SDK, or the command failed: its last lines.</exception>
    public static void Run(string purpose, CancellationToken stop, params string[] arguments)
    {
        var start = new ProcessStartInfo(Host()) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        // a node that outlives the command would keep its folders open
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync(stop);
            string text = process.StandardOutput.ReadToEndAsync(stop).GetAwaiter().GetResult() + errors.GetAwaiter().GetResult();
            process.WaitForExit();
            if (process.ExitCode != 0) throw new EngineException($"{purpose} failed: dotnet {string.Join(' ', arguments)} returned {process.ExitCode}.\n{Tail(text)}");
        }
        catch (Win32Exception exception)
        {
            throw new EngineException($"{purpose} needs the .NET SDK 10, and 'dotnet' is not on the PATH.", exception);
        }
    }

    private static string Host() => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } path ? path : "dotnet";

    private static string Tail(string text) => string.Join('\n', text.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(12));
}

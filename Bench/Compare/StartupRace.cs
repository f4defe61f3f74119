using System.Diagnostics;
using GenEngine.Kernels;

namespace GenEngine.Bench.Compare;

/// <summary>Process start to the first finished training step, as the one who waits sees it.</summary>
internal static class StartupRace
{
    /// <summary>What a probe prints when its first step is done.</summary>
    public const string Done = "done";

    /// <summary>Milliseconds from asking for the process to its line <see cref="Done"/>.</summary>
    /// <exception cref="EngineException">The process ended without it.</exception>
    public static double Measure(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        long before = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        string? line = process.StandardOutput.ReadLine();
        double elapsed = Stopwatch.GetElapsedTime(before).TotalMilliseconds;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return line == Done ? elapsed : throw new EngineException($"{start.FileName} {string.Join(' ', start.ArgumentList)} ended with {process.ExitCode} before its first step.");
    }
}

using System.Diagnostics;
using GenEngine.Bench;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>The console in a process of its own: to be killed, or to live under limits.</summary>
internal static class ConsoleProcess
{
    /// <summary>The program beside the tests; ignores the running test where there is none.</summary>
    public static string Program
    {
        get
        {
            string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "genengine.exe" : "genengine");
            if (!File.Exists(program)) Assert.Ignore($"there is no {program} to be started");
            return program;
        }
    }

    public static Process Start(string program, IEnumerable<string> words, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in words) start.ArgumentList.Add(word);
        foreach (var (name, value) in variables) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Waits until a process ends; kills it when it lives longer.</summary>
    /// <returns>What the process said, and its exit code; null when it was killed.</returns>
    public static (int? Code, string Out, string Error) Finish(Process process, TimeSpan life)
    {
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        bool ended = process.WaitForExit(life);
        if (!ended) process.Kill();
        process.WaitForExit();
        return (ended ? process.ExitCode : null, output.Result, error.Result);
    }

    /// <summary>Runs a script of bash, which Linux has; ignores the running test elsewhere.</summary>
    public static (int? Code, string Out, string Error) Bash(string script, params string[] arguments)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("limits of file size and mounts are set by Linux's own tools");
        using var process = Start("/bin/bash", ["-c", script, "bash", .. arguments], ("DOTNET_EnableWriteXorExecute", "0")); // else the runtime maps a large file of its own
        return Finish(process, TimeSpan.FromMinutes(5));
    }
}

using System.Diagnostics;
using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Runtime.Loader;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>
/// The engine binds to one libcuda and one NVRTC a process. Tests of how it finds them run in a second copy of the engine and of this
/// assembly, in a load context of their own, or in a process of their own.
/// </summary>
internal sealed class EngineCopy
{
    private readonly Context _context = new();

    /// <summary>Runs a public static method of a class of this assembly in the copy, with these environment variables.</summary>
    public void Run(Type type, string method, params (string Name, string? Value)[] variables)
    {
        var before = variables.Select(variable => (variable.Name, Environment.GetEnvironmentVariable(variable.Name))).ToArray();
        Set(variables);
        try
        {
            var twin = _context.LoadFromAssemblyPath(type.Assembly.Location).GetType(type.FullName!)!;
            twin.GetMethod(method)!.Invoke(null, null);
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            ExceptionDispatchInfo.Capture(e.InnerException).Throw();
        }
        finally
        {
            Set(before);
        }
    }

    /// <summary>Starts tests of this suite in a process of their own.</summary>
    /// <param name="filter">Part of the tests' full name.</param>
    public static Process Start(string filter, params (string Name, string? Value)[] variables)
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Tests.exe" : "Tests");
        var start = new ProcessStartInfo(program, ["--filter", $"FullyQualifiedName~{filter}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("LD_LIBRARY_PATH");
        foreach (var (name, value) in variables) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Waits for such a process.</summary>
    /// <returns>Its exit code and what it printed.</returns>
    public static (int Code, string Output) Finish(Process process)
    {
        using (process)
        {
            var errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.Result);
        }
    }

    private static void Set(IEnumerable<(string Name, string? Value)> variables)
    {
        foreach (var (name, value) in variables) Environment.SetEnvironmentVariable(name, value);
    }

    private sealed class Context() : AssemblyLoadContext("a copy of the engine")
    {
        protected override Assembly? Load(AssemblyName name) =>
            name.Name is "GenEngine.Kernels" or "GenEngine.Engine" ? LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, name.Name + ".dll")) : null;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>A C++ compiler of this machine, and how it is called.</summary>
/// <param name="Path">Full path of the executable.</param>
/// <param name="Identity">What distinguishes its code from another's: path, version and target; part of every cache key.</param>
public sealed partial record HostCompiler(string Path, string Identity)
{
    private const int TimeoutMilliseconds = 120_000;

    /// <summary>Options of every unit. Half of the speed is the FMA instruction, so x64 asks for x86-64-v3; ARM always has it.</summary>
    public static IReadOnlyList<string> CommonOptions { get; } =
    [
        "-std=c++17", "-fPIC", "-shared", "-fno-exceptions", "-fno-rtti", "-ffp-contract=off", "-fno-math-errno", "-fno-stack-protector",
        "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Wno-unused-function", "-Wno-unused-parameter", "-Werror=return-type",
        .. RuntimeInformation.ProcessArchitecture == Architecture.X64 ? new[] { "-march=x86-64-v3" } : [],
    ];

    /// <summary>True for Clang, false for GCC; some options differ. Told by <see cref="Identity"/>.</summary>
    public bool IsClang => Identity.Contains("clang", StringComparison.OrdinalIgnoreCase);

    /// <summary>Compiles one unit, given as text, into a shared library.</summary>
    /// <param name="what">Named in the error message.</param>
    /// <exception cref="EngineException">The compiler refused the unit; carries its first lines of complaint.</exception>
    public void Compile(string what, string text, IEnumerable<string> options, string output)
    {
        string[] arguments = [.. options, "-x", "c++", "-", "-o", output];
        // the text comes first and the libraries last, so the libraries are split off here
        string[] libraries = [.. arguments.Where(IsLibrary)];
        var (code, _, complaint) = Run(Path, [.. arguments.Where(a => !IsLibrary(a)), "-x", "none", .. libraries], text);
        if (code == 0) return;
        var message = new StringBuilder();
        message.Append(CultureInfo.InvariantCulture, $"{Path} refused {what} (exit code {code}):\n");
        foreach (string line in complaint.Split('\n').Where(line => line.Length > 0).Take(12)) message.Append(line).Append('\n');
        new SourceExcerpt("<stdin>", text).Append(message, Place(), complaint);
        throw new EngineException(message.ToString().TrimEnd());
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="EngineException">It could not be started, or did not end in two minutes.</exception>
    internal static (int Code, string Output, string Error) Run(string program, IReadOnlyList<string> arguments, string? input = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start) ?? throw new EngineException($"{program} could not be started.");
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            if (input is not null) process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it ended before it read everything; its exit code tells why
        }

        if (!process.WaitForExit(TimeoutMilliseconds))
        {
            process.Kill(entireProcessTree: true);
            throw new EngineException($"{program} did not end within {TimeoutMilliseconds / 1000} seconds.");
        }

        process.WaitForExit();
        return (process.ExitCode, output.Result, error.Result);
    }

    [GeneratedRegex(@"^(?<file>[^:\n]+):(?<line>[0-9]+):([0-9]+:)? (fatal )?error", RegexOptions.Multiline)]
    private static partial Regex Place();

    private static bool IsLibrary(string argument) => argument.EndsWith(".so", StringComparison.Ordinal) || argument.EndsWith(".dylib", StringComparison.Ordinal);
}

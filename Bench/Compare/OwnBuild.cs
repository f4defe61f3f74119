using System.Runtime.InteropServices;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Bench.Compare;

/// <summary>The console as users get it: published, with code compiled ahead. What 'dotnet run' starts is not that.</summary>
internal static class OwnBuild
{
    /// <summary>The program to start for start-up times: published into the user's cache when this one runs from the repository, else this one.</summary>
    public static string Published(TextWriter notices, CancellationToken stop)
    {
        string self = Environment.ProcessPath ?? "genengine";
        if (Repository.Find() is not { } root) return self;
        string folder = Path.Combine(UserCache.Folder("peers"), "genengine");
        notices.WriteLine($"Publishing this console for startup-vae into {folder}");
        Dotnet.Run("Publishing the console", stop, "publish", Path.Combine(root, "Bench"), "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier, "--self-contained", "false", "-o", folder, "--nologo", "-v", "q");
        return Path.Combine(folder, OperatingSystem.IsWindows() ? "genengine.exe" : "genengine");
    }
}

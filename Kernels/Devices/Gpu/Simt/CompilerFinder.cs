using System.ComponentModel;

namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>Finds g++ or clang++: an explicit path, GENENGINE_CXX, the PATH, then the usual places of the platform.</summary>
public static class CompilerFinder
{
    private static readonly Dictionary<string, HostCompiler> s_known = [];

    /// <summary>The compiler to use.</summary>
    /// <param name="chosen">A path or a name on the PATH; null takes GENENGINE_CXX or searches.</param>
    /// <exception cref="DeviceUnavailableException">None works; lists what was tried and how to install one.</exception>
    public static HostCompiler Find(string? chosen = null)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new DeviceUnavailableException(
                "The simt device does not run on Windows yet (its lanes need a stack switch that only Linux and macOS have). Use --device cpu, or run inside WSL.");
        }

        string? named = string.IsNullOrEmpty(chosen) ? Environment.GetEnvironmentVariable("GENENGINE_CXX") : chosen;
        var candidates = string.IsNullOrEmpty(named) ? Usual() : Resolve(named);
        var tried = new List<string>();
        foreach (string path in candidates.Distinct())
        {
            if (!File.Exists(path)) continue;
            lock (s_known)
            {
                if (s_known.TryGetValue(path, out var known)) return known;
            }

            string? identity = Identify(path, out string problem);
            if (identity is null)
            {
                tried.Add($"{path} ({problem})");
                continue;
            }

            lock (s_known) return s_known[path] = new HostCompiler(path, identity);
        }

        string seen = tried.Count > 0 ? " Tried: " + string.Join("; ", tried) + "." : "";
        string missing = string.IsNullOrEmpty(named) ? "No C++ compiler was found (looked for g++ and clang++ on the PATH and in the usual places)." : $"The C++ compiler '{named}' does not work.";
        throw new DeviceUnavailableException($"{missing}{seen} The simt device needs one: {InstallCommand()}, or set GENENGINE_CXX to its path.");
    }

    internal static string InstallCommand() =>
        OperatingSystem.IsMacOS() ? "run 'xcode-select --install'"
        : File.Exists("/etc/debian_version") ? "run 'sudo apt-get install g++'"
        : File.Exists("/etc/fedora-release") || File.Exists("/etc/redhat-release") ? "run 'sudo dnf install gcc-c++'"
        : File.Exists("/etc/alpine-release") ? "run 'apk add g++'"
        : File.Exists("/etc/arch-release") ? "run 'sudo pacman -S gcc'"
        : "install g++ or clang++ with the system's package manager";

    private static IEnumerable<string> Usual()
    {
        // versions in descending order, after the plain names
        string[] names = ["g++", "clang++", "c++", .. Enumerable.Range(9, 12).Reverse().SelectMany(v => new[] { $"g++-{v}", $"clang++-{v}" })];
        if (OperatingSystem.IsMacOS()) names = ["clang++", .. names];
        string[] folders =
        [
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin", "/opt/llvm/bin",
        ];
        return from name in names from folder in folders select Path.Combine(folder, name);
    }

    private static IEnumerable<string> Resolve(string named) =>
        named.Contains('/') ? [Path.GetFullPath(named)]
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, named));

    // The identity is the key to cached objects: a compiler that was updated in place must not meet them again.
    private static string? Identify(string path, out string problem)
    {
        try
        {
            var version = HostCompiler.Run(path, ["--version"]);
            var target = HostCompiler.Run(path, ["-dumpmachine"]);
            problem = version.Code != 0 ? version.Error.Trim() : target.Error.Trim();
            return version.Code == 0 && target.Code == 0 ? $"{path}\n{version.Output}\n{target.Output}" : null;
        }
        catch (Exception error) when (error is Win32Exception or IOException or EngineException)
        {
            problem = error.Message;
            return null;
        }
    }
}

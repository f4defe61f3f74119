using System.Globalization;
using System.Text.RegularExpressions;

namespace GenEngine.Kernels.Devices.Gpu.Cuda;

/// <summary>What a probe knows of the machine; tests describe machines of their own.</summary>
/// <param name="Variable">Reads an environment variable; null when it is not set.</param>
/// <param name="Home">The user's home folder.</param>
/// <param name="Cache">Where tools/get-nvrtc unpacks.</param>
/// <param name="Root">Put before the fixed system folders; empty outside tests.</param>
public sealed record ProbeHost(bool Windows, Func<string, string?> Variable, string Home, string Cache, string Root = "")
{
    /// <summary>This machine and user. Variables are read when they are asked for, folders once.</summary>
    public static ProbeHost ThisMachine { get; } = new(
        OperatingSystem.IsWindows(), Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), UserCache.PathOf("nvrtc"));

    /// <summary>The variable's value, or null when it is unset or blank.</summary>
    public string? Set(string name) => Variable(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
}

/// <summary>A place where a library may lie.</summary>
/// <param name="Origin">Why the place is tried: a variable's name, "toolkit", "Python package", "user's cache", "system".</param>
/// <param name="Path">The folder or pattern; for the system's loader the bare file name.</param>
/// <param name="Files">Libraries found there, the newest first; for the system's loader the bare name itself.</param>
public sealed record ProbePlace(string Origin, string Path, IReadOnlyList<string> Files);

/// <summary>
/// Where NVRTC and the driver are looked for, in this order:
/// <list type="number">
/// <item>GENENGINE_NVRTC or GENENGINE_LIBCUDA, a file or a folder. When it is set no other place is tried.</item>
/// <item>CUDA_PATH, CUDA_HOME.</item>
/// <item>Toolkit folders: /usr/local/cuda*, /opt/cuda, Program Files\NVIDIA GPU Computing Toolkit\CUDA\v*.</item>
/// <item>Python packages (nvidia/cuda_nvrtc, nvidia/cu13) of the active environment, the user and the system.</item>
/// <item>The folder nvrtc in the engine's cache, where tools/get-nvrtc unpacks.</item>
/// <item>The system's loader, by versioned names: a run-time install has no unversioned one.</item>
/// </list>
/// </summary>
public sealed partial class LibraryProbe(ProbeHost host)
{
    private static readonly string[] WindowsNvrtc = ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"];
    private static readonly string[] LinuxNvrtc = ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"];

    /// <summary>Looks on this machine; others are for tests.</summary>
    public static LibraryProbe ThisMachine { get; } = new(ProbeHost.ThisMachine);

    /// <summary>The machine that is searched.</summary>
    public ProbeHost Host { get; } = host;

    /// <summary>Places for NVRTC, in the order of preference.</summary>
    /// <param name="newestMajor">Libraries of a newer major version are left out, since the driver could not load what they make.</param>
    public IEnumerable<ProbePlace> NvrtcPlaces(int? newestMajor = null)
    {
        if (Host.Set("GENENGINE_NVRTC") is { } named)
        {
            yield return Named("GENENGINE_NVRTC", named, null);
            yield break;
        }

        foreach (var (origin, root, subfolders) in NvrtcFolders())
        {
            var folders = Expand(root).SelectMany(top => subfolders.SelectMany(sub => Expand(Path.Combine(top, sub)))).ToList();
            if (folders.Count == 0) yield return new ProbePlace(origin, Path.Combine(root, subfolders[0]), []);
            foreach (string folder in folders) yield return new ProbePlace(origin, folder, NvrtcIn(folder, newestMajor));
        }

        foreach (string name in Host.Windows ? WindowsNvrtc : LinuxNvrtc)
        {
            if (MajorOf(name) is not { } major || newestMajor is not { } newest || major <= newest) yield return new ProbePlace("system", name, [name]);
        }
    }

    /// <summary>Places for the driver: libcuda.so.1 or nvcuda.dll. Stub libraries of toolkits are never taken.</summary>
    public IEnumerable<ProbePlace> DriverPlaces()
    {
        string file = Host.Windows ? "nvcuda.dll" : "libcuda.so.1";
        if (Host.Set("GENENGINE_LIBCUDA") is { } named)
        {
            yield return Named("GENENGINE_LIBCUDA", named, file);
            yield break;
        }

        yield return new ProbePlace("system", file, [file]);
        if (Host.Windows) yield break;
        foreach (string folder in (string[])["/usr/lib/wsl/lib", "/usr/local/nvidia/lib64", "/run/opengl-driver/lib"])
        {
            string path = Path.Combine(Host.Root + folder, file);
            yield return new ProbePlace("system", Host.Root + folder, File.Exists(path) ? [path] : []);
        }
    }

    /// <summary>
    /// The builtins that belong to an NVRTC found by its path: those of its own folder and major version. NVRTC opens them by bare
    /// name, so they must be in the process before it is; taking them from another folder could mix two toolkits.
    /// </summary>
    public IReadOnlyList<string> BuiltinsBeside(string nvrtc)
    {
        string folder = Path.GetDirectoryName(nvrtc)!;
        int? major = MajorOf(nvrtc);
        return [.. Files(folder, Host.Windows ? "nvrtc-builtins64_*.dll" : "libnvrtc-builtins.so*")
            .Where(file => major is null || BuiltinsMajor(file) is not { } own || own == major)
            .DistinctBy(file => new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file)];
    }

    /// <summary>The CUDA major version that a library's file name tells (libnvrtc.so.12: 12; nvrtc64_112_0.dll: 11), or null.</summary>
    public static int? MajorOf(string path)
    {
        var match = NvrtcName().Match(Path.GetFileName(path.Replace('\\', '/')));
        if (match.Groups["so"] is { Success: true } so) return int.Parse(so.ValueSpan, CultureInfo.InvariantCulture);
        return match.Groups["dll"] is { Success: true } dll ? int.Parse(dll.ValueSpan, CultureInfo.InvariantCulture) / 10 : null;
    }

    private static int? BuiltinsMajor(string path)
    {
        var match = BuiltinsName().Match(Path.GetFileName(path));
        if (match.Groups["so"] is { Success: true } so) return int.Parse(so.ValueSpan, CultureInfo.InvariantCulture);
        return match.Groups["dll"] is { Success: true } dll ? int.Parse(dll.ValueSpan, CultureInfo.InvariantCulture) / 10 : null;
    }

    private static string[] Files(string folder, string pattern)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private ProbePlace Named(string variable, string path, string? file)
    {
        if (File.Exists(path)) return new ProbePlace(variable, path, [Path.GetFullPath(path)]);
        if (file is null) return new ProbePlace(variable, path, NvrtcIn(path, null));
        string inside = Path.Combine(path, file);
        return new ProbePlace(variable, path, File.Exists(inside) ? [Path.GetFullPath(inside)] : []);
    }

    private IReadOnlyList<string> NvrtcIn(string folder, int? newestMajor) =>
        [.. Files(folder, Host.Windows ? "nvrtc64_*.dll" : "libnvrtc.so*")
            .Where(file => NvrtcName().IsMatch(Path.GetFileName(file)))
            .Where(file => MajorOf(file) is not { } major || newestMajor is not { } newest || major <= newest)
            .DistinctBy(file => new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file)
            .OrderByDescending(file => MajorOf(file) ?? 0).ThenBy(file => file, StringComparer.Ordinal)
            .Select(Path.GetFullPath)];

    private IEnumerable<(string Origin, string Root, string[] Subfolders)> NvrtcFolders()
    {
        string[] toolkit = Host.Windows ? ["bin", "bin/x64"] : ["lib64", "targets/*/lib"];
        foreach (string variable in (string[])["CUDA_PATH", "CUDA_HOME"])
        {
            if (Host.Set(variable) is { } root) yield return (variable, root, toolkit);
        }

        if (Host.Windows)
        {
            yield return ("toolkit", Path.Combine(Host.Set("ProgramFiles") ?? "C:/Program Files", "NVIDIA GPU Computing Toolkit", "CUDA", "v*"), toolkit);
        }
        else
        {
            yield return ("toolkit", Host.Root + "/usr/local/cuda*", toolkit);
            yield return ("toolkit", Host.Root + "/opt/cuda*", toolkit);
        }

        string[] wheels = Host.Windows ? ["nvidia/cu13/bin/x86_64", "nvidia/cuda_nvrtc/bin"] : ["nvidia/cu13/lib", "nvidia/cuda_nvrtc/lib"];
        foreach (string site in SitePackages()) yield return ("Python package", site, wheels);
        if (Host.Set("CONDA_PREFIX") is { } conda) yield return ("Python package", conda, [Host.Windows ? "Library/bin" : "lib"]);
        yield return ("user's cache", Host.Cache, ["**"]);
    }

    private IEnumerable<string> SitePackages()
    {
        if (Host.Windows)
        {
            foreach (string variable in (string[])["VIRTUAL_ENV", "CONDA_PREFIX"])
            {
                if (Host.Set(variable) is { } root) yield return Path.Combine(root, "Lib", "site-packages");
            }

            if (Host.Set("APPDATA") is { } roaming) yield return Path.Combine(roaming, "Python", "Python3*", "site-packages");
            if (Host.Set("LOCALAPPDATA") is { } local) yield return Path.Combine(local, "Programs", "Python", "Python3*", "Lib", "site-packages");
            yield break;
        }

        foreach (string variable in (string[])["VIRTUAL_ENV", "CONDA_PREFIX"])
        {
            if (Host.Set(variable) is { } root) yield return Path.Combine(root, "lib", "python3*", "site-packages");
        }

        yield return Path.Combine(Host.Home, ".local/lib/python3*/site-packages");
        yield return Host.Root + "/usr/local/lib/python3*/*-packages";
        yield return Host.Root + "/usr/lib/python3*/*-packages";
    }

    /// <summary>Folders that match a pattern, newest version first; * stands for part of a name, a final ** for every folder below.</summary>
    private static IEnumerable<string> Expand(string pattern)
    {
        string[] parts = pattern.Replace('\\', '/').Split('/');
        IEnumerable<string> found = [parts[0].Length == 0 ? "/" : parts[0] + "/"];
        foreach (string part in parts.Skip(1))
        {
            if (part.Length == 0) continue;
            found = part == "**" ? found.SelectMany(folder => Subfolders(folder, "*", recurse: true).Prepend(folder))
                : part.Contains('*') ? found.SelectMany(folder => Subfolders(folder, part, recurse: false))
                : found.Select(folder => Path.Combine(folder, part));
        }

        return found.Where(Directory.Exists);
    }

    private static IEnumerable<string> Subfolders(string folder, string pattern, bool recurse)
    {
        if (!Directory.Exists(folder)) return [];
        var options = new EnumerationOptions { IgnoreInaccessible = true, RecurseSubdirectories = recurse, MaxRecursionDepth = 6 };
        return Directory.GetDirectories(folder, pattern, options).OrderByDescending(VersionKey).ThenBy(name => name, StringComparer.Ordinal);
    }

    /// <summary>cuda-12.10 after cuda-12.9; a plain name (the link "cuda", the administrator's choice) before all numbered ones.</summary>
    private static Version VersionKey(string folder)
    {
        var numbers = Digits().Matches(Path.GetFileName(folder)).Select(match => int.Parse(match.ValueSpan, CultureInfo.InvariantCulture)).ToArray();
        return numbers.Length switch { 0 => new Version(9999, 0), 1 => new Version(numbers[0], 0), _ => new Version(numbers[0], numbers[1]) };
    }

    [GeneratedRegex(@"^(libnvrtc\.so(\.(?<so>[0-9]{1,4})(\.[0-9]+)*)?|nvrtc64_(?<dll>[0-9]{2,4})_0\.dll)$")]
    private static partial Regex NvrtcName();

    [GeneratedRegex(@"^(libnvrtc-builtins\.so\.(?<so>[0-9]{1,4})(\.[0-9]+)*|nvrtc-builtins64_(?<dll>[0-9]{2,4})\.dll)$")]
    private static partial Regex BuiltinsName();

    [GeneratedRegex("[0-9]{1,6}")]
    private static partial Regex Digits();
}

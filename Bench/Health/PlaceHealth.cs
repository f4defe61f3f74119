using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using static System.FormattableString;

namespace GenEngine.Bench.Health;

/// <summary>Where things lie: compiled kernels, runs, data; whether there is room, and memory.</summary>
internal static class PlaceHealth
{
    /// <summary>Below this a run of the larger models may not be kept.</summary>
    private const long FewBytes = 1L << 30;

    /// <summary>Compiled kernels, judges and downloads.</summary>
    public static Finding Cache()
    {
        string root = UserCache.Root;
        var (files, bytes) = Contents(root);
        var place = Place("cache", root, "Set GENENGINE_CACHE to a folder that you may write to; without it kernels are compiled anew each time.");
        return place with { Text = Invariant($"{place.Text}, {Sizes.Bytes(bytes)} in {files} files") };
    }

    /// <summary>Where train writes when --out is not given.</summary>
    public static Finding Runs() => Place("runs", Path.GetFullPath("runs"), "Change to a folder that you may write to, or give --out to train.");

    /// <summary>Which sets are here, which are not, and where they were looked for.</summary>
    public static Finding Data(DataOptions options)
    {
        var sets = DataCatalogue.List(options);
        string builtIn = string.Join(", ", sets.Where(set => set.BuiltIn).Select(set => set.Name)), found = string.Join(", ", sets.Where(set => set.Folder is not null).Select(set => set.Name));
        string[] absent = [.. sets.Where(set => !set.BuiltIn && set.Folder is null).Select(set => set.Name)];
        string looked = string.Join(", ", DataFolders.Roots(options));
        string text = $"built in: {builtIn}; on this machine: {(found.Length > 0 ? found : "none")} (looked in {looked})";
        string? advice = absent.Length == 0 ? null : $"Not here: {string.Join(", ", absent)}. 'genengine data fetch NAME' brings one, --data-dir or {DataFolders.Variable} names the folder of those that you have.";
        return new Finding("data", true, text, advice);
    }

    /// <summary>What the process may take, of the container where there is one.</summary>
    public static Finding Memory()
    {
        long all = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, free = Available();
        string text = $"{Sizes.Bytes(all)}{(free > 0 ? $", {Sizes.Bytes(free)} of the machine's not in use" : "")}";
        return free is > 0 and < FewBytes ? new Finding("memory", false, text, "End other programs, or train with a smaller --batch.") : new Finding("memory", true, text);
    }

    /// <summary>What progress looks like here.</summary>
    public static Finding Terminal(Session session) =>
        new("terminal", true, session.IsTerminal ? $"live progress, {(TerminalKind.HasTrueColour ? "24-bit colour: a preview of samples while training" : "no 24-bit colour: no preview of samples")}" : "output is redirected: plain lines");

    private static Finding Place(string name, string path, string advice)
    {
        string existing = path;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent) existing = parent;
        long free = new DriveInfo(existing).AvailableFreeSpace;
        string text = $"{path}{(existing == path ? "" : " (not made yet)")}: {Sizes.Bytes(free)} free";
        try
        {
            OutputPath.Probe(existing);
        }
        catch (EngineException)
        {
            return new Finding(name, false, $"{text}, but no file can be made there", advice);
        }

        return free < FewBytes ? new Finding(name, false, $"{text}, which is little", "Make room: runs and checkpoints of the larger models take some hundred MiB.") : new Finding(name, true, text);
    }

    private static (int Files, long Bytes) Contents(string folder)
    {
        if (!Directory.Exists(folder)) return (0, 0);
        int files = 0;
        long bytes = 0;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            files++;
            bytes += file.Length;
        }

        return (files, bytes);
    }

    /// <summary>Memory that the kernel would give without swapping, bytes; 0 where it does not say.</summary>
    private static long Available()
    {
        const string Info = "/proc/meminfo", Key = "MemAvailable:";
        string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kibibytes, ..] && long.TryParse(kibibytes, out long number) ? number * 1024 : 0;
    }
}

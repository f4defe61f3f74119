using System.Collections.Concurrent;

namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>Files of the caches: written under a temporary name and renamed, so that processes may share a folder. A cache that cannot be written is no error.</summary>
internal static class CacheFile
{
    private const string Temporary = ".tmp";

    /// <summary>No write takes so long: what is older was left by a process that was killed.</summary>
    private static readonly TimeSpan s_stale = TimeSpan.FromDays(1);

    private static readonly ConcurrentDictionary<string, bool> s_swept = new();

    /// <summary>Puts the content in the place of whatever the file held.</summary>
    /// <returns>Why it could not be written; null when it was.</returns>
    public static Exception? Replace(string path, byte[] content)
    {
        string temporary = $"{path}.{Environment.ProcessId}-{Guid.NewGuid():N}{Temporary}";
        try
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            Directory.CreateDirectory(folder);
            if (s_swept.TryAdd(folder, true)) Sweep(folder);
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
            return null;
        }
        catch (Exception e) when (DiskFailure.Is(e))
        {
            TryDelete(temporary);
            return e;
        }
    }

    /// <summary>Removes temporary files of processes that are long gone.</summary>
    private static void Sweep(string folder)
    {
        foreach (string left in Directory.EnumerateFiles(folder, "*" + Temporary))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(left) > s_stale) TryDelete(left);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // a left-over temporary file harms nobody
        }
    }
}

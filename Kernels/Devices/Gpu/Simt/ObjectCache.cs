using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace GenEngine.Kernels.Devices.Gpu.Simt;

/// <summary>
/// Compiled kernels on disk, shared by processes. An entry is ab/abcdef...-SUM.so: its key covers the compiler, the options and the
/// text; its name ends in the sum of its content, so that a truncated or altered file is seen before it is loaded (mapping one could
/// crash the process) and compiled again. Entries appear under a temporary name and are renamed.
/// </summary>
public sealed class ObjectCache
{
    private readonly string _folder;
    private readonly ConcurrentDictionary<string, Lazy<string>> _paths = new();

    public ObjectCache(string folder) => _folder = folder;

    /// <summary>Objects that were compiled rather than found.</summary>
    public int Compiled => _compiled;

    private int _compiled;

    internal static string Extension => OperatingSystem.IsMacOS() ? ".dylib" : ".so";

    /// <summary>The file of a unit, compiled when it is not there. Threads and processes may ask at the same time.</summary>
    /// <param name="what">Named in error messages.</param>
    public string Get(string what, HostCompiler compiler, string text, IReadOnlyList<string> options)
    {
        string key = Key(compiler, text, options);
        var path = _paths.GetOrAdd(key, _ => new Lazy<string>(() => Find(key) ?? Build(what, key, compiler, text, options)));
        try
        {
            return path.Value;
        }
        catch (EngineException)
        {
            _paths.TryRemove(key, out _); // the source may be mended while the process lives
            throw;
        }
    }

    internal static string Key(HostCompiler compiler, string text, IReadOnlyList<string> options)
    {
        var all = new StringBuilder().Append(SimtRuntime.Abi).Append('\n').Append(compiler.Identity).Append('\n');
        foreach (string option in options) all.Append(Path.IsPathRooted(option) ? Path.GetFileName(option) : option).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all.Append(text).ToString())));
    }

    private string? Find(string key)
    {
        string folder = Path.Combine(_folder, key[..2]);
        if (!Directory.Exists(folder)) return null;
        foreach (string path in Directory.EnumerateFiles(folder, key + "-*" + Extension))
        {
            try
            {
                if (Path.GetFileNameWithoutExtension(path).EndsWith(Sum(path), StringComparison.Ordinal)) return path;
                File.Delete(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // another process replaces it; ours is compiled beside it
            }
        }

        return null;
    }

    private string Build(string what, string key, HostCompiler compiler, string text, IReadOnlyList<string> options)
    {
        string folder = Path.Combine(_folder, key[..2]);
        string temporary = Path.Combine(folder, $"{key}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(folder);
            compiler.Compile(what, text, options, temporary);
            string path = Path.Combine(folder, $"{key}-{Sum(temporary)}{Extension}");
            File.Move(temporary, path, overwrite: true);
            Interlocked.Increment(ref _compiled);
            return path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"Cannot write compiled kernels to {_folder}: {error.Message} Set GENENGINE_CACHE to a folder that you may write to.", error);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static string Sum(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))[..16];
}

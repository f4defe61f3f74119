namespace GenEngine.Kernels.Devices.Gpu;

/// <summary>Where compiled kernels are kept between runs: GENENGINE_CACHE, or genengine in the user's cache folder.</summary>
public static class UserCache
{
    /// <summary>The folder that holds all of them, whether it is there or not.</summary>
    public static string Root => Find();

    /// <summary>The path for one kind of entry ("cubin", "nvrtc"), whether it is there or not.</summary>
    public static string PathOf(string kind) => Path.Combine(Root, kind);

    /// <summary>The folder for one kind of entry ("simt", "cubin"); made when it is missing.</summary>
    /// <exception cref="EngineException">It cannot be made.</exception>
    public static string Folder(string kind)
    {
        string folder = PathOf(kind);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"Cannot make the cache folder {folder}: {error.Message} Set GENENGINE_CACHE to a folder that you may write to.", error);
        }

        return folder;
    }

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("GENENGINE_CACHE") is { Length: > 0 } chosen) return Path.GetFullPath(chosen);
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string cache = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg
            : home.Length > 0 ? Path.Combine(home, ".cache")
            : Path.GetTempPath();
        return Path.Combine(cache, "genengine");
    }
}

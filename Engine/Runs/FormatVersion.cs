using GenEngine.Kernels;

namespace GenEngine.Runs;

/// <summary>Files say the version of their format; what a newer engine has written is refused, since it may mean something else.</summary>
internal static class FormatVersion
{
    /// <exception cref="EngineException">The file's version is above the known one.</exception>
    public static void Check(string path, int found, int known)
    {
        if (found > known) throw new EngineException($"'{path}' was written by a newer version of GenEngine (format {found}; this one reads up to {known}).");
    }
}

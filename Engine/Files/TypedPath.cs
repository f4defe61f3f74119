namespace GenEngine.Files;

/// <summary>What somebody types where a name or a path may stand: a data set or a folder, a model or a run.</summary>
public static class TypedPath
{
    /// <summary>True when it is a path rather than a name: it has a separator, or there is such a folder.</summary>
    public static bool Is(string typed) =>
        typed is "." or ".." || typed.Contains('/', StringComparison.Ordinal) || typed.Contains('\\', StringComparison.Ordinal) || Directory.Exists(typed);

    /// <summary>The path with ~ as shells mean it, for those who quote it.</summary>
    public static string Home(string path) =>
        path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[2..]) : path;
}

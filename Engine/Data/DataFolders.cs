using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Data;

/// <summary>
/// Where data files are looked for: --data-dir, then GENENGINE_DATA, then the user's cache; in each first in a sub-folder of the
/// set's name, then in the folder itself.
/// </summary>
public static class DataFolders
{
    /// <summary>The environment variable that names the folder; blank counts as not set.</summary>
    public const string Variable = "GENENGINE_DATA";

    /// <summary>Where downloads go when nothing else is named: data in the engine's cache folder.</summary>
    public static string Cache => UserCache.PathOf("data");

    /// <summary>The folder that a download of this set is written to.</summary>
    public static string Destination(string set, DataOptions options) => Path.Combine(Roots(options).First(), set);

    /// <summary>
    /// The first folder that holds every one of the files, each given by the names it may have; null when there is none.
    /// </summary>
    internal static string? Find(string set, DataOptions options, IReadOnlyList<string[]> files) =>
        Places(set, options).FirstOrDefault(folder => files.All(names => Pick(folder, names) is not null));

    /// <summary>The first of the names that is a file in the folder, with the folder; null when none is.</summary>
    internal static string? Pick(string folder, string[] names) =>
        names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>What to tell the user when <see cref="Find"/> found nothing.</summary>
    internal static EngineException Missing(string set, DataOptions options, IReadOnlyList<string[]> files)
    {
        string wanted = string.Join(", ", files.Select(names => names[0]));
        IEnumerable<string> places = Places(set, options).Select(folder =>
        {
            string[] absent = [.. files.Where(names => Pick(folder, names) is null).Select(names => names[0])];
            string why = !Directory.Exists(folder) ? "no such folder"
                : absent.Length == files.Count ? "none of them is there"
                : $"{string.Join(", ", absent)} is missing";
            return $"\n  {folder} ({why})";
        });
        string unset = Set(Variable) is null ? $"\n{Variable} is not set." : "";
        return new EngineException(
            $"The data set {set} was not found. Looked for {wanted} in{string.Concat(places)}{unset}\n" +
            $"Fetch it with 'genengine data fetch {set}', or name the folder that holds the files with --data-dir or {Variable}. " +
            "The sets 'digits' and 'avatars' are built in and need no files.");
    }

    internal static IEnumerable<string> Places(string set, DataOptions options) =>
        Roots(options).SelectMany(root => new[] { Path.Combine(root, set), root }).Distinct();

    /// <summary>The folders that are searched, in this order, whether they are there or not.</summary>
    public static IEnumerable<string> Roots(DataOptions options)
    {
        foreach (string? root in new[] { options.DataDir, Set(Variable), Cache })
            if (!string.IsNullOrWhiteSpace(root)) yield return Path.GetFullPath(root);
    }

    private static string? Set(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
}

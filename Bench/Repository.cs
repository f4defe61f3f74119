namespace GenEngine.Bench;

/// <summary>The checkout that this program was built in, for what is built on demand.</summary>
internal static class Repository
{
    /// <summary>Its root, or null when the program stands alone (published).</summary>
    public static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "GenEngine.sln")) && File.Exists(Path.Combine(folder.FullName, "Bench", "Bench.csproj"))) return folder.FullName;
        }

        return null;
    }
}

using NUnit.Framework;

namespace GenEngine.Tests;

/// <summary>The sources that the tests were built from, for tests that look at them.</summary>
internal static class Checkout
{
    private static readonly Lazy<string?> s_root = new(Find);

    /// <summary>Their folder; a test that asks for it is skipped where they are not there.</summary>
    public static string Root
    {
        get
        {
            if (s_root.Value is null) Assert.Ignore("the sources are not here: this is checked in a checkout only");
            return s_root.Value!;
        }
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "GenEngine.sln"))) return folder.FullName;
        return null;
    }
}

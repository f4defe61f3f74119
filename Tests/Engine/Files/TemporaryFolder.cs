namespace GenEngine.Tests.Files;

/// <summary>A folder that goes when the test ends. Its name has spaces and Chinese characters, as users' folders do.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"gen engine 数据 {Guid.NewGuid():N}");

    public string this[params string[] names] => System.IO.Path.Combine([Path, .. names]);

    /// <summary>Makes an empty file, with its folders, and returns its path.</summary>
    public string Touch(string relative)
    {
        string file = this[relative];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "");
        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

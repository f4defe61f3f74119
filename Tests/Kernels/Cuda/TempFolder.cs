namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>A folder of a test's own, with a blank and Chinese characters in its path, gone after the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"genengine 测试 {Guid.NewGuid():N}");

    /// <summary>Makes an empty file, with its folders, and returns its path.</summary>
    public string Touch(string relative)
    {
        string file = System.IO.Path.Combine(Path, relative);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "");
        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

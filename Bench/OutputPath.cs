using GenEngine.Kernels;

namespace GenEngine.Bench;

/// <summary>Looks before long work whether its results can be written.</summary>
internal static class OutputPath
{
    /// <summary>Makes the folder when missing and proves that files can be made in it.</summary>
    /// <exception cref="EngineException">It cannot be written; the message names it and the way out.</exception>
    public static string Folder(string path)
    {
        try
        {
            string full = Path.GetFullPath(path);
            Directory.CreateDirectory(full);
            Probe(full);
            return full;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new EngineException($"Cannot write to the folder '{path}': {exception.Message} Name another one.", exception);
        }
    }

    /// <summary>Proves that files can be made in a folder that is there.</summary>
    /// <exception cref="EngineException">They cannot.</exception>
    public static void Probe(string folder)
    {
        try
        {
            string probe = Path.Combine(folder, $".write-test-{Guid.NewGuid():N}");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose)) { }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"Cannot write to the folder '{folder}': {exception.Message} Name another one.", exception);
        }
    }

    /// <summary>Writes a text file whole or not at all: to a temporary name beside it, then renamed.</summary>
    /// <exception cref="EngineException">It cannot be written.</exception>
    public static void WriteFile(string path, string text)
    {
        try
        {
            string full = Path.GetFullPath(path), temporary = $"{full}.{Environment.ProcessId}.tmp";
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(temporary, text);
            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new EngineException($"Cannot write the file '{path}': {exception.Message} Name another one.", exception);
        }
    }
}

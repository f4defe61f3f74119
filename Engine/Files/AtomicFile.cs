using System.Text;
using GenEngine.Kernels;

namespace GenEngine.Files;

/// <summary>
/// Writes a file so that its name only ever shows a whole file, the old one or the new one: everything goes to a temporary
/// name beside it, is flushed to the disk, and is then renamed over it.
/// </summary>
public static class AtomicFile
{
    /// <summary>
    /// Writes what <paramref name="write"/> puts into the stream. The stream can seek; folders on the way are made.
    /// When anything fails the temporary file is removed and a file that was there before is left as it was.
    /// </summary>
    /// <exception cref="EngineException">The disk is full, the folder cannot be written, the path is not usable.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string temporary = $"{full}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception e)
        {
            Remove(temporary);
            if (DiskFailure.Is(e))
                throw new EngineException($"{full} could not be written: {e.Message} Check the folder, its rights and the free space.", e);
            throw;
        }
    }

    /// <summary>Writes text as UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the first error is the one to tell; a stray .tmp harms nobody
        }
    }
}

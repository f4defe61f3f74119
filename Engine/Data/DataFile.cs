using System.IO.Compression;
using GenEngine.Kernels;

namespace GenEngine.Data;

/// <summary>Opens data files, plain or gzip, and turns what goes wrong while reading into sentences that name the file.</summary>
internal static class DataFile
{
    private const string Again = "Delete it and fetch it again.";

    /// <summary>Deflate packs at most 258 bytes into 2 bits.</summary>
    private const long MostPerPackedByte = 1032;

    /// <inheritdoc cref="Read{T}(string, Func{Stream, long, T})"/>
    public static T Read<T>(string path, Func<Stream, T> read) => Read(path, (stream, _) => read(stream));

    /// <summary>Reads a file; gzip is told by its first bytes, not by its name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">Given the content, unpacked, and the most bytes that it can have: a header that promises more is damaged, and no memory need be taken to see it.</param>
    /// <exception cref="EngineException">The file is missing, unreadable, or its gzip stream is damaged.</exception>
    public static T Read<T>(string path, Func<Stream, long, T> read)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            bool compressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
            file.Position = 0;
            if (!compressed) return read(file, file.Length);
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            return read(unzipped, file.Length * MostPerPackedByte);
        }
        catch (InvalidDataException e)
        {
            throw new EngineException($"{path} is damaged: its gzip stream cannot be unpacked ({e.Message}) {Again}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{path} could not be read: {e.Message}", e);
        }
    }

    /// <summary>Fills the span or says how much of the file is there.</summary>
    public static void Fill(Stream stream, Span<byte> into, string path, long before, long whole)
    {
        int got = stream.ReadAtLeast(into, into.Length, throwOnEndOfStream: false);
        if (got < into.Length) throw Bad(path, $"it is cut short: {before + got} of {whole} bytes are there");
    }

    /// <summary>Fails when anything follows. Reading on also makes gzip compare its own checksum.</summary>
    public static void End(Stream stream, string path, long whole)
    {
        if (stream.ReadByte() >= 0) throw Bad(path, $"it goes on after the {whole} bytes that it should have");
    }

    public static EngineException Bad(string path, string why) => new($"{path} is not what it should be: {why}. {Again}");
}

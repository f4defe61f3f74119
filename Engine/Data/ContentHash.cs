using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace GenEngine.Data;

/// <summary>The SHA-256 that <see cref="RemoteFile"/> means, of a file on disk.</summary>
internal static class ContentHash
{
    /// <summary>Lower-case hex; null when the packed content cannot be unpacked.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string? Of(string path, ContentKind kind)
    {
        using FileStream file = File.OpenRead(path);
        try
        {
            byte[] hash = kind switch
            {
                ContentKind.Plain => SHA256.HashData(file),
                ContentKind.Gzip => OfGzip(file),
                ContentKind.ZipOfWav => OfZip(file),
                _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
            };
            return Convert.ToHexStringLower(hash);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static byte[] OfGzip(Stream file)
    {
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        return SHA256.HashData(unzipped);
    }

    private static byte[] OfZip(Stream file)
    {
        using var archive = new ZipArchive(file);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        foreach (ZipArchiveEntry wav in archive.Entries
                     .Where(e => e.Name.EndsWith(".wav", StringComparison.Ordinal)).OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            sha.AppendData(Encoding.UTF8.GetBytes(wav.Name + "\0"));
            BinaryPrimitives.WriteInt64LittleEndian(buffer, wav.Length);
            sha.AppendData(buffer, 0, 8);
            using Stream content = wav.Open();
            for (int got; (got = content.Read(buffer)) > 0;) sha.AppendData(buffer, 0, got);
        }
        return sha.GetHashAndReset();
    }
}

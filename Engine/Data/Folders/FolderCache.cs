using System.Security.Cryptography;
using System.Text;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Data;

/// <summary>
/// Keeps what a folder was decoded to, one file a folder and size in the user's cache, so that a changed folder replaces its old entry.
/// The entry names the key of what it was made from and ends in a checksum: one that is damaged or out of date is made anew.
/// Layout: magic, length of the head, head (key, indices, unreadable files), length of the pixels, pixels, SHA-256 of all before.
/// </summary>
internal static class FolderCache
{
    /// <summary>To be raised when decoding or scaling changes what comes out.</summary>
    public const int Version = 1;

    private static ReadOnlySpan<byte> Magic => "GEIMAGE1"u8;

    /// <summary>Where the entry of a folder lies, whether it is there or not.</summary>
    public static string PathOf(string root, int size)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{Path.GetFullPath(root)}\0{size}"));
        return Path.Combine(UserCache.PathOf("images"), Convert.ToHexStringLower(hash.AsSpan(0, 12)) + ".bin");
    }

    /// <summary>The entry, or null when there is none, it was made from other files, or it is damaged.</summary>
    public static DecodedFolder? Read(string path, byte[] key, int item)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var reader = new BinaryReader(file, Encoding.UTF8, leaveOpen: true);
            if (!reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic)) return null;
            int length = reader.ReadInt32();
            if (length < 0 || length > file.Length) return null;
            byte[] head = reader.ReadBytes(length);
            long bytes = reader.ReadInt64();
            if (bytes < 0 || bytes % item != 0 || bytes != file.Length - file.Position - SHA256.HashSizeInBytes) return null;
            if (!head.AsSpan().StartsWith(key)) return null;
            var items = new byte[bytes];
            file.ReadExactly(items);
            sha.AppendData(head);
            sha.AppendData(items);
            if (!sha.GetHashAndReset().AsSpan().SequenceEqual(reader.ReadBytes(SHA256.HashSizeInBytes))) return null;

            using var fields = new BinaryReader(new MemoryStream(head, key.Length, head.Length - key.Length));
            var indices = new int[fields.ReadInt32()];
            for (int i = 0; i < indices.Length; i++) indices[i] = fields.ReadInt32();
            var bad = new UnreadableFile[fields.ReadInt32()];
            for (int i = 0; i < bad.Length; i++) bad[i] = new UnreadableFile(fields.ReadString(), fields.ReadString());
            return indices.Length * (long)item == bytes ? new DecodedFolder(indices, items, bad) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EndOfStreamException)
        {
            return null;
        }
    }

    /// <summary>Null when written, else why not: a full disk must not stop anybody from training.</summary>
    public static string? Write(string path, byte[] key, DecodedFolder folder)
    {
        using var head = new MemoryStream();
        using (var fields = new BinaryWriter(head, Encoding.UTF8, leaveOpen: true))
        {
            fields.Write(key);
            fields.Write(folder.Indices.Length);
            foreach (int index in folder.Indices) fields.Write(index);
            fields.Write(folder.Unreadable.Count);
            foreach (UnreadableFile file in folder.Unreadable)
            {
                fields.Write(file.Path);
                fields.Write(file.Reason);
            }
        }
        try
        {
            AtomicFile.Write(path, stream =>
            {
                using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
                writer.Write(Magic);
                writer.Write((int)head.Length);
                writer.Write(head.GetBuffer().AsSpan(0, (int)head.Length));
                writer.Write(folder.Items.LongLength);
                writer.Write(folder.Items);
                sha.AppendData(head.GetBuffer().AsSpan(0, (int)head.Length));
                sha.AppendData(folder.Items);
                writer.Write(sha.GetHashAndReset());
            });
            return null;
        }
        catch (EngineException e)
        {
            return e.Message;
        }
    }
}

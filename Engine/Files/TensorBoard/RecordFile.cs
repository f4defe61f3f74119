using System.Buffers.Binary;

namespace GenEngine.Files.TensorBoard;

/// <summary>
/// The framing of TFRecord files: length (8 bytes, little-endian), masked CRC-32C of the length, the record, masked CRC-32C of the record. A file has no header and no end, so records are appended
/// as they come, and one that is cut short is only the last.
/// </summary>
internal static class RecordFile
{
    private const int Head = 12, Tail = 4;

    /// <summary>Appends a record.</summary>
    public static void Write(Stream stream, ReadOnlySpan<byte> record)
    {
        Span<byte> head = stackalloc byte[Head], tail = stackalloc byte[Tail];
        BinaryPrimitives.WriteInt64LittleEndian(head, record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Crc32C.Masked(head[..8]));
        BinaryPrimitives.WriteUInt32LittleEndian(tail, Crc32C.Masked(record));
        stream.Write(head);
        stream.Write(record);
        stream.Write(tail);
    }

    /// <summary>The good records of a file with where each ends, up to its end or to the first that is cut short or damaged.</summary>
    public static IEnumerable<(byte[] Record, long End)> Read(Stream stream)
    {
        var head = new byte[Head];
        var tail = new byte[Tail];
        for (long at = stream.Position; stream.ReadAtLeast(head, Head, throwOnEndOfStream: false) == Head;)
        {
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(head);
            if (BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8)) != Crc32C.Masked(head.AsSpan(0, 8)) || length > (ulong)(stream.Length - at)) yield break;
            var record = new byte[length];
            if (stream.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) < record.Length || stream.ReadAtLeast(tail, Tail, throwOnEndOfStream: false) < Tail) yield break;
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail) != Crc32C.Masked(record)) yield break;
            at += Head + record.Length + Tail;
            yield return (record, at);
        }
    }
}

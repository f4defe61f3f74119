using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using GenEngine.Numerics;

namespace GenEngine.Tests.Fuzz;

/// <summary>Changes behind a format's own checks: lengths, checksums and packing are made right again, so that what they guard is reached.</summary>
internal static class FuzzFormats
{
    private static readonly uint[] s_crc = MakeCrc();

    /// <summary>The header of a safetensors file as JSON, its length right; half of the inputs are changes of bytes.</summary>
    public static byte[] SafeTensors(ref SplitMix64 random, byte[] file)
    {
        if (random.Next(2) == 0) return Mutator.Bytes(ref random, file);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        byte[] header = Mutator.Json(ref random, file[8..(8 + length)]), word = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(word, header.Length);
        return [.. word, .. header, .. file.AsSpan(8 + length)];
    }

    /// <summary>The metadata of a safetensors file, JSON within JSON, and nothing else.</summary>
    public static byte[] Metadata(ref SplitMix64 random, byte[] file)
    {
        if (random.Next(4) == 0) return SafeTensors(ref random, file);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        var header = System.Text.Json.Nodes.JsonNode.Parse(file.AsSpan(8, length))!.AsObject();
        var notes = header["__metadata__"]!.AsObject();
        string key = notes.ElementAt(random.Next(notes.Count)).Key;
        notes[key] = Encoding.UTF8.GetString(Mutator.Json(ref random, Encoding.UTF8.GetBytes((string)notes[key]!)));
        byte[] text = Encoding.UTF8.GetBytes(header.ToJsonString()), word = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(word, text.Length);
        return [.. word, .. text, .. file.AsSpan(8 + length)];
    }

    /// <summary>A PNG whose checksums are right in half of the inputs.</summary>
    public static byte[] Png(ref SplitMix64 random, byte[] file)
    {
        byte[] changed = Mutator.Bytes(ref random, file);
        return random.Next(2) == 0 ? changed : Mend(changed);
    }

    /// <summary>Makes the checksums of a PNG right, up to where its chunks follow one another.</summary>
    public static byte[] Mend(byte[] changed)
    {
        for (int at = 8; at + 12 <= changed.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(changed.AsSpan(at));
            if (length > changed.Length - at - 12) break;
            uint crc = uint.MaxValue;
            foreach (byte b in changed.AsSpan(at + 4, 4 + (int)length)) crc = s_crc[(byte)(crc ^ b)] ^ (crc >> 8);
            BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(at + 8 + (int)length), ~crc);
            at += 12 + (int)length;
        }

        return changed;
    }

    /// <summary>Pictures of every kind: PNG as above, the others by bytes.</summary>
    public static byte[] Picture(ref SplitMix64 random, byte[] file) => file[0] == 0x89 ? Png(ref random, file) : Mutator.Bytes(ref random, file);

    /// <summary>Of gzip files half are changed behind the packing.</summary>
    public static byte[] Gzip(ref SplitMix64 random, byte[] file)
    {
        if (file[0] != 0x1F || random.Next(2) == 0) return Mutator.Bytes(ref random, file);
        using var unpacked = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(file), CompressionMode.Decompress)) gzip.CopyTo(unpacked);
        return Packed(Mutator.Bytes(ref random, unpacked.ToArray()));
    }

    public static byte[] Packed(byte[] file)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(file);
        return packed.ToArray();
    }

    private static uint[] MakeCrc()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            table[n] = n;
            for (int k = 0; k < 8; k++) table[n] = (table[n] & 1) != 0 ? 0xEDB88320 ^ (table[n] >> 1) : table[n] >> 1;
        }

        return table;
    }
}

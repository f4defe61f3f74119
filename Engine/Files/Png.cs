using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using GenEngine.Kernels;

namespace GenEngine.Files;

/// <summary>
/// PNG (ISO/IEC 15948), 8-bit grey and RGB. Rows are written unfiltered: on sheets of small pictures that is both smaller and
/// faster than choosing a filter per row, and it needs no package. Notes are tEXt chunks where Latin-1 can say them, else iTXt.
/// </summary>
public static partial class Png
{
    private const int HeaderLength = 13;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    internal const int SignatureLength = 8;

    /// <summary>Deflate packs at most 258 bytes into 2 bits, so what claims to be more is damaged and needs no memory.</summary>
    internal const long MostPerByte = 1032;

    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <summary>Writes a picture atomically; <paramref name="text"/> adds notes (key: 1 to 79 Latin-1 characters).</summary>
    /// <exception cref="EngineException">The file cannot be written.</exception>
    public static void Write(string path, Bitmap image, params (string Key, string Text)[] text) =>
        AtomicFile.Write(path, stream => Encode(stream, image, text));

    /// <summary>Writes a picture to a stream, which stays open; <paramref name="text"/> as in <see cref="Write"/>.</summary>
    /// <exception cref="ArgumentException">A key has not 1 to 79 characters, or others than those of Latin-1.</exception>
    public static void Encode(Stream stream, Bitmap image, params (string Key, string Text)[] text)
    {
        WriteStart(stream, image, text);
        WriteChunk(stream, "IDAT"u8, Deflate(image, 0, 0, image.Width, image.Height, before: 0));
        WriteEnd(stream);
    }

    /// <summary>All that comes before the first chunk that is about pixels: signature, header, notes.</summary>
    internal static void WriteStart(Stream stream, Bitmap image, ReadOnlySpan<(string Key, string Text)> text)
    {
        stream.Write(Signature);

        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
        header[8] = 8; // bits a sample
        header[9] = image.Channels == 1 ? (byte)0 : (byte)2; // grey or RGB
        WriteChunk(stream, "IHDR"u8, header);

        foreach ((string key, string value) in text)
        {
            if (key.Length is 0 or > 79 || key.Any(character => character > byte.MaxValue)) throw new ArgumentException($"A PNG text key has 1 to 79 characters, all of Latin-1: '{key}'.");
            if (value.All(character => character <= byte.MaxValue)) WriteChunk(stream, "tEXt"u8, Encoding.Latin1.GetBytes($"{key}\0{value}"));
            else WriteChunk(stream, "iTXt"u8, [.. Encoding.Latin1.GetBytes(key), .. InternationalHead, .. Encoding.UTF8.GetBytes(value)]);
        }
    }

    /// <summary>What stands between key and text of an iTXt chunk that is not compressed: the key's end, two zeros, no language, no translated key.</summary>
    private static ReadOnlySpan<byte> InternationalHead => [0, 0, 0, 0, 0];

    internal static void WriteEnd(Stream stream) => WriteChunk(stream, "IEND"u8, []);

    /// <summary>The compressed rows of one part of a picture, behind <paramref name="before"/> bytes left free for the caller.</summary>
    internal static Span<byte> Deflate(
        Bitmap image, int left, int top, int width, int height, int before, CompressionLevel level = CompressionLevel.Optimal)
    {
        var data = new MemoryStream();
        data.SetLength(before);
        data.Position = before;
        using (var zlib = new ZLibStream(data, level, leaveOpen: true))
        {
            for (int y = top; y < top + height; y++)
            {
                zlib.WriteByte(0); // filter: none
                zlib.Write(image.Pixels, (y * image.Width + left) * image.Channels, width * image.Channels);
            }
        }
        return data.GetBuffer().AsSpan(0, (int)data.Length);
    }

    internal static bool HasSignature(ReadOnlySpan<byte> file) => file.StartsWith(Signature);

    internal static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        stream.Write(word);
        stream.Write(type);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(word, ~Crc(Crc(uint.MaxValue, type), data));
        stream.Write(word);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte b in data) crc = CrcTable[(byte)(crc ^ b)] ^ (crc >> 8);
        return crc;
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (uint n = 0; n < 256; n++)
        {
            uint c = n;
            for (int k = 0; k < 8; k++) c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            table[n] = c;
        }
        return table;
    }
}

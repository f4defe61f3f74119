using System.Buffers.Binary;
using System.IO.Compression;
using GenEngine.Files;
using StbImageWriteSharp;

namespace GenEngine.Tests.Files;

/// <summary>Picture files of every kind that the tests need, made on the spot.</summary>
internal static class MadePictures
{
    /// <summary>A JPEG whose colour grows along x (red) and y (green), over a blue of its own.</summary>
    public static byte[] Jpeg(int width, int height, byte blue, int quality = 95)
    {
        using var stream = new MemoryStream();
        new ImageWriter().WriteJpg(Gradient(width, height, blue), width, height, ColorComponents.RedGreenBlue, stream, quality);
        return stream.ToArray();
    }

    public static byte[] Png(int width, int height, byte blue)
    {
        using var stream = new MemoryStream();
        GenEngine.Files.Png.Encode(stream, new Bitmap(width, height, 3, Gradient(width, height, blue)));
        return stream.ToArray();
    }

    public static byte[] Bmp(int width, int height, byte blue)
    {
        using var stream = new MemoryStream();
        new ImageWriter().WriteBmp(Gradient(width, height, blue), width, height, ColorComponents.RedGreenBlue, stream);
        return stream.ToArray();
    }

    public static byte[] Gradient(int width, int height, byte blue)
    {
        var pixels = new byte[width * height * 3];
        for (int y = 0, at = 0; y < height; y++)
            for (int x = 0; x < width; x++, at += 3) (pixels[at], pixels[at + 1], pixels[at + 2]) = ((byte)(255 * x / width), (byte)(255 * y / height), blue);
        return pixels;
    }

    /// <summary>A JPEG with its orientation in an APP1 segment, big- or little-endian.</summary>
    public static byte[] WithOrientation(byte[] jpeg, int orientation, bool little)
    {
        var tiff = new byte[26];
        void Half(int at, int value)
        {
            if (little) BinaryPrimitives.WriteUInt16LittleEndian(tiff.AsSpan(at), (ushort)value);
            else BinaryPrimitives.WriteUInt16BigEndian(tiff.AsSpan(at), (ushort)value);
        }

        (tiff[0], tiff[1]) = little ? ((byte)'I', (byte)'I') : ((byte)'M', (byte)'M');
        Half(2, 42);
        Half(little ? 4 : 6, 8); // where the directory begins
        Half(8, 1);              // one entry: tag, type short, one value
        Half(10, 0x0112);
        Half(12, 3);
        Half(little ? 14 : 16, 1);
        Half(18, orientation);
        byte[] segment = [0xFF, 0xE1, 0, (byte)(2 + 6 + tiff.Length), .. "Exif\0\0"u8, .. tiff];
        return [.. jpeg[..2], .. segment, .. jpeg[2..]];
    }

    /// <summary>A PNG of any kind: samples are given row by row as they are stored.</summary>
    public static byte[] RawPng(int width, int height, int bits, int colorType, byte[] rows, int? orientation = null)
    {
        using var stream = new MemoryStream();
        stream.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = ((byte)bits, (byte)colorType);
        Chunk(stream, "IHDR"u8, header);
        if (orientation is { } turn) Chunk(stream, "eXIf"u8, WithOrientation([0, 0], turn, little: true).AsSpan(12));
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            int stride = height == 0 ? 0 : rows.Length / height;
            for (int y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(rows, y * stride, stride);
            }
        }
        Chunk(stream, "IDAT"u8, data.ToArray());
        Chunk(stream, "IEND"u8, []);
        return stream.ToArray();
    }

    /// <summary>
    /// A baseline JPEG of flat 8x8 blocks: only DC terms, quantised by 8, so that a block's value v is stored exactly. One component is grey,
    /// four with Adobe's marker are inverted CMYK.
    /// </summary>
    public static byte[] FlatJpeg(int blocksWide, int blocksHigh, int components, Func<int, int, int, int> value, bool adobe = false, int bits = 8)
    {
        var file = new List<byte> { 0xFF, 0xD8 };
        void Segment(byte marker, params byte[] body) => file.AddRange([0xFF, marker, (byte)((body.Length + 2) >> 8), (byte)(body.Length + 2), .. body]);

        if (adobe) Segment(0xEE, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, 0]);
        Segment(0xDB, [0, .. Enumerable.Repeat((byte)8, 64)]);
        int width = 8 * blocksWide, height = 8 * blocksHigh;
        byte[] frame = [(byte)bits, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, (byte)components];
        for (int c = 0; c < components; c++) frame = [.. frame, (byte)(c + 1), 0x11, 0];
        Segment(0xC0, frame);
        Segment(0xC4, [0x00, 0, 0, 0, 12, .. new byte[12], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]); // twelve categories, four bits each
        Segment(0xC4, [0x10, 1, .. new byte[15], 0]);                                                 // end of block: one bit
        byte[] scan = [(byte)components];
        for (int c = 0; c < components; c++) scan = [.. scan, (byte)(c + 1), 0];
        Segment(0xDA, [.. scan, 0, 63, 0]);

        ulong pending = 0;
        int have = 0;
        void Bits(int bitsValue, int count)
        {
            for (int i = count - 1; i >= 0; i--)
            {
                pending = pending << 1 | (uint)(bitsValue >> i & 1);
                if (++have < 8) continue;
                file.Add((byte)pending);
                if ((byte)pending == 0xFF) file.Add(0);
                (pending, have) = (0, 0);
            }
        }

        var before = new int[components];
        for (int y = 0; y < blocksHigh; y++)
        {
            for (int x = 0; x < blocksWide; x++)
            {
                for (int c = 0; c < components; c++)
                {
                    int dc = value(x, y, c) - 128, difference = dc - before[c], category = 32 - int.LeadingZeroCount(Math.Abs(difference));
                    before[c] = dc;
                    Bits(category, 4);
                    Bits(difference < 0 ? difference - 1 + (1 << category) : difference, category);
                    Bits(0, 1);
                }
            }
        }
        while (have != 0) Bits(1, 1);
        return [.. file, 0xFF, 0xD9];
    }

    private static void Chunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, data.Length);
        stream.Write(word);
        byte[] typed = [.. type, .. data];
        stream.Write(typed);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc(typed));
        stream.Write(word);
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int k = 0; k < 8; k++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }
        return ~crc;
    }
}

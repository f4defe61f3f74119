using System.Buffers.Binary;

namespace GenEngine.Files;

/// <summary>The one thing of EXIF (JEITA CP-3451) that changes what a picture shows: how the camera was held.</summary>
public static class Exif
{
    private const ushort OrientationTag = 0x0112;

    /// <summary>1 (as stored) to 8, from a TIFF block; 1 where there is none or it is damaged.</summary>
    public static int Orientation(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 14) return 1;
        bool little = tiff.StartsWith("II"u8);
        if (!little && !tiff.StartsWith("MM"u8)) return 1;
        uint start = Word(tiff[4..], little);
        if (start > (uint)tiff.Length - 2) return 1;
        int entries = Half(tiff[(int)start..], little);
        for (int i = 0; i < entries; i++)
        {
            long at = start + 2 + 12L * i;
            if (at + 12 > tiff.Length) return 1;
            ReadOnlySpan<byte> entry = tiff.Slice((int)at, 12);
            if (Half(entry, little) != OrientationTag) continue;
            int value = Half(entry[8..], little);
            return value is >= 1 and <= 8 ? value : 1;
        }
        return 1;

        static uint Word(ReadOnlySpan<byte> at, bool little) => little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);

        static ushort Half(ReadOnlySpan<byte> at, bool little) => little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);
    }

    /// <summary>Turns and mirrors a square picture as its orientation asks: [side, side, channels].</summary>
    public static void Turn(ReadOnlySpan<byte> from, Span<byte> to, int side, int channels, int orientation)
    {
        int last = side - 1;
        for (int y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
            {
                // where the pixel that is seen at (x, y) is stored
                (int sx, int sy) = orientation switch
                {
                    2 => (last - x, y),
                    3 => (last - x, last - y),
                    4 => (x, last - y),
                    5 => (y, x),
                    6 => (y, last - x),
                    7 => (last - y, last - x),
                    8 => (last - y, x),
                    _ => (x, y),
                };
                from.Slice((sy * side + sx) * channels, channels).CopyTo(to[((y * side + x) * channels)..]);
            }
        }
    }
}

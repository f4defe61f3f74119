namespace GenEngine.Files;

/// <summary>An 8-bit picture, rows from the top: grey (1 channel) or RGB (3 channels, interleaved).</summary>
public sealed class Bitmap
{
    /// <exception cref="ArgumentException">A side is not positive, channels is neither 1 nor 3, or the pixels do not fit.</exception>
    public Bitmap(int width, int height, int channels, byte[] pixels)
    {
        if (width <= 0 || height <= 0) throw new ArgumentException($"A picture needs positive sides, not {width}x{height}.");
        if (channels is not (1 or 3)) throw new ArgumentException($"A picture has 1 channel (grey) or 3 (RGB), not {channels}.");
        long size = (long)width * height * channels;
        if (pixels.LongLength != size)
            throw new ArgumentException($"{width}x{height}x{channels} pixels are {size} bytes, not {pixels.LongLength}.");
        (Width, Height, Channels, Pixels) = (width, height, channels, pixels);
    }

    public Bitmap(int width, int height, int channels) : this(width, height, channels, new byte[checked(width * height * channels)]) { }

    /// <summary>Columns of pixels, at least 1.</summary>
    public int Width { get; }

    /// <summary>Rows of pixels, at least 1.</summary>
    public int Height { get; }

    /// <summary>1 grey, 3 RGB.</summary>
    public int Channels { get; }

    /// <summary>[height * width * channels], rows from the top.</summary>
    public byte[] Pixels { get; }

    /// <summary>The channels of one pixel.</summary>
    public Span<byte> this[int x, int y] => Pixels.AsSpan((y * Width + x) * Channels, Channels);
}

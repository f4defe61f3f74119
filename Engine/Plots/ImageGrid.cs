using GenEngine.Files;

namespace GenEngine.Plots;

/// <summary>How <see cref="ImageGrid"/> lays out its tiles.</summary>
public sealed record GridOptions
{
    /// <summary>Tiles in a row; 0 takes a nearly square sheet.</summary>
    public int Columns { get; init; }

    /// <summary>Pixels between tiles and around them.</summary>
    public int Gap { get; init; } = 2;

    /// <summary>Each pixel becomes a square of so many pixels.</summary>
    public int Scale { get; init; } = 1;

    /// <summary>Above all tiles, made smaller, then shortened, to fit; empty for none.</summary>
    public string Title { get; init; } = "";

    /// <summary>Above each column, from the left.</summary>
    public IReadOnlyList<string> ColumnLabels { get; init; } = [];

    /// <summary>Before each row, from the top.</summary>
    public IReadOnlyList<string> RowLabels { get; init; } = [];

    /// <summary>Under each tile.</summary>
    public IReadOnlyList<string> Captions { get; init; } = [];
}

/// <summary>Sheets of small pictures: samples, reconstructions, a latent manifold.</summary>
public static class ImageGrid
{
    private const double TextSize = 8;
    private const double SmallestText = 5;

    /// <summary>
    /// Tiles images row by row on white. Images are [count, height, width, channels], channels 1 or 3; the sheet has as many channels.
    /// </summary>
    /// <exception cref="ArgumentException">No image, or the bytes are not whole images.</exception>
    public static Bitmap Tile(ReadOnlySpan<byte> images, int height, int width, int channels, GridOptions? options = null)
    {
        options ??= new GridOptions();
        int size = height * width * channels;
        if (size <= 0 || images.Length == 0 || images.Length % size != 0)
            throw new ArgumentException($"{images.Length} bytes are not one or more {height}x{width}x{channels} images.");
        if (options.Scale < 1 || options.Gap < 0 || options.Columns < 0) throw new ArgumentException($"{options} cannot be laid out.");

        int count = images.Length / size;
        int columns = options.Columns > 0 ? options.Columns : (int)Math.Ceiling(Math.Sqrt(count)), rows = (count + columns - 1) / columns;
        int line = (int)TextSize + 6;
        int left = (int)Math.Ceiling(options.RowLabels.Select(l => StrokeFont.Width(l, TextSize) + 8).DefaultIfEmpty(0).Max());
        int top = (options.Title.Length > 0 ? line + 4 : 0) + (options.ColumnLabels.Count > 0 ? line : 0);
        int tileWidth = width * options.Scale, tileHeight = height * options.Scale;
        int stepX = tileWidth + options.Gap, stepY = tileHeight + options.Gap + (options.Captions.Count > 0 ? line : 0);

        var sheet = new Bitmap(left + columns * stepX + options.Gap, top + rows * stepY + options.Gap, channels);
        sheet.Pixels.AsSpan().Fill(255);
        for (int i = 0; i < count; i++)
        {
            int x = left + options.Gap + i % columns * stepX, y = top + options.Gap + i / columns * stepY;
            Paste(sheet, x, y, images.Slice(i * size, size), height, width, options.Scale);
        }
        if (left == 0 && top == 0 && options.Captions.Count == 0) return sheet;

        var canvas = new Canvas(sheet);
        Label(canvas, options.Title, sheet.Width / 2.0, 4, sheet.Width - 4);
        for (int c = 0; c < Math.Min(columns, options.ColumnLabels.Count); c++)
            Label(canvas, options.ColumnLabels[c], left + options.Gap + c * stepX + tileWidth / 2.0, top - line + 4, stepX);
        for (int r = 0; r < Math.Min(rows, options.RowLabels.Count); r++)
        {
            double middle = top + options.Gap + r * stepY + tileHeight / 2.0;
            canvas.Text(new Vec2(left - 3, middle - TextSize / 2), options.RowLabels[r], TextSize, Rgb.Ink, TextAnchor.Right);
        }
        for (int i = 0; i < Math.Min(count, options.Captions.Count); i++)
        {
            double x = left + options.Gap + i % columns * stepX + tileWidth / 2.0;
            double y = top + options.Gap + i / columns * stepY + tileHeight + 3;
            Label(canvas, options.Captions[i], x, y, stepX);
        }
        return sheet;
    }

    /// <summary>
    /// Values as bytes: <paramref name="low"/> and below is black, <paramref name="high"/> and above white, NaN black.
    /// Networks that end in a sigmoid span 0 to 1, in a tanh -1 to 1.
    /// </summary>
    public static byte[] ToBytes(ReadOnlySpan<float> values, float low = 0, float high = 1)
    {
        var bytes = new byte[values.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            float share = (values[i] - low) / (high - low);
            bytes[i] = share > 0 ? (byte)(Math.Min(share, 1) * 255 + 0.5f) : (byte)0;
        }
        return bytes;
    }

    private static void Paste(Bitmap sheet, int left, int top, ReadOnlySpan<byte> image, int height, int width, int scale)
    {
        int channels = sheet.Channels;
        for (int y = 0; y < height * scale; y++)
            for (int x = 0; x < width * scale; x++)
                image.Slice((y / scale * width + x / scale) * channels, channels).CopyTo(sheet[left + x, top + y]);
    }

    /// <summary>Text made to fit its tile: first smaller, then shorter.</summary>
    private static void Label(Canvas canvas, string text, double middle, double top, double room)
    {
        double size = Math.Clamp(TextSize * room / Math.Max(1, StrokeFont.Width(text, TextSize) + 2), SmallestText, TextSize);
        while (text.Length > 1 && StrokeFont.Width(text, size) > room) text = text[..^1];
        canvas.Text(new Vec2(middle, top + (TextSize - size) / 2), text, size, Rgb.Ink, TextAnchor.Middle);
    }
}

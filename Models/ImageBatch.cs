using GenEngine.Files;
using GenEngine.Plots;

namespace GenEngine.Models;

/// <summary>Some images of one size, 8 bits a value. Immutable, so any number of threads may read one.</summary>
public sealed class ImageBatch
{
    private readonly byte[] _pixels;

    /// <param name="height">Rows of an image.</param>
    /// <param name="width">Columns of an image.</param>
    /// <param name="channels">1, grey, or 3, red, green and blue.</param>
    /// <param name="pixels">[count, height, width, channels]; copied.</param>
    /// <exception cref="ArgumentException">Extents that are no image's, or pixels that do not fill whole images.</exception>
    public ImageBatch(int height, int width, int channels, ReadOnlySpan<byte> pixels) : this(height, width, channels, pixels.ToArray(), 0) { }

    private ImageBatch(int height, int width, int channels, byte[] own, int _)
    {
        if (height < 1 || width < 1 || channels is not (1 or 3)) throw new ArgumentException($"No images are {height}x{width} with {channels} channels.");
        (Height, Width, Channels) = (height, width, channels);
        if (own.Length % ItemSize != 0) throw new ArgumentException($"{own.Length} bytes do not fill images of {height}x{width}x{channels}.");
        _pixels = own;
    }

    /// <summary>Values in [0, 1], rounded to bytes: [count, height, width, channels].</summary>
    internal static ImageBatch Of(DataShape shape, ReadOnlySpan<float> values) => new(shape.Height, shape.Width, shape.Channels, ImageGrid.ToBytes(values), 0);

    /// <summary>How many images.</summary>
    public int Count => _pixels.Length / ItemSize;

    /// <summary>Rows of an image.</summary>
    public int Height { get; }

    /// <summary>Columns of an image.</summary>
    public int Width { get; }

    /// <summary>1, grey, or 3, red, green and blue.</summary>
    public int Channels { get; }

    /// <summary>All of them: [count, height, width, channels].</summary>
    public ReadOnlyMemory<byte> Pixels => _pixels;

    /// <summary>One image: [height, width, channels].</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return _pixels.AsSpan(index * ItemSize, ItemSize);
        }
    }

    /// <summary>Writes one image as a PNG.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public void WritePng(int index, Stream stream) => Png.Encode(stream, new Bitmap(Width, Height, Channels, this[index].ToArray()));

    /// <summary>One image as a PNG.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public byte[] ToPng(int index)
    {
        using var stream = new MemoryStream();
        WritePng(index, stream);
        return stream.ToArray();
    }

    /// <summary>Writes all of them as one PNG, in rows.</summary>
    /// <param name="columns">Images in a row; 0 makes the sheet about square.</param>
    public void WriteSheet(Stream stream, int columns = 0) => Png.Encode(stream, Sheet(columns));

    /// <summary>Writes all of them as one PNG, in rows; the file is there whole or not at all.</summary>
    /// <param name="columns">Images in a row; 0 makes the sheet about square.</param>
    /// <exception cref="Kernels.EngineException">The file cannot be written.</exception>
    public void SaveSheet(string path, int columns = 0) => Png.Write(path, Sheet(columns), ("Software", "GenEngine"));

    private int ItemSize => Height * Width * Channels;

    /// <summary>Values in [0, 1]: [count, height * width * channels].</summary>
    internal float[] ToFloats() => Array.ConvertAll(_pixels, value => value / 255f);

    private Bitmap Sheet(int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (Count == 0) throw new InvalidOperationException("There are no images to write.");
        return ImageGrid.Tile(_pixels, Height, Width, Channels, new GridOptions { Columns = columns > 0 ? columns : (int)Math.Ceiling(Math.Sqrt(Count)), Gap = 1, Scale = LatentPictures.ScaleOf(Width) });
    }
}

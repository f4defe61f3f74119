using System.Buffers.Binary;
using StbImageSharp;

namespace GenEngine.Files;

/// <summary>Why a picture cannot be used, in words for its owner.</summary>
public sealed class PictureException(string message) : Exception(message)
{
    /// <summary>The picture is whole but has no pixels.</summary>
    public bool ZeroSize { get; init; }
}

/// <summary>
/// Decodes JPEG, PNG and BMP files of strangers, told by their first bytes and not by their names: 16 bits a sample become 8, CMYK becomes RGB,
/// transparency is laid on white, and the EXIF orientation is read. The decoder is lenient, so damage is looked for here: a JPEG has to reach
/// its end marker, a PNG's chunks have to match their checksums.
/// </summary>
public static class PictureFile
{
    /// <summary>A picture of more pixels is refused, since one file must not take all memory: 100 million.</summary>
    public const long MaxPixels = 100_000_000;

    /// <summary>Ends of the names of files that are taken for pictures.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp"];

    /// <summary>Ends of names of pictures that cannot be read here; they are told to the user and not passed over.</summary>
    public static IReadOnlyList<string> OtherExtensions { get; } = [".gif", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".tga"];

    /// <summary>Decodes a picture to RGB as it is stored; <paramref name="orientation"/> (EXIF, 1 to 8) says how it is to be turned.</summary>
    /// <exception cref="PictureException">Not a picture, of a kind that cannot be read, damaged, cut short, or without pixels.</exception>
    public static Bitmap Decode(byte[] file, out int orientation)
    {
        if (file.Length == 0) throw new PictureException("the file is empty");
        orientation = 1;
        long most;
        if (file.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8])) (orientation, most) = CheckJpeg(file);
        else if (Png.HasSignature(file)) (orientation, most) = CheckPng(file);
        else if (file.AsSpan().StartsWith("BM"u8)) most = MostOfBmp(file);
        else throw new PictureException("it is neither a JPEG nor a PNG nor a BMP; convert it to one of them");
        CheckSize(file, most);
        ImageResult image;
        try
        {
            image = ImageResult.FromMemory(file, ColorComponents.RedGreenBlueAlpha);
        }
        catch (Exception e) when (e is not OutOfMemoryException) // the decoder throws what it likes at damaged files
        {
            throw new PictureException($"its pixels cannot be decoded ({e.Message.TrimEnd('.')})");
        }
        return Flatten(image);
    }

    /// <summary>Laid on white where it is transparent.</summary>
    private static Bitmap Flatten(ImageResult image)
    {
        var picture = new Bitmap(image.Width, image.Height, 3);
        byte[] from = image.Data, to = picture.Pixels;
        for (int i = 0, j = 0; j < to.Length; i += 4, j += 3)
        {
            int alpha = from[i + 3];
            for (int c = 0; c < 3; c++) to[j + c] = alpha == 255 ? from[i + c] : (byte)((from[i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
        }
        return picture;
    }

    /// <param name="file">The whole file.</param>
    /// <param name="most">More pixels than its bytes can hold are a damaged header, or a file made to fill memory.</param>
    private static void CheckSize(byte[] file, long most)
    {
        ImageInfo? info;
        try
        {
            using var stream = new MemoryStream(file);
            info = ImageInfo.FromStream(stream);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new PictureException($"its header cannot be read ({e.Message.TrimEnd('.')})");
        }
        if (info is not { } size) throw new PictureException("its header cannot be read");
        if (size.Width <= 0 || size.Height == 0) throw Empty(size.Width, size.Height);
        if ((long)size.Width * Math.Abs((long)size.Height) > MaxPixels)
            throw new PictureException($"it is {size.Width}x{size.Height}; pictures of more than {MaxPixels / 1_000_000} million pixels are not read, make it smaller");
        if ((long)size.Width * Math.Abs((long)size.Height) > most)
            throw new PictureException($"its header says {size.Width}x{size.Height}, and its {file.Length} bytes cannot hold so many pixels: it is damaged or cut short");
    }

    private static PictureException Empty(int width, int height) => new($"it is {width}x{height}: a picture without pixels") { ZeroSize = true };

    /// <summary>The rows of a BMP are not packed; the kinds that are, nobody decodes here.</summary>
    private static long MostOfBmp(ReadOnlySpan<byte> file)
    {
        if (file.Length < 30) throw new PictureException($"it is cut short: {file.Length} bytes are no BMP");
        bool old = BinaryPrimitives.ReadUInt32LittleEndian(file[14..]) == 12; // the header of OS/2 has sides of 16 bits
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(file[(old ? 24 : 28)..]);
        return 8L * file.Length / Math.Max(1, bits);
    }

    /// <summary>Walks the segments up to the first scan, and looks for the end marker behind it.</summary>
    private static (int Orientation, long Most) CheckJpeg(ReadOnlySpan<byte> file)
    {
        const long MostPerByte = 512; // a block of 64 pixels takes a bit at least
        int orientation = 1;
        int at = 2;
        while (true)
        {
            if (at + 4 > file.Length) throw Short(at);
            if (file[at] != 0xFF) throw new PictureException($"its segments do not follow one another at byte {at}: it is damaged");
            byte marker = file[at + 1];
            if (marker is 0xFF) { at++; continue; } // fill bytes
            int length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (length < 2 || at + 2 + length > file.Length) throw Short(at);
            ReadOnlySpan<byte> body = file.Slice(at + 4, length - 2);
            if (marker == 0xE1 && body.StartsWith("Exif\0\0"u8)) orientation = Exif.Orientation(body[6..]);
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC)) CheckFrame(marker, body, at);
            at += 2 + length;
            if (marker == 0xDA) break;
            if (marker == 0xD9) throw new PictureException($"it ends at byte {at} and holds no image data");
        }
        // in the coded data every FF is followed by 00 or a restart marker, so that FF D9 is the end; phones append things after it
        if (file[at..].IndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) < 0) throw Short(at);
        return (orientation, file.Length * MostPerByte);

        static PictureException Short(int at) => new($"it is cut short: what begins at byte {at} has no end");

        static void CheckFrame(byte kind, ReadOnlySpan<byte> frame, int at)
        {
            if (frame.Length < 6) throw Short(at);
            if (frame[0] != 8) throw new PictureException($"it has {frame[0]} bits a sample; a JPEG is read with 8");
            if (kind is not (0xC0 or 0xC1 or 0xC2)) throw new PictureException("it is a lossless, hierarchical or arithmetic-coded JPEG; save it as a baseline or progressive one");
            int height = BinaryPrimitives.ReadUInt16BigEndian(frame[1..]), width = BinaryPrimitives.ReadUInt16BigEndian(frame[3..]);
            if (width == 0 || height == 0) throw Empty(width, height);
        }
    }

    private static (int Orientation, long Most) CheckPng(ReadOnlySpan<byte> file)
    {
        int orientation = 1, bits = 1;
        long packed = 0;
        bool ended = false;
        try
        {
            for (int at = Png.SignatureLength; !ended;)
            {
                ReadOnlySpan<byte> type = Png.Chunk(file, ref at, out ReadOnlySpan<byte> data);
                if (type.SequenceEqual("IHDR"u8) && data.Length >= 8)
                {
                    int width = BinaryPrimitives.ReadInt32BigEndian(data), height = BinaryPrimitives.ReadInt32BigEndian(data[4..]);
                    if (width == 0 || height == 0) throw Empty(width, height);
                    if (data.Length >= 10) bits = Math.Max(1, data[8] * (data[9] switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 }));
                }
                if (type.SequenceEqual("IDAT"u8)) packed += data.Length;
                if (type.SequenceEqual("eXIf"u8)) orientation = Exif.Orientation(data);
                ended = type.SequenceEqual("IEND"u8);
            }
        }
        catch (InvalidDataException e)
        {
            throw new PictureException(e.Message.TrimEnd('.'));
        }
        return (orientation, packed * Png.MostPerByte * 8 / bits);
    }
}

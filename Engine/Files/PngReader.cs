using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using GenEngine.Kernels;

namespace GenEngine.Files;

public static partial class Png
{
    /// <summary>Reads an 8-bit grey or RGB picture that is not interlaced (all that <see cref="Write"/> makes).</summary>
    /// <exception cref="EngineException">The file is missing, damaged, or of a kind this reader does not know.</exception>
    public static Bitmap Read(string path) => Read(path, out _);

    /// <summary>Reads a picture and its notes: tEXt, and iTXt that is not compressed.</summary>
    /// <exception cref="EngineException">The file is missing, damaged, or of a kind this reader does not know.</exception>
    public static Bitmap Read(string path, out IReadOnlyDictionary<string, string> text)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{path} could not be read: {e.Message}", e);
        }
        try
        {
            return Decode(file, out text);
        }
        catch (InvalidDataException e)
        {
            throw new EngineException($"{path} is not a PNG that can be read here: {e.Message} Convert it to 8-bit grey or RGB.", e);
        }
    }

    /// <exception cref="InvalidDataException">Damaged, or of a kind this reader does not know.</exception>
    internal static Bitmap Decode(ReadOnlySpan<byte> file, out IReadOnlyDictionary<string, string> text)
    {
        if (!file.StartsWith(Signature)) throw new InvalidDataException("its first 8 bytes are not those of a PNG.");
        var notes = new Dictionary<string, string>(StringComparer.Ordinal);
        using var compressed = new MemoryStream();
        (int Width, int Height, int Channels)? header = null;
        bool ended = false;
        for (int at = Signature.Length; !ended;)
        {
            int begin = at;
            ReadOnlySpan<byte> type = Chunk(file, ref at, out ReadOnlySpan<byte> data);
            if (header is null) header = Header(type, data);
            else if (type.SequenceEqual("IDAT"u8)) compressed.Write(data);
            else if (type.SequenceEqual("IEND"u8)) ended = true;
            else if (type.SequenceEqual("tEXt"u8)) Note(notes, data);
            else if (type.SequenceEqual("iTXt"u8)) International(notes, data);
            else if ((type[0] & 0x20) == 0) throw new InvalidDataException($"it needs the chunk {NameOf(type)} at byte {begin}.");
        }
        var (width, height, channels) = header!.Value;
        if (height * (1 + (long)width * channels) > compressed.Length * MostPerByte)
            throw new InvalidDataException($"it has fewer rows than its header says: {compressed.Length} packed bytes cannot hold {width}x{height} pixels.");
        var image = new Bitmap(width, height, channels);
        compressed.Position = 0;
        Inflate(compressed, image);
        text = notes;
        return image;
    }

    /// <summary>The type and the data of the chunk at <paramref name="at"/>, which moves on to the next.</summary>
    /// <exception cref="InvalidDataException">Cut short, or a checksum that is wrong.</exception>
    internal static ReadOnlySpan<byte> Chunk(ReadOnlySpan<byte> file, ref int at, out ReadOnlySpan<byte> data)
    {
        if (file.Length - at < 12) throw new InvalidDataException($"it is cut short: {file.Length - at} bytes are left for the chunk at byte {at}.");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
        if (length > (uint)(file.Length - at - 12)) throw new InvalidDataException($"it is cut short: the chunk at byte {at} should have {length} bytes, and {file.Length - at - 12} are there.");
        ReadOnlySpan<byte> typed = file.Slice(at + 4, 4 + (int)length);
        if (~Crc(uint.MaxValue, typed) != BinaryPrimitives.ReadUInt32BigEndian(file[(at + 8 + (int)length)..]))
            throw new InvalidDataException($"the checksum of the chunk {NameOf(typed[..4])} at byte {at} is wrong, so the file is damaged.");
        at += 12 + (int)length;
        data = typed[4..];
        return typed[..4];
    }

    /// <summary>A chunk's four letters, or their codes where they are none.</summary>
    private static string NameOf(ReadOnlySpan<byte> type)
    {
        foreach (byte letter in type)
            if (!char.IsAsciiLetter((char)letter)) return Convert.ToHexString(type);
        return Encoding.Latin1.GetString(type);
    }

    private static (int Width, int Height, int Channels) Header(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (!type.SequenceEqual("IHDR"u8) || data.Length != HeaderLength) throw new InvalidDataException("its header is wrong.");
        uint width = BinaryPrimitives.ReadUInt32BigEndian(data), height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        int channels = data[9] switch { 0 => 1, 2 => 3, _ => 0 };
        if (data[8] != 8 || channels == 0 || data[12] != 0)
            throw new InvalidDataException($"it has {data[8]} bits a sample, colour type {data[9]}, interlace {data[12]}.");
        if (width is 0 or > 1 << 20 || height is 0 or > 1 << 20 || (ulong)width * height * (uint)channels > (ulong)Array.MaxLength)
            throw new InvalidDataException($"its sides are {width}x{height}.");
        return ((int)width, (int)height, channels);
    }

    private static void Note(Dictionary<string, string> notes, ReadOnlySpan<byte> data)
    {
        int zero = data.IndexOf((byte)0);
        if (zero > 0) notes[Encoding.Latin1.GetString(data[..zero])] = Encoding.Latin1.GetString(data[(zero + 1)..]);
    }

    /// <summary>Key, zero, compressed or not, method, language, zero, translated key, zero, text in UTF-8.</summary>
    private static void International(Dictionary<string, string> notes, ReadOnlySpan<byte> data)
    {
        int key = data.IndexOf((byte)0);
        if (key <= 0 || data.Length < key + 3 || data[key + 1] != 0) return;
        ReadOnlySpan<byte> rest = data[(key + 3)..];
        int language = rest.IndexOf((byte)0), translated = language < 0 ? -1 : rest[(language + 1)..].IndexOf((byte)0);
        if (translated >= 0) notes[Encoding.Latin1.GetString(data[..key])] = Encoding.UTF8.GetString(rest[(language + translated + 2)..]);
    }

    private static void Inflate(Stream compressed, Bitmap image)
    {
        int stride = image.Width * image.Channels;
        Span<byte> above = new byte[stride];
        using var zlib = new ZLibStream(compressed, CompressionMode.Decompress);
        for (int y = 0; y < image.Height; y++)
        {
            Span<byte> row = image.Pixels.AsSpan(y * stride, stride);
            int filter = Unpack(zlib, row);
            if (filter is < 0 or > 4) throw new InvalidDataException($"row {y} has filter {filter}, which does not exist.");
            Unfilter(filter, row, above, image.Channels);
            above = row;
        }
    }

    /// <summary>Fills a row; gives its filter.</summary>
    private static int Unpack(ZLibStream zlib, Span<byte> row)
    {
        try
        {
            int filter = zlib.ReadByte();
            zlib.ReadExactly(row);
            return filter;
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException("it has fewer rows than its header says.");
        }
        catch (Exception e) when (e is InvalidDataException or IOException) // zlib's dictionaries, which no PNG has, are an IOException
        {
            throw new InvalidDataException($"its rows cannot be unpacked ({e.Message.TrimEnd('.')}).", e);
        }
    }

    private static void Unfilter(int filter, Span<byte> row, ReadOnlySpan<byte> above, int pixel)
    {
        for (int i = 0; i < row.Length && filter != 0; i++)
        {
            int left = i >= pixel ? row[i - pixel] : 0, up = above[i], corner = i >= pixel ? above[i - pixel] : 0;
            row[i] += (byte)(filter switch { 1 => left, 2 => up, 3 => (left + up) / 2, _ => Paeth(left, up, corner) });
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        int p = left + up - corner;
        int toLeft = Math.Abs(p - left), toUp = Math.Abs(p - up), toCorner = Math.Abs(p - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}

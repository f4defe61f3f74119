using System.Buffers.Binary;
using System.IO.Compression;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Numerics;
using NUnit.Framework;

namespace GenEngine.Tests.Files;

public class PngTests
{
    private static Bitmap Noise(int width, int height, int channels)
    {
        var image = new Bitmap(width, height, channels);
        var random = new SplitMix64(9);
        for (int i = 0; i < image.Pixels.Length; i++) image.Pixels[i] = (byte)random.Next(256);
        return image;
    }

    [TestCase(1, 1, 1)]
    [TestCase(1, 1, 3)]
    [TestCase(28, 28, 1)]
    [TestCase(301, 7, 3)]
    [TestCase(3, 500, 1)]
    public void RoundTrips(int width, int height, int channels)
    {
        using var folder = new TemporaryFolder();
        Bitmap image = Noise(width, height, channels);
        Png.Write(folder["图.png"], image, ("Title", "a grid"), ("Source", "step 100"));
        Bitmap read = Png.Read(folder["图.png"], out IReadOnlyDictionary<string, string> text);
        Assert.That((read.Width, read.Height, read.Channels), Is.EqualTo((width, height, channels)));
        Assert.That(read.Pixels, Is.EqualTo(image.Pixels));
        Assert.That(text["Title"], Is.EqualTo("a grid"));
        Assert.That(text["Source"], Is.EqualTo("step 100"));
    }

    [TestCase("naïve", "tEXt")]
    [TestCase("数字 → 7", "iTXt")]
    [TestCase("", "tEXt")]
    public void NotesKeepEveryCharacter(string note, string chunk)
    {
        using var stream = new MemoryStream();
        Png.Encode(stream, new Bitmap(2, 3, 1), ("Command", note), ("Run", "after it"));
        byte[] file = stream.ToArray();
        _ = Png.Decode(file, out var text);
        Assert.That((text["Command"], text["Run"]), Is.EqualTo((note, "after it")));
        Assert.That(file.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(chunk + "Command\0")), Is.GreaterThan(0));
    }

    [Test]
    public void HeaderAndChecksumsAreAsTheStandardSays()
    {
        using var stream = new MemoryStream();
        Png.Encode(stream, new Bitmap(2, 3, 3));
        byte[] file = stream.ToArray();
        Assert.That(file[..8], Is.EqualTo(new byte[] { 137, 80, 78, 71, 13, 10, 26, 10 }));
        Assert.That(file[8..33], Is.EqualTo(new byte[]
        {
            0, 0, 0, 13, (byte)'I', (byte)'H', (byte)'D', (byte)'R', 0, 0, 0, 2, 0, 0, 0, 3, 8, 2, 0, 0, 0, 0x36, 0x88, 0x49, 0xD6,
        }));
        // the IEND chunk, its checksum included, is the same in every PNG
        Assert.That(file[^12..], Is.EqualTo(new byte[] { 0, 0, 0, 0, (byte)'I', (byte)'E', (byte)'N', (byte)'D', 0xAE, 0x42, 0x60, 0x82 }));
    }

    [TestCase(1)]
    [TestCase(3)]
    public void ReadsEveryRowFilter(int channels)
    {
        // encode with filters 0..4 in turn by their definition, which is the inverse of what the reader does
        Bitmap image = Noise(11, 10, channels);
        int stride = image.Width * channels;
        using var raw = new MemoryStream();
        for (int y = 0; y < image.Height; y++)
        {
            int filter = y % 5;
            raw.WriteByte((byte)filter);
            for (int i = 0; i < stride; i++)
            {
                int At(int dy, int dx) => y - dy < 0 || i - dx * channels < 0 ? 0 : image.Pixels[(y - dy) * stride + i - dx * channels];
                int a = At(0, 1), b = At(1, 0), c = At(1, 1), p = a + b - c;
                int paeth = new[] { a, b, c }.MinBy(v => Math.Abs(p - v)); // MinBy keeps the first of equals, as the standard does
                raw.WriteByte((byte)(At(0, 0) - (filter switch { 0 => 0, 1 => a, 2 => b, 3 => (a + b) / 2, _ => paeth })));
            }
        }
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["f.png"], Assemble(image, raw.ToArray()));
        Assert.That(Png.Read(folder["f.png"]).Pixels, Is.EqualTo(image.Pixels));
    }

    [Test]
    public void DamageIsFoundWhereverItIs()
    {
        using var stream = new MemoryStream();
        Png.Encode(stream, Noise(8, 8, 1));
        byte[] good = stream.ToArray();
        using var folder = new TemporaryFolder();
        string path = folder["bad.png"];
        for (int at = 0; at < good.Length; at++)
        {
            byte[] bad = [.. good];
            bad[at] ^= 0x10;
            File.WriteAllBytes(path, bad);
            Assert.Throws<EngineException>(() => Png.Read(path), $"a flipped bit in byte {at} went unseen");
        }
        for (int length = 0; length < good.Length; length++)
        {
            File.WriteAllBytes(path, good[..length]);
            Assert.Throws<EngineException>(() => Png.Read(path), $"a file cut to {length} bytes went unseen");
        }
        Assert.That(Assert.Throws<EngineException>(() => Png.Read(folder["none.png"]))!.Message, Does.Contain("none.png"));
    }

    /// <summary>Memory is taken for pixels that can be there, not for those that a header promises.</summary>
    [TestCase(65535, 10000)]
    [TestCase(1 << 20, 600)]
    [TestCase(1 << 20, 1)]
    public void AHeaderThatPromisesTooMuchCostsNothing(int width, int height)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["bomb.png"], MadePictures.RawPng(width, height, 8, 2, new byte[Math.Min(height, 100)]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Assert.Throws<EngineException>(() => Png.Read(folder["bomb.png"]))!.Message;
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
        Assert.That(message, Does.Contain("bomb.png").And.Contain("fewer rows").And.Contain($"{width}x{height}"));
    }

    /// <summary>A zlib stream may ask for a dictionary, which .NET answers with an IOException; in a PNG it is damage like any other.</summary>
    [Test]
    public void RowsThatCannotBeUnpackedAreDamage()
    {
        using var stream = new MemoryStream();
        Png.Encode(stream, Noise(8, 8, 1));
        byte[] file = stream.ToArray();
        (file[41], file[42]) = (0x78, 0xF9);
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["dictionary.png"], Fuzz.FuzzFormats.Mend(file));
        Assert.That(Assert.Throws<EngineException>(() => Png.Read(folder["dictionary.png"]))!.Message, Does.Contain("dictionary.png").And.Contain("rows cannot be unpacked"));
    }

    [Test]
    public void DamageIsToldByItsPlace()
    {
        using var stream = new MemoryStream();
        Png.Encode(stream, Noise(8, 8, 1));
        byte[] cut = stream.ToArray()[..40], flipped = stream.ToArray();
        flipped[45] ^= 1;
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["cut.png"], cut);
        File.WriteAllBytes(folder["flipped.png"], flipped);
        Assert.That(Assert.Throws<EngineException>(() => Png.Read(folder["cut.png"]))!.Message, Does.Contain("cut short").And.Contain("byte 33"));
        Assert.That(Assert.Throws<EngineException>(() => Png.Read(folder["flipped.png"]))!.Message, Does.Contain("IDAT at byte 33").And.Contain("checksum"));
    }

    [Test]
    public void BitmapRefusesWhatDoesNotFit()
    {
        Assert.Throws<ArgumentException>(() => new Bitmap(2, 2, 1, new byte[5]));
        Assert.Throws<ArgumentException>(() => new Bitmap(2, 2, 4));
        Assert.Throws<ArgumentException>(() => new Bitmap(0, 2, 1));
    }

    /// <summary>A PNG around ready-made filtered rows: the writer's own chunks with the data chunk exchanged.</summary>
    private static byte[] Assemble(Bitmap image, byte[] rows)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true)) zlib.Write(rows);
        using var own = new MemoryStream();
        Png.Encode(own, image);
        byte[] typed = [.. "IDAT"u8, .. compressed.ToArray()];
        var length = new byte[4];
        var check = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, typed.Length - 4);
        BinaryPrimitives.WriteUInt32BigEndian(check, BitwiseCrc(typed));
        return [.. own.ToArray()[..33], .. length, .. typed, .. check, .. own.ToArray()[^12..]];
    }

    private static uint BitwiseCrc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int k = 0; k < 8; k++) crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
        }
        return ~crc;
    }
}

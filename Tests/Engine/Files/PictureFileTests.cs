using System.Buffers.Binary;
using GenEngine.Files;
using GenEngine.Numerics;
using NUnit.Framework;

namespace GenEngine.Tests.Files;

public class PictureFileTests
{
    [Test]
    public void JpegPngAndBmpGiveTheirPixels()
    {
        byte[] truth = MadePictures.Gradient(37, 21, 90);
        Bitmap png = PictureFile.Decode(MadePictures.Png(37, 21, 90), out int turn), bmp = PictureFile.Decode(MadePictures.Bmp(37, 21, 90), out _);
        Assert.That((png.Width, png.Height, png.Channels, turn), Is.EqualTo((37, 21, 3, 1)));
        Assert.That(png.Pixels, Is.EqualTo(truth));
        Assert.That(bmp.Pixels, Is.EqualTo(truth));
        Bitmap jpeg = PictureFile.Decode(MadePictures.Jpeg(37, 21, 90), out _);
        Assert.That(jpeg.Pixels.Zip(truth, (a, b) => Math.Abs(a - b)).Average(), Is.LessThan(2.5));
    }

    [Test]
    public void GreyAndCmykJpegsBecomeRgb()
    {
        Bitmap grey = PictureFile.Decode(MadePictures.FlatJpeg(3, 2, 1, (x, y, _) => 40 * x + 50 * y), out _);
        Assert.That((grey.Width, grey.Height), Is.EqualTo((24, 16)));
        Assert.That(grey[17, 9].ToArray(), Is.EqualTo(new byte[] { 130, 130, 130 }));

        // inverted as Adobe writes it: 255 is no ink. Red paper keeps its cyan at 255 and has full magenta and yellow
        Bitmap ink = PictureFile.Decode(MadePictures.FlatJpeg(1, 1, 4, (_, _, c) => c is 0 or 3 ? 255 : 0, adobe: true), out _);
        Assert.That(ink[3, 3].ToArray(), Is.EqualTo(new byte[] { 255, 0, 0 }));
    }

    [Test]
    public void TransparencyIsLaidOnWhiteAndSixteenBitsBecomeEight()
    {
        byte[] alpha = MadePictures.RawPng(3, 1, 8, 6, [10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 128]);
        Assert.That(PictureFile.Decode(alpha, out _).Pixels, Is.EqualTo(new byte[] { 10, 20, 30, 255, 255, 255, 127, 127, 127 }));
        byte[] deep = MadePictures.RawPng(2, 1, 16, 2, [200, 1, 100, 2, 50, 3, 0, 255, 255, 255, 128, 0]);
        Assert.That(PictureFile.Decode(deep, out _).Pixels, Is.EqualTo(new byte[] { 200, 100, 50, 0, 255, 128 }));
        byte[] greyAlpha = MadePictures.RawPng(1, 1, 16, 4, [80, 0, 255, 255]);
        Assert.That(PictureFile.Decode(greyAlpha, out _).Pixels, Is.EqualTo(new byte[] { 80, 80, 80 }));
    }

    /// <summary>The eight ways to hold a camera, each undone: a 2x2 picture a b / c d as it should be seen.</summary>
    [TestCase(1, "abcd")]
    [TestCase(2, "badc")]
    [TestCase(3, "dcba")]
    [TestCase(4, "cdab")]
    [TestCase(5, "acbd")]
    [TestCase(6, "cadb")]
    [TestCase(7, "dbca")]
    [TestCase(8, "bdac")]
    public void OrientationIsReadAndObeyed(int orientation, string seen)
    {
        foreach (bool little in new[] { false, true })
        {
            PictureFile.Decode(MadePictures.WithOrientation(MadePictures.Jpeg(9, 5, 3), orientation, little), out int read);
            Assert.That(read, Is.EqualTo(orientation));
        }
        PictureFile.Decode(MadePictures.RawPng(1, 1, 8, 0, [7], orientation), out int png);
        Assert.That(png, Is.EqualTo(orientation));
        var turned = new byte[4];
        Exif.Turn("abcd"u8, turned, 2, 1, orientation);
        Assert.That(string.Concat(turned.Select(b => (char)b)), Is.EqualTo(seen));
    }

    [Test]
    public void DamagedExifIsAsStored()
    {
        foreach (byte[] tiff in new byte[][] { [], [.. "II"u8], [.. "XX"u8, .. new byte[20]], [.. "MM"u8, 0, 42, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0], [.. "MM"u8, 0, 42, 0, 0, 0, 8, 255, 255, 0, 0, 0, 0] })
            Assert.That(Exif.Orientation(tiff), Is.EqualTo(1));
        PictureFile.Decode(MadePictures.WithOrientation(MadePictures.Jpeg(8, 8, 1), 9, true), out int orientation);
        Assert.That(orientation, Is.EqualTo(1));
    }

    [Test]
    public void WhatCannotBeReadSaysWhy()
    {
        byte[] jpeg = MadePictures.Jpeg(40, 30, 5), png = MadePictures.Png(40, 30, 5), flipped = [.. png];
        flipped[^20] ^= 4;
        foreach ((byte[] file, string says) in new[]
                 {
                     ([], "empty"), ("hello, not a picture"u8.ToArray(), "neither a JPEG"), (jpeg[..(jpeg.Length / 2)], "cut short"), (jpeg[..30], "cut short"),
                     (jpeg[..^2], "cut short"), (png[..(png.Length / 2)], "cut short"), (flipped, "checksum"),
                     (MadePictures.FlatJpeg(1, 1, 1, (_, _, _) => 9, bits: 12), "12 bits"), (MadePictures.FlatJpeg(0, 1, 1, (_, _, _) => 9), "0x8"),
                     (MadePictures.RawPng(0, 0, 8, 2, []), "without pixels"), (MadePictures.RawPng(20_000, 20_000, 8, 0, []), "million pixels"),
                 })
        {
            PictureException error = Assert.Throws<PictureException>(() => PictureFile.Decode(file, out _))!;
            Assert.That(error.Message, Does.Contain(says));
            Assert.That(error.ZeroSize, Is.EqualTo(says is "0x8" or "without pixels"));
        }
        Assert.That(PictureFile.Decode([.. jpeg, 1, 2, 3], out _).Width, Is.EqualTo(40), "what phones append does no harm");
    }

    /// <summary>A few bytes that say they are a large picture are refused before anybody takes memory for it.</summary>
    [Test]
    public void HeadersThatPromiseTooMuchCostNothing()
    {
        byte[] bmp = MadePictures.Bmp(13, 7, 9), jpeg = MadePictures.FlatJpeg(1, 1, 1, (_, _, _) => 9), png = MadePictures.RawPng(9000, 9000, 8, 6, []);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(18), 9000);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(22), 9000);
        int frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 5), 9000);
        BinaryPrimitives.WriteUInt16BigEndian(jpeg.AsSpan(frame + 7), 9000);
        foreach (byte[] file in new[] { bmp, jpeg, png })
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.That(Assert.Throws<PictureException>(() => PictureFile.Decode(file, out _))!.Message, Does.Contain("9000x9000").And.Contain("cut short"));
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
        }

        byte[] cut = MadePictures.Bmp(40, 30, 9);
        Assert.Throws<PictureException>(() => PictureFile.Decode(cut[..(cut.Length / 2)], out _), "half a BMP used to be half black");
    }

    /// <summary>Damage at any place gives a picture or a PictureException, never anything else: no crash, no other exception.</summary>
    [Test]
    public void DamagedFilesNeverDoAnythingElse()
    {
        byte[][] whole =
        [
            MadePictures.Jpeg(33, 17, 9), MadePictures.Png(33, 17, 9), MadePictures.Bmp(33, 17, 9), MadePictures.WithOrientation(MadePictures.Jpeg(16, 16, 1), 6, true),
            MadePictures.FlatJpeg(3, 3, 4, (x, y, c) => 20 * x + 30 * y + c, adobe: true), MadePictures.RawPng(5, 5, 16, 6, new byte[200]),
        ];
        var random = new SplitMix64(7);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] file = [.. whole[i % whole.Length]];
            for (int n = 1 + random.Next(4); n > 0; n--) file[random.Next(n == 1 ? Math.Min(file.Length, 200) : file.Length)] = (byte)random.Next(256);
            try
            {
                PictureFile.Decode(file, out _);
            }
            catch (PictureException)
            {
                refused++;
            }
        }
        Assert.That(refused, Is.InRange(1000, 2999));
    }

    [Test]
    public void ScalingKeepsTheMean()
    {
        var scaler = new ImageScaler();
        var random = new SplitMix64(3);
        foreach ((int height, int width, int size) in new[] { (64, 64, 32), (100, 70, 28), (65, 130, 64), (7, 9, 28), (1, 1, 8), (64, 64, 64), (1, 5, 3) })
        {
            var from = new byte[height * width * 3];
            for (int i = 0; i < from.Length; i++) from[i] = (byte)random.Next(256);
            var to = new byte[size * size * 3];
            scaler.Square(from, height, width, 3, to, size);
            int side = Math.Min(height, width), left = (width - side) / 2, top = (height - side) / 2;
            double mean = 0;
            for (int y = 0; y < side; y++)
                for (int x = 0; x < side * 3; x++) mean += from[((top + y) * width + left) * 3 + x] / (double)(side * side * 3);
            if (side >= size) Assert.That(to.Average(b => b), Is.EqualTo(mean).Within(0.6), $"{height}x{width} to {size}");

            from.AsSpan().Fill(77);
            scaler.Square(from, height, width, 3, to, size);
            Assert.That(to, Is.All.EqualTo(77));
        }
        var two = new byte[4];
        scaler.Square([0, 100, 50, 50, 200, 100, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 4, 4, 1, two, 2);
        Assert.That(two, Is.EqualTo(new byte[] { 100, 33, 55, 75 }));
    }
}

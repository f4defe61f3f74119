using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Numerics;
using GenEngine.Plots;
using GenEngine.Tests.Files;
using NUnit.Framework;
using StbImageSharp;

namespace GenEngine.Tests.Plots;

/// <summary>Animations are read back by a parser of this test's own, which accepts nothing that the standard forbids.</summary>
public class AnimatedPngTests
{
    /// <summary>Frames in which a few pixels change each time; frame 2 is the same as frame 1.</summary>
    private static Bitmap[] Frames(int width, int height, int channels, int count)
    {
        var random = new SplitMix64(3);
        var frames = new Bitmap[count];
        var pixels = new byte[width * height * channels];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)random.Next(256);
        for (int f = 0; f < count; f++)
        {
            for (int k = 0; k < 3 && f != 2; k++) pixels[random.Next(pixels.Length)] ^= 0x55;
            frames[f] = new Bitmap(width, height, channels, [.. pixels]);
        }
        return frames;
    }

    [TestCase(1, 1, 1, 1)]
    [TestCase(1, 1, 3, 5)]
    [TestCase(7, 5, 1, 4)]
    [TestCase(64, 3, 3, 9)]
    [TestCase(33, 65, 1, 30)]
    public void EveryFrameComesBack(int width, int height, int channels, int count)
    {
        Bitmap[] frames = Frames(width, height, channels, count);
        using var folder = new TemporaryFolder();
        AnimatedPng.Write(folder["a.png"], count, i => new AnimationFrame(frames[i], 40 + i), loops: 3, text: ("Title", "grows"));
        byte[] file = File.ReadAllBytes(folder["a.png"]);
        Animation read = Parse(file);
        Assert.That(read.Loops, Is.EqualTo(3));
        Assert.That(read.Frames, Has.Count.EqualTo(count));
        for (int i = 0; i < count; i++)
        {
            Assert.That(read.Frames[i].Pixels, Is.EqualTo(frames[i].Pixels), $"frame {i}");
            Assert.That(read.Frames[i].Milliseconds, Is.EqualTo(40 + i));
        }
        Assert.That(Png.Read(folder["a.png"], out IReadOnlyDictionary<string, string> text).Pixels, Is.EqualTo(frames[0].Pixels));
        Assert.That(text["Title"], Is.EqualTo("grows"));
        Assert.That(Stb(file, channels), Is.EqualTo(frames[0].Pixels));
    }

    [TestCase(1)]
    [TestCase(3)]
    public void AReaderWithoutAnimationShowsTheStill(int channels)
    {
        Bitmap[] frames = Frames(9, 6, channels, 4);
        var still = new Bitmap(9, 6, channels);
        still.Pixels.AsSpan().Fill(77);
        using var stream = new MemoryStream();
        AnimatedPng.Encode(stream, frames.Length, i => new AnimationFrame(frames[i], 100), still: still);
        Animation read = Parse(stream.ToArray());
        Assert.That(read.Still, Is.EqualTo(still.Pixels));
        Assert.That(read.Loops, Is.Zero);
        for (int i = 0; i < frames.Length; i++) Assert.That(read.Frames[i].Pixels, Is.EqualTo(frames[i].Pixels), $"frame {i}");
        Assert.That(Stb(stream.ToArray(), channels), Is.EqualTo(still.Pixels));
    }

    [Test]
    public void WhatStandsStillIsNotStoredAgain()
    {
        Bitmap[] frames = Frames(200, 200, 3, 20);
        using MemoryStream one = new(), all = new();
        Png.Encode(one, frames[0]);
        AnimatedPng.Encode(all, 2, i => new AnimationFrame(frames[i + 1], 10)); // frames 1 and 2 are the same
        Assert.That(all.Length, Is.LessThan(one.Length + 200));
        Assert.That(Parse(all.ToArray()).Frames[1].Area, Is.EqualTo(1));
    }

    [Test]
    public void RefusesWhatIsNoAnimation()
    {
        var small = new Bitmap(2, 2, 1);
        using var stream = new MemoryStream();
        Assert.Throws<ArgumentException>(() => AnimatedPng.Encode(stream, 0, _ => new AnimationFrame(small, 1)));
        Assert.Throws<ArgumentException>(() => AnimatedPng.Encode(stream, 1, _ => new AnimationFrame(small, 1), loops: -1));
        Assert.Throws<ArgumentException>(() => AnimatedPng.Encode(stream, 1, _ => new AnimationFrame(small, -1)));
        Assert.Throws<ArgumentException>(() => AnimatedPng.Encode(stream, 1, _ => new AnimationFrame(small, 70_000)));
        Assert.Throws<ArgumentException>(() => AnimatedPng.Encode(stream, 1, _ => new AnimationFrame(small, 1), still: new Bitmap(2, 3, 1)));
        Assert.That(
            Assert.Throws<ArgumentException>(() => AnimatedPng.Encode(stream, 2, i => new AnimationFrame(new Bitmap(2, 2 + i, 1), 1)))!.Message,
            Does.Contain("Frame 1 is 2x3x1"));
        using var folder = new TemporaryFolder();
        Assert.Throws<EngineException>(() => AnimatedPng.Write(folder.Path, 1, _ => new AnimationFrame(small, 1)));
    }

    private sealed record Animation(int Loops, byte[] Still, List<(byte[] Pixels, int Milliseconds, int Area)> Frames);

    private static byte[] Stb(byte[] file, int channels) =>
        ImageResult.FromMemory(file, channels == 1 ? ColorComponents.Grey : ColorComponents.RedGreenBlue).Data;

    private static Animation Parse(byte[] file)
    {
        Assert.That(file[..8], Is.EqualTo(new byte[] { 137, 80, 78, 71, 13, 10, 26, 10 }));
        int at = 8, sequence = 0, width = 0, height = 0, channels = 0, declared = -1, loops = 0;
        byte[] canvas = [], still = [];
        (int Left, int Top, int Width, int Height, int Milliseconds)? control = null;
        var frames = new List<(byte[], int, int)>();
        bool ended = false;
        while (!ended)
        {
            int length = (int)Word();
            string type = Encoding.ASCII.GetString(file, at, 4);
            byte[] data = file[(at + 4)..(at + 4 + length)];
            uint crc = BitwiseCrc(file.AsSpan(at, 4 + length));
            at += 4 + length;
            Assert.That(Word(), Is.EqualTo(crc), $"checksum of {type}");
            if (width == 0) Assert.That(type, Is.EqualTo("IHDR"), "first chunk");
            switch (type)
            {
                case "IHDR":
                    (width, height, channels) = (At(data, 0), At(data, 4), data[9] == 0 ? 1 : 3);
                    canvas = new byte[width * height * channels];
                    break;
                case "acTL":
                    Assert.That((declared, still.Length, data.Length), Is.EqualTo((-1, 0, 8)), "acTL once, before IDAT");
                    (declared, loops) = (At(data, 0), At(data, 4));
                    break;
                case "fcTL":
                    Assert.That((data.Length, At(data, 0), control is null), Is.EqualTo((26, sequence++, true)), "fcTL in order");
                    control = (At(data, 12), At(data, 16), At(data, 4), At(data, 8), Half(data, 20) * 1000 / Half(data, 22));
                    Assert.That((data[24], data[25]), Is.EqualTo((0, 0)), "nothing disposed, nothing blended");
                    Assert.That(control.Value.Width, Is.InRange(1, width - control.Value.Left));
                    Assert.That(control.Value.Height, Is.InRange(1, height - control.Value.Top));
                    break;
                case "IDAT":
                    Assert.That((still.Length, declared > 0), Is.EqualTo((0, true)), "one IDAT, after acTL");
                    still = Inflate(data, width, height);
                    if (control is not null) Show((0, 0, width, height, control.Value.Milliseconds), still);
                    break;
                case "fdAT":
                    Assert.That((still.Length > 0, control is not null, At(data, 0)), Is.EqualTo((true, true, sequence++)), "fdAT in order");
                    Show(control!.Value, Inflate(data[4..], control.Value.Width, control.Value.Height));
                    break;
                case "IEND":
                    ended = true;
                    break;
                default:
                    Assert.That(type, Is.EqualTo("tEXt"));
                    break;
            }
        }
        Assert.That((at, frames.Count, control is null), Is.EqualTo((file.Length, declared, true)), "ends where it says it does");
        return new Animation(loops, still, frames);

        void Show((int Left, int Top, int Width, int Height, int Milliseconds) part, byte[] pixels)
        {
            Assert.That(control, Is.EqualTo(part), "a frame in IDAT covers all");
            for (int y = 0; y < part.Height; y++)
                pixels.AsSpan(y * part.Width * channels, part.Width * channels).CopyTo(canvas.AsSpan(((part.Top + y) * width + part.Left) * channels));
            frames.Add(([.. canvas], part.Milliseconds, part.Width * part.Height));
            control = null;
        }

        byte[] Inflate(byte[] data, int w, int h)
        {
            using var zlib = new ZLibStream(new MemoryStream(data), CompressionMode.Decompress);
            using var rows = new MemoryStream();
            zlib.CopyTo(rows);
            byte[] raw = rows.ToArray();
            Assert.That(raw, Has.Length.EqualTo(h * (1 + w * channels)));
            return [.. raw.Where((_, i) => i % (1 + w * channels) != 0 || (raw[i] == 0 ? false : throw new InvalidDataException("filter")))];
        }

        uint Word()
        {
            at += 4;
            return BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at - 4));
        }
    }

    private static int At(byte[] data, int at) => BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(at));

    private static int Half(byte[] data, int at) => BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(at));

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

using System.Buffers.Binary;
using System.IO.Compression;
using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Plots;

/// <summary>One picture of an animation and how long it is shown.</summary>
/// <param name="Image">As large as all the others, with as many channels.</param>
/// <param name="Milliseconds">0 to 65535; at 0 a viewer takes the shortest time it can.</param>
public readonly record struct AnimationFrame(Bitmap Image, int Milliseconds);

/// <summary>
/// Animated PNG (the chunks acTL, fcTL and fdAT of PNG, third edition). Browsers and most viewers play it; to any other reader it is a
/// plain PNG. Chosen over GIF since it keeps all colours and needs nothing but the PNG writer. Each frame stores only the rectangle
/// that differs from the one before it, so what stands still costs nothing.
/// </summary>
public static class AnimatedPng
{
    private const int ControlLength = 26;
    private const int SequenceLength = 4;

    /// <summary>Writes an animation atomically. For the parameters see <see cref="Encode"/>.</summary>
    /// <exception cref="EngineException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">As in <see cref="Encode"/>.</exception>
    public static void Write(
        string path, int count, Func<int, AnimationFrame> frame, int loops = 0, Bitmap? still = null, params (string Key, string Text)[] text) =>
        AtomicFile.Write(path, stream => Encode(stream, count, frame, loops, still, text));

    /// <summary>Writes an animation into a stream; never holds more than two frames.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="count">How many frames, one at least.</param>
    /// <param name="frame">Draws frame 0 .. count - 1; called once for each, in order, and must return a picture of its own each time.</param>
    /// <param name="loops">How often to play it; 0 is for ever.</param>
    /// <param name="still">What a reader without animation shows, not part of the animation; null: its first frame.</param>
    /// <param name="text">tEXt notes.</param>
    /// <exception cref="ArgumentException">No frame, a frame of another size, or a time or number of loops that cannot be stored.</exception>
    public static void Encode(
        Stream stream, int count, Func<int, AnimationFrame> frame, int loops = 0, Bitmap? still = null, params (string Key, string Text)[] text)
    {
        if (count < 1) throw new ArgumentException($"An animation has one frame at least, not {count}.");
        if (loops < 0) throw new ArgumentException($"An animation cannot be played {loops} times.");
        AnimationFrame current = frame(0);
        Bitmap first = still ?? current.Image;
        Png.WriteStart(stream, first, text);
        Span<byte> control = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(control, count);
        BinaryPrimitives.WriteInt32BigEndian(control[4..], loops);
        Png.WriteChunk(stream, "acTL"u8, control);

        int sequence = 0;
        if (still is not null) Png.WriteChunk(stream, "IDAT"u8, Whole(still));
        Bitmap? shown = null;
        for (int i = 0; i < count; i++)
        {
            if (i > 0) current = frame(i);
            Bitmap image = current.Image;
            if ((image.Width, image.Height, image.Channels) != (first.Width, first.Height, first.Channels))
            {
                throw new ArgumentException($"Frame {i} is {image.Width}x{image.Height}x{image.Channels}, the animation "
                    + $"{first.Width}x{first.Height}x{first.Channels}.");
            }
            if (current.Milliseconds is < 0 or > ushort.MaxValue)
                throw new ArgumentException($"Frame {i} cannot be shown for {current.Milliseconds} ms: 0 to {ushort.MaxValue} can be stored.");

            // the first frame is whole, as it must be where it is the still picture too
            (int left, int top, int width, int height) = shown is null ? (0, 0, image.Width, image.Height) : Changed(shown, image);
            WriteControl(stream, sequence++, left, top, width, height, current.Milliseconds);
            if (i == 0 && still is null)
                Png.WriteChunk(stream, "IDAT"u8, Whole(image));
            else
            {
                Span<byte> data = Png.Deflate(image, left, top, width, height, SequenceLength, CompressionLevel.SmallestSize);
                BinaryPrimitives.WriteInt32BigEndian(data, sequence++);
                Png.WriteChunk(stream, "fdAT"u8, data);
            }
            shown = image;
        }
        Png.WriteEnd(stream);
    }

    /// <summary>True when two files show the same frames for the same times; two pictures that do not move have none.</summary>
    /// <param name="one">A whole PNG file.</param>
    /// <param name="other">Another.</param>
    public static bool HasSameFrames(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => Frames(one).SequenceEqual(Frames(other));

    /// <summary>All that is about the animation, one chunk behind the other.</summary>
    private static ReadOnlySpan<byte> Frames(ReadOnlySpan<byte> file)
    {
        var chunks = new MemoryStream();
        for (int at = Png.SignatureLength; at < file.Length;)
        {
            var type = Png.Chunk(file, ref at, out var data);
            if (type.SequenceEqual("acTL"u8) || type.SequenceEqual("fcTL"u8) || type.SequenceEqual("fdAT"u8)) chunks.Write(data);
        }

        return chunks.ToArray();
    }

    private static Span<byte> Whole(Bitmap image) => Png.Deflate(image, 0, 0, image.Width, image.Height, before: 0, CompressionLevel.SmallestSize);

    private static void WriteControl(Stream stream, int sequence, int left, int top, int width, int height, int milliseconds)
    {
        Span<byte> control = stackalloc byte[ControlLength];
        int at = 0;
        foreach (int value in (ReadOnlySpan<int>)[sequence, width, height, left, top])
        {
            BinaryPrimitives.WriteInt32BigEndian(control[at..], value);
            at += 4;
        }
        BinaryPrimitives.WriteUInt16BigEndian(control[20..], (ushort)milliseconds);
        BinaryPrimitives.WriteUInt16BigEndian(control[22..], 1000); // of a second
        control[24] = 0; // leave the picture for the next frame
        control[25] = 0; // replace what was there
        Png.WriteChunk(stream, "fcTL"u8, control);
    }

    /// <summary>The smallest rectangle outside which two pictures agree; one pixel where they agree everywhere, since it cannot be empty.</summary>
    private static (int Left, int Top, int Width, int Height) Changed(Bitmap before, Bitmap after)
    {
        int stride = after.Width * after.Channels, left = stride, right = 0, top = 0, bottom = 0;
        for (int y = 0; y < after.Height; y++)
        {
            ReadOnlySpan<byte> a = before.Pixels.AsSpan(y * stride, stride), b = after.Pixels.AsSpan(y * stride, stride);
            int same = a.CommonPrefixLength(b);
            if (same == stride) continue;
            int last = stride - 1;
            while (a[last] == b[last]) last--;
            (left, right) = (Math.Min(left, same), Math.Max(right, last));
            if (bottom == 0) top = y;
            bottom = y + 1;
        }
        if (bottom == 0) return (0, 0, 1, 1);
        (left, right) = (left / after.Channels, right / after.Channels);
        return (left, top, right - left + 1, bottom - top);
    }
}

using System.Buffers.Binary;
using System.Text;
using GenEngine.Kernels;

namespace GenEngine.Files;

/// <summary>A sound of one channel.</summary>
/// <param name="Samples">In [-1, 1] but for loud floats.</param>
/// <param name="SampleRate">Samples a second.</param>
public sealed record WavSound(float[] Samples, int SampleRate);

/// <summary>Reads WAV: PCM of 8, 16, 24 and 32 bits and floats of 32, of any number of channels, which are mixed down by their mean.</summary>
public static class WavFile
{
    /// <summary>Samples a second that are believed: what is resampled from far below would fill all memory.</summary>
    public const int LeastRate = 1000, GreatestRate = 1_536_000;

    private const int Pcm = 1, Float = 3, Extensible = 0xFFFE;

    private static readonly Dictionary<int, string> s_codecs = new()
    {
        [0x02] = "Microsoft ADPCM",
        [0x06] = "A-law",
        [0x07] = "mu-law",
        [0x11] = "IMA ADPCM",
        [0x31] = "GSM 6.10",
        [0x50] = "MPEG",
        [0x55] = "MP3",
        [0xFF] = "AAC",
        [0x161] = "Windows Media",
    };

    /// <summary>Reads a recording as one channel at its own rate.</summary>
    /// <exception cref="EngineException">The file cannot be read, is no WAV, is damaged, has no samples, or has a codec or width that is not read here; names the file.</exception>
    public static WavSound Read(string path)
    {
        try
        {
            return Read(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"The recording '{path}' could not be read: {e.Message}", e);
        }
    }

    /// <summary>The notes that <see cref="WavWriter"/> has put into a file; of another's file, its software and what lines of its comment have a colon.</summary>
    public static IReadOnlyDictionary<string, string> Notes(ReadOnlySpan<byte> file)
    {
        var notes = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int at = 12; Chunk(file, at) is { } size; at += 8 + size + (size & 1))
        {
            if (!file.Slice(at, 4).SequenceEqual("LIST"u8) || size < 4 || !file.Slice(at + 8, 4).SequenceEqual("INFO"u8)) continue;
            var list = file.Slice(at + 8, size);
            for (int entry = 4; Chunk(list, entry) is { } length; entry += 8 + length + (length & 1))
            {
                string id = Encoding.ASCII.GetString(list.Slice(entry, 4)), text = Encoding.UTF8.GetString(list.Slice(entry + 8, length)).TrimEnd('\0');
                if (id == WavWriter.SoftwareId) notes[WavWriter.SoftwareKey] = text;
                if (id != WavWriter.CommentId) continue;
                foreach (string line in text.Split('\n'))
                    if (line.Split(": ", 2) is [var key, var value]) notes[key] = value;
            }
        }

        return notes;
    }

    /// <summary>The size of the chunk that begins at a place; null where none does that is whole.</summary>
    private static int? Chunk(ReadOnlySpan<byte> file, int at)
    {
        if (at > file.Length - 8) return null;
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]);
        return size <= (uint)(file.Length - at - 8) ? (int)size : null;
    }

    /// <param name="name">For messages.</param>
    /// <inheritdoc cref="Read(string)"/>
    public static WavSound Read(ReadOnlySpan<byte> file, string name)
    {
        if (file.Length < 12 || !file[..4].SequenceEqual("RIFF"u8) || !file[8..12].SequenceEqual("WAVE"u8)) throw Bad(name, "it does not begin with the 12 bytes of a WAV file");
        WavFormat? format = null;
        for (int at = 12; at + 8 <= file.Length;)
        {
            var id = file.Slice(at, 4);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]);
            bool data = id.SequenceEqual("data"u8);
            if (data && size == uint.MaxValue) size = (uint)(file.Length - at - 8); // written to a pipe, its length unknown when it began
            if (size > file.Length - at - 8)
                throw Bad(name, $"its {(data ? "samples" : "header")} should go on for {size} bytes from byte {at + 8}, and {file.Length - at - 8} are there");
            var chunk = file.Slice(at + 8, (int)size);
            if (id.SequenceEqual("fmt "u8)) format = Format(chunk, name);
            if (data) return Samples(chunk, format ?? throw Bad(name, "its samples come before their format"), name);
            at = checked(at + 8 + (int)size + (int)(size & 1));
        }

        throw Bad(name, format is null ? "it has no format" : "it has no samples");
    }

    private static WavFormat Format(ReadOnlySpan<byte> chunk, string name)
    {
        if (chunk.Length < 16) throw Bad(name, $"its format is cut short ({chunk.Length} bytes)");
        int codec = BinaryPrimitives.ReadUInt16LittleEndian(chunk), channels = BinaryPrimitives.ReadUInt16LittleEndian(chunk[2..]), rate = BinaryPrimitives.ReadInt32LittleEndian(chunk[4..]);
        int frame = BinaryPrimitives.ReadUInt16LittleEndian(chunk[12..]), bits = BinaryPrimitives.ReadUInt16LittleEndian(chunk[14..]);
        if (codec == Extensible && chunk.Length >= 26) codec = BinaryPrimitives.ReadUInt16LittleEndian(chunk[24..]);
        if (codec is not (Pcm or Float))
            throw new EngineException($"'{name}' is coded as {s_codecs.GetValueOrDefault(codec, "something unknown")} (format {codec}), which is not read here; convert it to PCM, for example with ffmpeg -c:a pcm_s16le.");
        if (codec == Pcm ? bits is not (8 or 16 or 24 or 32) : bits != 32)
            throw new EngineException($"'{name}' has {(codec == Pcm ? "PCM" : "floats")} of {bits} bits; PCM of 8, 16, 24 or 32 and floats of 32 are read.");
        if (channels == 0 || rate is < LeastRate or > GreatestRate || frame != channels * bits / 8) throw Bad(name, $"{channels} channels of {bits} bits in frames of {frame} bytes, {rate} a second, cannot be");
        return new WavFormat(codec == Float, channels, rate, bits / 8);
    }

    private static WavSound Samples(ReadOnlySpan<byte> data, WavFormat format, string name)
    {
        int frame = format.Channels * format.Width, frames = data.Length / frame;
        if (frames == 0) throw Bad(name, $"it has no samples: they take {data.Length} bytes, and one alone {frame}");
        var samples = new float[frames];
        for (int i = 0; i < frames; i++)
        {
            double sum = 0;
            for (int channel = 0; channel < format.Channels; channel++)
            {
                double value = Value(data[((i * frame) + (channel * format.Width))..], format);
                if (!double.IsFinite(value)) throw Bad(name, $"sample {i} is no number");
                sum += value;
            }

            samples[i] = (float)(sum / format.Channels);
        }

        return new WavSound(samples, format.Rate);
    }

    private static double Value(ReadOnlySpan<byte> at, WavFormat format) => (format.IsFloat, format.Width) switch
    {
        (true, _) => BinaryPrimitives.ReadSingleLittleEndian(at),
        (_, 1) => (at[0] - 128) / 128.0,
        (_, 2) => BinaryPrimitives.ReadInt16LittleEndian(at) / 32768.0,
        (_, 3) => ((at[0] | (at[1] << 8) | (at[2] << 16)) << 8 >> 8) / 8388608.0,
        _ => BinaryPrimitives.ReadInt32LittleEndian(at) / 2147483648.0,
    };

    private static EngineException Bad(string name, string why) => new($"'{name}' is a damaged recording: {why}.");

    private sealed record WavFormat(bool IsFloat, int Channels, int Rate, int Width);
}

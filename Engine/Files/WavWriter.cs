using System.Text;

namespace GenEngine.Files;

/// <summary>Writes WAV of 16 bits and one channel.</summary>
public static class WavWriter
{
    internal const string SoftwareKey = "Software", SoftwareId = "ISFT", CommentId = "ICMT";

    /// <param name="samples">In [-1, 1]; what is beyond is cut.</param>
    /// <param name="sampleRate">Samples a second.</param>
    /// <param name="notes">Kept in the file's LIST INFO, where players show them: Software as ISFT, the others as lines "Key: text" of the comment, ICMT. A key has no colon, a text one line.</param>
    /// <exception cref="Kernels.EngineException">The file cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<float> samples, int sampleRate, params (string Key, string Text)[] notes)
    {
        var data = new byte[samples.Length * 2];
        for (int i = 0; i < samples.Length; i++)
            System.Buffers.Binary.BinaryPrimitives.WriteInt16LittleEndian(data.AsSpan(2 * i), (short)Math.Clamp(Math.Round(samples[i] * 32768.0), short.MinValue, short.MaxValue));
        string comment = string.Join('\n', notes.Where(note => note.Key != SoftwareKey).Select(note => $"{note.Key}: {note.Text}"));
        byte[] info = Info((SoftwareId, notes.Where(note => note.Key == SoftwareKey).Select(note => note.Text).FirstOrDefault("GenEngine")), (CommentId, comment));
        AtomicFile.Write(path, stream =>
        {
            using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            writer.Write("RIFF"u8);
            writer.Write(4 + 24 + 8 + info.Length + 8 + data.Length);
            writer.Write("WAVEfmt "u8);
            writer.Write(16);
            writer.Write((ushort)1); // PCM
            writer.Write((ushort)1); // channels
            writer.Write(sampleRate);
            writer.Write(sampleRate * 2);
            writer.Write((ushort)2); // bytes a frame
            writer.Write((ushort)16);
            writer.Write("LIST"u8);
            writer.Write(info.Length);
            writer.Write(info);
            writer.Write("data"u8);
            writer.Write(data.Length);
            writer.Write(data);
        });
    }

    private static byte[] Info(params (string Id, string Text)[] entries)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        writer.Write("INFO"u8);
        foreach (var (id, text) in entries)
        {
            if (text.Length == 0) continue;
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            writer.Write(Encoding.ASCII.GetBytes(id));
            writer.Write(bytes.Length + 1);
            writer.Write(bytes);
            writer.Write(new byte[1 + ((bytes.Length + 1) & 1)]); // ends with a zero, and chunks begin at even places
        }

        writer.Flush();
        return memory.ToArray();
    }
}

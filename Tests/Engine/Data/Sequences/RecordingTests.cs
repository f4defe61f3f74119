using System.IO.Compression;
using System.Text;
using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

/// <summary>WAV files of every width, folders, archives and texts as people have them; and what is wrong with a file is said by its name.</summary>
public sealed class RecordingTests
{
    private static readonly float[] s_wave = [.. Enumerable.Range(0, 400).Select(i => 0.6f * MathF.Sin(i * 0.1f))];

    [TestCase(1, 8, 0.005), TestCase(1, 16, 2e-5), TestCase(1, 24, 2e-7), TestCase(1, 32, 1e-7), TestCase(3, 32, 0)]
    public void Every_width_gives_the_samples_and_channels_are_mixed_down(int codec, int bits, double within)
    {
        foreach (bool extensible in (bool[])[false, true])
        {
            var mono = WavFile.Read(Wav(codec, bits, 1, s_wave, extensible), "mono");
            Assert.That(mono.SampleRate, Is.EqualTo(8000));
            Assert.That(mono.Samples, Is.EqualTo(s_wave).Within(within + 1e-9));
            var both = WavFile.Read(Wav(codec, bits, 2, [.. s_wave.SelectMany(x => (float[])[x, -x / 2])], extensible), "stereo");
            Assert.That(both.Samples, Is.EqualTo(s_wave.Select(x => x / 4)).Within(within + 1e-7));
        }
    }

    [Test]
    public void What_is_written_is_read_with_its_notes()
    {
        using var folder = new TemporaryFolder();
        foreach (string comment in (string[])["", "run 1", "run 12"])
        {
            WavWriter.Write(folder["a.wav"], s_wave, 8000, ("Software", "GenEngine 0"), ("Command", comment), ("Run", "数字: a"));
            Assert.That(WavFile.Read(folder["a.wav"]).Samples, Is.EqualTo(s_wave).Within(2e-5));
            byte[] bytes = File.ReadAllBytes(folder["a.wav"]);
            Assert.That(BitConverter.ToInt32(bytes, 4), Is.EqualTo(bytes.Length - 8));
            Assert.That(Encoding.UTF8.GetString(bytes), Does.Contain(comment).And.Contain("GenEngine"));
            var notes = WavFile.Notes(bytes);
            Assert.That((notes["Software"], notes["Command"], notes["Run"]), Is.EqualTo(("GenEngine 0", comment, "数字: a")));
            Assert.That(WavFile.Notes(bytes.AsSpan(0, 50)), Is.Empty, "cut short inside its notes");
        }
    }

    [Test]
    public void Damaged_recordings_are_named_with_the_reason()
    {
        byte[] good = Wav(1, 16, 1, s_wave);
        Refused(Wav(6, 8, 1, s_wave), "A-law");
        Refused(Wav(0x55, 16, 1, s_wave), "MP3");
        Refused(Wav(0x1234, 16, 1, s_wave), "unknown");
        Refused(Wav(1, 12, 1, []), "12 bits");
        Refused(Wav(1, 16, 1, []), "no samples");
        byte[] slow = [.. good];
        BitConverter.GetBytes(1).CopyTo(slow, 24); // a sample a second: brought to 8,000 a second it would be as many times as long
        Refused(slow, "1 a second");
        Refused(good[..60], "go on for 800 bytes");
        Refused(good[..30], "header");
        Refused(good[..40], "no samples");
        Refused("not a recording at all"u8.ToArray(), "does not begin");
        byte[] frames = [.. good];
        frames[32] = 5;
        Refused(frames, "cannot be");

        static void Refused(byte[] file, string why) => Assert.That(Assert.Throws<EngineException>(() => WavFile.Read(file, "my song.wav"))!.Message, Does.Contain("my song.wav").And.Contain(why));
    }

    [TestCase(8000, 16000), TestCase(44100, 8000), TestCase(16000, 11025)]
    public void Resampling_keeps_a_tone_and_its_length(int from, int to)
    {
        float[] tone = [.. Enumerable.Range(0, from).Select(i => 0.5f * MathF.Sin(2 * MathF.PI * 440 * i / from))];
        float[] made = Recordings.Resample(tone, from, to);
        Assert.That(made, Has.Length.EqualTo(to));
        double error = Enumerable.Range(to / 10, to * 8 / 10).Max(i => Math.Abs(made[i] - (0.5 * Math.Sin(2 * Math.PI * 440 * i / to))));
        Assert.That(error, Is.LessThan(0.01), "in the middle");
    }

    [Test]
    public void Silence_is_trimmed_at_the_ends_alone()
    {
        float[] padded = [.. new float[800], .. s_wave, .. new float[160], .. s_wave, .. new float[900]];
        Assert.That(Recordings.Trim(padded, 8000, 0.1), Has.Length.EqualTo(960));
        Assert.That(Recordings.Trim(new float[100], 8000, 0.1), Is.Empty);
    }

    [Test]
    public void Folders_are_split_by_the_seed_or_as_they_lie()
    {
        using var folder = new TemporaryFolder();
        foreach (string name in (string[])["yes", "no"])
            for (int i = 0; i < 10; i++) WavWriter.Write(folder["classes", name, $"{i}.wav"], s_wave.AsSpan(0, 100 + i), 8000);
        var (train, test) = (SequenceSets.Load(folder["classes"], "train"), SequenceSets.Load(folder["classes"], "test"));
        Assert.That((train.Clips, test.Clips), Is.EqualTo((18, 2)));
        Assert.That(train.ClassNames, Is.EqualTo(new[] { "no", "yes" }));
        Assert.That(test.Labels, Is.EquivalentTo(new[] { 0, 1 }));
        Assert.That(train.Codes.Length + test.Codes.Length, Is.EqualTo(2 * (1000 + 45)), "each clip once");

        WavWriter.Write(folder["apart", "train", "a.wav"], s_wave, 16000);
        WavWriter.Write(folder["apart", "train", "b.wav"], s_wave, 8000);
        WavWriter.Write(folder["apart", "test", "c.wav"], s_wave, 8000);
        var (left, held) = (SequenceSets.Load(folder["apart"], "train"), SequenceSets.Load(folder["apart"], "test"));
        Assert.That((left.SampleRate, left.Clip(0).Length, left.Clip(1).Length, left.Labels), Is.EqualTo((16000, 400, 800, (int[]?)null)));
        Assert.That((held.SampleRate, held.Clip(0).Length), Is.EqualTo((16000, 800)), "the first training file's rate for all");
        Assert.That(SequenceSets.Load(folder["apart"], "train", new SequenceOptions { SampleRate = 8000 }).Clip(0).Length, Is.EqualTo(200));

        Directory.CreateDirectory(folder["empty"]);
        Assert.That(Assert.Throws<EngineException>(() => SequenceSets.Load(folder["empty"], "train"))!.Message, Does.Contain("no recording"));
        Assert.That(Assert.Throws<EngineException>(() => SequenceSets.Load(folder["nothing"], "train"))!.Message, Does.Contain("no folder"));
        Assert.That(Assert.Throws<EngineException>(() => SequenceSets.Load(folder.Touch("one.wav"), "train"))!.Message, Does.Contain("is a file").And.Contain("folder that they lie in"));
    }

    [Test]
    public void Spoken_digits_come_from_the_archive_or_a_folder_with_every_tenth_held_out()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["fsdd"]);
        using (var archive = ZipFile.Open(folder["fsdd", "recordings.zip"], ZipArchiveMode.Create))
        {
            foreach (string speaker in (string[])["anna", "bert"])
            {
                for (int i = 0; i < 20; i++)
                {
                    using var entry = archive.CreateEntry($"dataset/recordings/{i % 10}_{speaker}_{i / 10}.wav").Open();
                    entry.Write(Wav(1, 16, 1, s_wave[..(100 + i)]));
                }
            }
        }

        var options = new SequenceOptions { DataDir = folder.Path };
        var (train, test) = (SequenceSets.Load("fsdd:anna", "train", options), SequenceSets.Load("fsdd:anna", "test", options));
        Assert.That((train.Clips, test.Clips, train.SampleRate), Is.EqualTo((18, 2, 8000)));
        Assert.That(test.Labels, Is.EqualTo(new[] { 4, 9 }), "files 9 and 19 in ordinal order: 0_anna_0, 0_anna_1, 1_anna_0, ...");
        Assert.That(SequenceSets.Load("spoken-digits", "train", options).Clips, Is.EqualTo(36));
        Assert.That(Assert.Throws<EngineException>(() => SequenceSets.Load("fsdd:ana", "train", options))!.Message, Does.Contain("anna").And.Contain("bert"));
        ZipFile.ExtractToDirectory(folder["fsdd", "recordings.zip"], folder["unpacked"]);
        Directory.Move(folder["unpacked", "dataset"], folder["unpacked", "fsdd"]);
        Assert.That(SequenceSets.Load("fsdd:anna", "train", new SequenceOptions { DataDir = folder["unpacked"] }).ContentHash, Is.EqualTo(train.ContentHash));
        File.WriteAllText(folder["fsdd", "recordings.zip"], "no archive");
        Assert.That(Assert.Throws<EngineException>(() => SequenceSets.Load("fsdd", "train", options))!.Message, Does.Contain("recordings.zip"));
    }

    [Test]
    public void Real_speech_has_the_codes_of_the_peer()
    {
        try
        {
            var (train, test) = (SequenceSets.Load("fsdd:jackson", "train"), SequenceSets.Load("fsdd:jackson", "test"));
            Assert.That((train.Clips, train.Codes.Length, test.Clips, test.Codes.Length), Is.EqualTo((450, 1_857_692, 50, 208_148)));
        }
        catch (EngineException e) when (e.Message.Contains("was not found", StringComparison.Ordinal))
        {
            Assert.Ignore("the spoken digits are not on this machine");
        }
    }

    [Test]
    public void Texts_are_utf8_and_their_last_tenth_is_held_out()
    {
        using var folder = new TemporaryFolder();
        string text = string.Concat(Enumerable.Repeat("Grüße aus 東京. ", 100));
        File.WriteAllText(folder["a.txt"], text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        var (train, test) = (SequenceSets.Load(folder["a.txt"], "train"), SequenceSets.Load(folder["a.txt"], "test"));
        Assert.That(Encoding.UTF8.GetString([.. train.Codes, .. test.Codes]), Is.EqualTo(text));
        Assert.That(test.Codes.Length, Is.EqualTo((train.Codes.Length + test.Codes.Length) / 10).Within(3));
        Assert.That(Encoding.UTF8.GetString(test.Codes), Does.Not.Contain('\uFFFD'), "no character is cut");
        byte[] bytes = [.. Encoding.UTF8.GetBytes(new string('a', 1234)), 0xFF, .. Encoding.UTF8.GetBytes(new string('b', 100))];
        File.WriteAllBytes(folder["b.txt"], bytes);
        Assert.That(Assert.Throws<EngineException>(() => SequenceSets.Load(folder["b.txt"], "train"))!.Message, Does.Contain("byte 1234").And.Contain("0xFF"));
        File.WriteAllText(folder["c.txt"], "short");
        Assert.That(Assert.Throws<EngineException>(() => SequenceSets.Load(folder["c.txt"], "train"))!.Message, Does.Contain("5 bytes"));
        Assert.That(Assert.Throws<EngineException>(() => SequenceSets.Load(folder["d.txt"], "train"))!.Message, Does.Contain("d.txt"));
        Assert.That(Assert.Throws<EngineException>(() => SequenceSets.Load("tonnes", "train"))!.Message, Does.Contain("'tones'"));
    }

    internal static byte[] Wav(int codec, int bits, int channels, float[] samples, bool extensible = false)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        writer.Write("RIFF"u8);
        writer.Write(0);
        writer.Write("WAVEfmt "u8);
        writer.Write(extensible ? 40 : 16);
        writer.Write((ushort)(extensible ? 0xFFFE : codec));
        writer.Write((ushort)channels);
        writer.Write(8000);
        writer.Write(8000 * channels * bits / 8);
        writer.Write((ushort)(channels * bits / 8));
        writer.Write((ushort)bits);
        if (extensible)
        {
            writer.Write((ushort)22);
            writer.Write((ushort)bits);
            writer.Write(0);
            writer.Write((ushort)codec);
            writer.Write(new byte[14]);
        }

        writer.Write("data"u8);
        writer.Write(samples.Length * bits / 8);
        foreach (float x in samples)
        {
            long value = (long)Math.Clamp(Math.Round(x * Math.Pow(2, bits - 1)), -Math.Pow(2, bits - 1), Math.Pow(2, bits - 1) - 1);
            if (codec == 3) writer.Write(x);
            else if (bits == 8) writer.Write((byte)(value + 128));
            else writer.Write(BitConverter.GetBytes(value).AsSpan(0, bits / 8));
        }

        return memory.ToArray();
    }
}

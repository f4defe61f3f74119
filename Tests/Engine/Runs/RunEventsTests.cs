using GenEngine.Files;
using GenEngine.Files.TensorBoard;
using GenEngine.Kernels;
using GenEngine.Runs;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Runs;

/// <summary>Event files as an independent reader sees them, also after a process has died.</summary>
public sealed class RunEventsTests
{
    private static readonly DateTime s_now = new(2026, 5, 4, 3, 2, 1, DateTimeKind.Utc);

    [Test]
    public void The_checksum_is_Castagnolis()
    {
        Assert.That(Crc32C.Of("123456789"u8), Is.EqualTo(0xE3069283), "the check value of the catalogue of CRCs");
        Assert.That(Crc32C.Of(new byte[32]), Is.EqualTo(0x8A9136AA), "RFC 3720, B.4: 32 zeros");
    }

    [Test]
    public void Another_reader_finds_every_value()
    {
        using var folder = new TemporaryFolder();
        var run = Run(folder);
        var events = new RunEvents(run);
        events.Begin(0);
        var picture = new Bitmap(5, 3, 3);
        using var png = new MemoryStream();
        Png.Encode(png, picture);
        events.Scalar("train/-elbo", 10, 123.25, s_now);
        events.Scalar("test/数", long.MaxValue / 3, double.NegativeInfinity, s_now);
        Assert.That(events.Files, Is.Empty, "nothing is written before it is flushed");
        events.Flush();
        events.Image("samples", 0, png.ToArray(), picture, s_now);
        events.Scalar("train/-elbo", 10, 99, s_now);
        events.Flush();
        events.Flush();
        Assert.That(events.Files.Select(Path.GetFileName), Has.One.Matches("^events\\.out\\.tfevents\\.[0-9]{10}\\.genengine\\.0$"), "what TensorBoard looks for, and no host's name");
        var (values, restarts) = EventFileReader.Read(events.Files);
        double time = (s_now - DateTime.UnixEpoch).TotalSeconds;
        Assert.That(values, Has.Count.EqualTo(3));
        Assert.That(values[0], Is.EqualTo(new EventValue(time, 10, "train/-elbo", 123.25f, null, 0, 0, 0)));
        Assert.That((values[1].Tag, values[1].Step, values[1].Scalar), Is.EqualTo(("test/数", long.MaxValue / 3, float.NegativeInfinity)));
        Assert.That((values[2].Tag, values[2].Step, values[2].Height, values[2].Width, values[2].Colours), Is.EqualTo(("samples", 0L, 3, 5, 3)));
        Assert.That(values[2].Png, Is.EqualTo(png.ToArray()));
        Assert.That(restarts, Is.Empty);
    }

    /// <summary>A process that goes on from step 3 where another has written up to step 5 and died inside a record, at each of its bytes.</summary>
    [Test]
    public void What_a_dead_process_left_is_cut_off_and_nothing_is_there_twice()
    {
        using var folder = new TemporaryFolder();
        var run = Run(folder);
        string file = Write(run, 0, 1, 5);
        byte[] whole = File.ReadAllBytes(file);
        long[] ends = [.. RecordFile.Read(new MemoryStream(whole)).Select(record => record.End)];
        Assert.That((ends.Length, ends[^1]), Is.EqualTo((6, whole.Length)), "the version and five values");
        for (long length = 0; length <= whole.Length; length++)
        {
            foreach (string old in new RunEvents(run).Files) File.Delete(old);
            File.WriteAllBytes(file, whole[..(int)length]);
            Write(run, 3, 1, 5);
            var (values, restarts) = EventFileReader.Read(new RunEvents(run).Files);
            Assert.That(values.Select(value => value.Step), Is.EqualTo((long[])[1, 2, 3, 4, 5]), $"{length} bytes");
            Assert.That(restarts, Is.EqualTo(length >= ends[4] ? (long[])[4] : []), "where somebody may have seen a later step");
        }

        File.WriteAllBytes(file, [1, 2, 3]);
        Assert.DoesNotThrow(() => new RunEvents(run).Begin(3), "not even a whole head");
        whole[(int)ends[1] + 12] ^= 1;
        File.WriteAllBytes(file, whole);
        new RunEvents(run).Begin(9);
        Assert.That(new FileInfo(file).Length, Is.EqualTo(ends[1]), "a damaged record and what comes after it");
    }

    [Test]
    public void A_folder_that_is_gone_is_said()
    {
        var folder = new TemporaryFolder();
        var run = Run(folder);
        var events = new RunEvents(run);
        folder.Dispose();
        events.Scalar("a", 1, 1, s_now);
        Assert.That(events.Flush, Throws.InstanceOf<EngineException>().With.Message.Contains("event files"));
    }

    private static string Write(RunFolder run, long begin, long from, long to)
    {
        var events = new RunEvents(run);
        events.Begin(begin);
        for (long step = from; step <= to; step++) events.Scalar("loss", step, step, s_now);
        events.Flush();
        return events.Files[0];
    }

    private static RunFolder Run(TemporaryFolder folder) => RunFolder.Create(new RunConfig { Model = "vae", Data = "digits" }, folder["run"]);
}

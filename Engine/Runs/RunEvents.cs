using System.Globalization;
using GenEngine.Files;
using GenEngine.Files.TensorBoard;
using GenEngine.Kernels;

namespace GenEngine.Runs;

/// <summary>
/// The event files of a run, which TensorBoard and others read: scalars and images by tag and step. Every process that trains into the folder appends to a file of its own, RUN/events.out.tfevents.TIME.genengine.N.
/// A process that was killed may have left a record cut short, or values of steps that its successor makes again: <see cref="Begin"/> takes both away, and what is written twice is written once. So the files together hold
/// each value of each step once, however often the run was stopped. They carry wall-clock times, hence are not the same from run to run as its other files are.
/// </summary>
public sealed class RunEvents(RunFolder run)
{
    private const string Prefix = "events.out.tfevents.";

    private readonly HashSet<(string Tag, long Step)> _known = [];
    private readonly List<ProtoMessage> _pending = [];
    private string? _file;
    private long? _restart;

    /// <summary>The run's event files, oldest first.</summary>
    public IReadOnlyList<string> Files => [.. Directory.EnumerateFiles(run.Path, Prefix + "*").Order(StringComparer.Ordinal)];

    /// <summary>Before the first value of a process: what others wrote of steps after <paramref name="step"/> is taken away, and what they wrote before is known.</summary>
    /// <exception cref="EngineException">The files cannot be read or cut.</exception>
    public void Begin(long step)
    {
        try
        {
            foreach (string file in Files)
                if (Keep(file, step) == 0) File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritten(e);
        }
    }

    /// <summary>True when the value is there already.</summary>
    public bool Has(string tag, long step) => _known.Contains((tag, step));

    /// <summary>Keeps a value for the next <see cref="Flush"/>, unless it is there already.</summary>
    public void Scalar(string tag, long step, double value, DateTime time)
    {
        if (_known.Add((tag, step))) _pending.Add(EventRecord.Scalar(Seconds(time), step, tag, (float)value));
    }

    /// <summary>Keeps an image for the next <see cref="Flush"/>, unless it is there already.</summary>
    /// <param name="png">A PNG file.</param>
    /// <param name="picture">What is in it.</param>
    public void Image(string tag, long step, ReadOnlySpan<byte> png, Bitmap picture, DateTime time)
    {
        if (_known.Add((tag, step))) _pending.Add(EventRecord.Image(Seconds(time), step, tag, png.ToArray(), picture.Width, picture.Height, picture.Channels));
    }

    /// <summary>Appends what was kept, to the disk.</summary>
    /// <exception cref="EngineException">It cannot be written.</exception>
    public void Flush()
    {
        if (_pending.Count == 0) return;
        try
        {
            bool begins = _file is null;
            using var stream = new FileStream(_file ??= NextFile(), begins ? FileMode.CreateNew : FileMode.Append, FileAccess.Write, FileShare.Read);
            if (begins)
            {
                double now = Seconds(DateTime.UtcNow);
                RecordFile.Write(stream, EventRecord.Version(now).ToArray());
                if (_restart is { } step) RecordFile.Write(stream, EventRecord.Start(now, step).ToArray());
            }

            foreach (var record in _pending) RecordFile.Write(stream, record.ToArray());
            stream.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritten(e);
        }

        _pending.Clear();
    }

    /// <summary>Cuts a file behind its last whole record of a step up to <paramref name="last"/>; whatever a later record is of, its writer had gone on from there. Gives what is left, in bytes.</summary>
    private long Keep(string file, long last)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        long end = 0;
        foreach (var (record, after) in RecordFile.Read(stream))
        {
            var (step, tag) = Parse(record);
            if (step > last)
            {
                _restart = last + 1; // for readers that have seen it
                break;
            }

            if (tag is not null) _known.Add((tag, step));
            end = after;
        }

        if (end < stream.Length) stream.SetLength(end);
        return end;
    }

    private static (long Step, string? Tag) Parse(byte[] record)
    {
        try
        {
            return EventRecord.Read(record);
        }
        catch (InvalidDataException)
        {
            return (long.MaxValue, null); // somebody else's: cut off as what is damaged is
        }
    }

    private string NextFile()
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        for (int n = 0; ; n++)
        {
            string file = run.File(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{now:D10}.genengine.{n}"));
            if (!File.Exists(file)) return file;
        }
    }

    private static double Seconds(DateTime time) => (time - DateTime.UnixEpoch).TotalSeconds;

    private EngineException Unwritten(Exception e) => new($"The event files in '{run.Path}' could not be written: {e.Message} Check the folder, its rights and the free space.", e);
}

using System.Text;

namespace GenEngine.Files.TensorBoard;

/// <summary>
/// The records of an event file: messages Event of TensorFlow's event.proto and Summary of summary.proto. Scalars are plain values and images PNG files, the form that every reader takes; readers that want tensors
/// make them of it.
/// </summary>
internal static class EventRecord
{
    // fields of Event, Summary, Summary.Value, Summary.Image and SessionLog
    private const int WallTime = 1, Step = 2, FileVersion = 3, Summary = 5, SessionLog = 7;
    private const int Value = 1, Tag = 1, SimpleValue = 2, ImageValue = 4;
    private const int Height = 1, Width = 2, Colours = 3, Encoded = 4;
    private const int Status = 1, Started = 1;

    /// <summary>The first record of a file.</summary>
    /// <param name="time">Seconds since 1970, as in all of them.</param>
    public static Message Version(double time) => new Message().Add(WallTime, time).Add(FileVersion, "brain.Event:2");

    /// <summary>Says that a process begins anew with this step: readers drop what they have of it and of later ones.</summary>
    public static Message Start(double time, long step) => Of(time, step).Add(SessionLog, new Message().Add(Status, Started));

    public static Message Scalar(double time, long step, string tag, float value) => Of(time, step, new Message().Add(Tag, tag).Add(SimpleValue, value));

    /// <param name="png">The file's bytes.</param>
    public static Message Image(double time, long step, string tag, ReadOnlySpan<byte> png, int width, int height, int channels) => Of(
        time, step, new Message().Add(Tag, tag).Add(ImageValue, new Message().Add(Height, height).Add(Width, width).Add(Colours, channels).Add(Encoded, png)));

    /// <summary>The step of a record, and the tag of its value; null for one without.</summary>
    /// <exception cref="InvalidDataException">It is no record of these.</exception>
    public static (long Step, string? Tag) Read(ReadOnlySpan<byte> record)
    {
        long step = 0;
        string? tag = null;
        foreach (var (field, number, part) in Message.Fields(record))
        {
            if (field == Step) step = (long)number;
            if (field == Summary) tag = TagOf(record[part]);
        }

        return (step, tag);
    }

    private static string? TagOf(ReadOnlySpan<byte> summary)
    {
        foreach (var (field, _, value) in Message.Fields(summary))
        {
            if (field != Value) continue;
            foreach (var (name, _, text) in Message.Fields(summary[value]))
                if (name == Tag) return Encoding.UTF8.GetString(summary[value][text]);
        }

        return null;
    }

    private static Message Of(double time, long step) => new Message().Add(WallTime, time).Add(Step, step);

    private static Message Of(double time, long step, Message value) => Of(time, step).Add(Summary, new Message().Add(Value, value));
}

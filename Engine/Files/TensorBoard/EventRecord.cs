using Google.Protobuf;

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

    private static readonly uint s_step = WireFormat.MakeTag(Step, WireFormat.WireType.Varint), s_summary = Whole(Summary), s_value = Whole(Value), s_tag = Whole(Tag);

    /// <summary>The first record of a file.</summary>
    /// <param name="time">Seconds since 1970, as in all of them.</param>
    public static ProtoMessage Version(double time) => new ProtoMessage().Add(WallTime, time).Add(FileVersion, "brain.Event:2");

    /// <summary>Says that a process begins anew with this step: readers drop what they have of it and of later ones.</summary>
    public static ProtoMessage Start(double time, long step) => Of(time, step).Add(SessionLog, new ProtoMessage().Add(Status, Started));

    public static ProtoMessage Scalar(double time, long step, string tag, float value) => Of(time, step, new ProtoMessage().Add(Tag, tag).Add(SimpleValue, value));

    /// <param name="png">The file's bytes.</param>
    public static ProtoMessage Image(double time, long step, string tag, ReadOnlyMemory<byte> png, int width, int height, int channels) => Of(
        time, step, new ProtoMessage().Add(Tag, tag).Add(ImageValue, new ProtoMessage().Add(Height, height).Add(Width, width).Add(Colours, channels).Add(Encoded, png)));

    /// <summary>The step of a record, and the tag of its value; null for one without.</summary>
    /// <exception cref="InvalidDataException">It is no record of these.</exception>
    public static (long Step, string? Tag) Read(byte[] record)
    {
        long step = 0;
        string? tag = null;
        try
        {
            using var fields = new CodedInputStream(record);
            for (uint field; (field = fields.ReadTag()) != 0;)
            {
                if (field == s_step) step = fields.ReadInt64();
                else if (field == s_summary) tag = TagOf(fields.ReadBytes());
                else fields.SkipLastField();
            }
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException("it is no record.", e);
        }

        return (step, tag);
    }

    private static string? TagOf(ByteString summary)
    {
        using var values = summary.CreateCodedInput();
        for (uint field; (field = values.ReadTag()) != 0;)
        {
            if (field != s_value)
            {
                values.SkipLastField();
                continue;
            }

            using var value = values.ReadBytes().CreateCodedInput();
            for (uint part; (part = value.ReadTag()) != 0; value.SkipLastField())
                if (part == s_tag) return value.ReadString();
        }

        return null;
    }

    private static ProtoMessage Of(double time, long step) => new ProtoMessage().Add(WallTime, time).Add(Step, step);

    private static ProtoMessage Of(double time, long step, ProtoMessage value) => Of(time, step).Add(Summary, new ProtoMessage().Add(Value, value));

    private static uint Whole(int field) => WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited);
}

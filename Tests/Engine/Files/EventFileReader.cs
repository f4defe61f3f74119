using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;

namespace GenEngine.Tests.Files;

/// <summary>A value of an event file, as another program sees it.</summary>
/// <param name="Scalar">NaN for an image.</param>
/// <param name="Png">Of an image, with its sides.</param>
internal sealed record EventValue(double WallTime, long Step, string Tag, float Scalar, byte[]? Png, int Height, int Width, int Colours);

/// <summary>
/// A reader of TensorBoard's event files that shares nothing with the engine's writer but the library below both, Google.Protobuf: the checksum is the runtime's (<see cref="BitOperations.Crc32C(uint, byte)"/>, the processor's own
/// instruction where there is one), the field numbers are those of event.proto and summary.proto. It refuses what is not exactly right.
/// </summary>
internal static class EventFileReader
{
    /// <summary>All values of the files, in their order, and the steps at which a process says that it begins anew.</summary>
    public static (List<EventValue> Values, List<long> Restarts) Read(params IEnumerable<string> files)
    {
        var (values, restarts) = (new List<EventValue>(), new List<long>());
        foreach (string file in files)
        {
            byte[] bytes = File.ReadAllBytes(file);
            int count = 0;
            for (int at = 0; at < bytes.Length; count++)
            {
                long length = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));
                Checked(bytes.AsSpan(at, 8), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
                var record = bytes.AsSpan(at + 12, (int)length);
                Checked(record, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + (int)length)));
                at += 16 + (int)length;
                Event(record.ToArray(), first: count == 0, values, restarts);
            }

            if (count == 0) throw new InvalidDataException($"{file} is empty.");
        }

        return (values, restarts);
    }

    /// <summary>All event files of a run, oldest first.</summary>
    public static IEnumerable<string> Of(string run) => Directory.EnumerateFiles(run, "*tfevents*").Order(StringComparer.Ordinal);

    private static void Event(byte[] record, bool first, List<EventValue> values, List<long> restarts)
    {
        var input = new CodedInputStream(record);
        double time = 0;
        long step = 0;
        string? version = null;
        byte[]? summary = null, session = null;
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag))
            {
                case (1, WireFormat.WireType.Fixed64): time = input.ReadDouble(); break;
                case (2, WireFormat.WireType.Varint): step = input.ReadInt64(); break;
                case (3, WireFormat.WireType.LengthDelimited): version = input.ReadString(); break;
                case (5, WireFormat.WireType.LengthDelimited): summary = input.ReadBytes().ToByteArray(); break;
                case (7, WireFormat.WireType.LengthDelimited): session = input.ReadBytes().ToByteArray(); break;
                default: throw new InvalidDataException($"An event has no field {tag}.");
            }
        }

        if (time < 1.6e9 || first != (version == "brain.Event:2")) throw new InvalidDataException($"time {time}, version '{version}' in the wrong place");
        if (session is not null && session.AsSpan().SequenceEqual((ReadOnlySpan<byte>)[8, 1])) restarts.Add(step); // status = START
        if (summary is not null) values.AddRange(Values(time, step, summary));
    }

    private static IEnumerable<EventValue> Values(double time, long step, byte[] summary)
    {
        var input = new CodedInputStream(summary);
        while (input.ReadTag() is var tag and not 0)
        {
            if (tag != WireFormat.MakeTag(1, WireFormat.WireType.LengthDelimited)) throw new InvalidDataException($"A summary has no field {tag}.");
            yield return Value(time, step, input.ReadBytes().CreateCodedInput());
        }
    }

    private static EventValue Value(double time, long step, CodedInputStream input)
    {
        var value = new EventValue(time, step, "", float.NaN, null, 0, 0, 0);
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            value = WireFormat.GetTagFieldNumber(tag) switch
            {
                1 => value with { Tag = input.ReadString() },
                2 => value with { Scalar = input.ReadFloat() },
                4 => Image(value, input.ReadBytes().CreateCodedInput()),
                _ => throw new InvalidDataException($"A value has no field {tag}."),
            };
        }

        return value;
    }

    private static EventValue Image(EventValue value, CodedInputStream input)
    {
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            value = WireFormat.GetTagFieldNumber(tag) switch
            {
                1 => value with { Height = input.ReadInt32() },
                2 => value with { Width = input.ReadInt32() },
                3 => value with { Colours = input.ReadInt32() },
                4 => value with { Png = input.ReadBytes().ToByteArray() },
                _ => throw new InvalidDataException($"An image has no field {tag}."),
            };
        }

        return value;
    }

    private static void Checked(ReadOnlySpan<byte> data, uint masked)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data) crc = BitOperations.Crc32C(crc, value);
        crc = ~crc;
        uint expected = unchecked(BitOperations.RotateRight(crc, 15) + 0xA282EAD8u);
        if (masked != expected) throw new InvalidDataException($"checksum {masked:x8}, expected {expected:x8}");
    }
}

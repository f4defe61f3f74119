using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace GenEngine.Files.TensorBoard;

/// <summary>A message of protocol buffers as its bytes: as much of the wire format as event files need, which is less than a package brings.</summary>
internal sealed class Message
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Encoded => _bytes.WrittenSpan;

    public Message Add(int field, long value)
    {
        Tag(field, Varint);
        Number((ulong)value);
        return this;
    }

    public Message Add(int field, double value)
    {
        Tag(field, Fixed64);
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    public Message Add(int field, float value)
    {
        Tag(field, Fixed32);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    public Message Add(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, Bytes);
        Number((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    public Message Add(int field, string value) => Add(field, Encoding.UTF8.GetBytes(value));

    public Message Add(int field, Message value) => Add(field, value.Encoded);

    /// <summary>The fields of a message in their order: numbers as they are, the place and length of what has a length; fixed-size numbers are passed over.</summary>
    /// <exception cref="InvalidDataException">It is no message.</exception>
    public static List<(int Field, ulong Number, Range Part)> Fields(ReadOnlySpan<byte> message)
    {
        var fields = new List<(int, ulong, Range)>();
        for (int at = 0; at < message.Length;)
        {
            ulong tag = Number(message, ref at), value = (tag & 7) is Varint or Bytes ? Number(message, ref at) : 0;
            int length = (tag & 7) switch { Varint => 0, Bytes => (int)Math.Min(value, int.MaxValue), Fixed64 => sizeof(double), Fixed32 => sizeof(float), _ => int.MaxValue };
            if (length > message.Length - at) throw new InvalidDataException("it is no message.");
            fields.Add(((int)(tag >> 3), value, at..(at + length)));
            at += length;
        }

        return fields;
    }

    private void Tag(int field, int type) => Number((ulong)((field << 3) | type));

    private void Number(ulong value)
    {
        for (; value > 0x7F; value >>= 7) _bytes.Write([(byte)(value | 0x80)]);
        _bytes.Write([(byte)value]);
    }

    private static ulong Number(ReadOnlySpan<byte> message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (at == message.Length) break;
            byte next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next <= 0x7F) return value;
        }

        throw new InvalidDataException("it is no message.");
    }
}

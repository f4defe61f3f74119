using GenEngine.Kernels;
using Google.Protobuf;

namespace GenEngine.Files;

/// <summary>
/// A Protocol Buffers message that is put together field by field and written by <see cref="CodedOutputStream"/>. Its size is known before it is written, as the format wants of a message within another;
/// arrays are written from where they lie. For the few messages of two formats this is less than a generated class for each.
/// </summary>
internal sealed class ProtoMessage
{
    private readonly List<Action<CodedOutputStream>> _fields = [];

    /// <summary>Bytes.</summary>
    public long Size { get; private set; }

    public ProtoMessage Add(int field, long value) =>
        Put(field, WireFormat.WireType.Varint, CodedOutputStream.ComputeInt64Size(value), output => output.WriteInt64(value));

    public ProtoMessage Add(int field, float value) => Put(field, WireFormat.WireType.Fixed32, sizeof(float), output => output.WriteFloat(value));

    public ProtoMessage Add(int field, double value) =>
        Put(field, WireFormat.WireType.Fixed64, sizeof(double), output => output.WriteDouble(value));

    public ProtoMessage Add(int field, string text) =>
        Put(field, WireFormat.WireType.LengthDelimited, CodedOutputStream.ComputeStringSize(text), output => output.WriteString(text));

    /// <param name="content">Read only when the message is written.</param>
    public ProtoMessage Add(int field, ReadOnlyMemory<byte> content)
    {
        var bytes = UnsafeByteOperations.UnsafeWrap(content);
        return Put(field, WireFormat.WireType.LengthDelimited, CodedOutputStream.ComputeBytesSize(bytes), output => output.WriteBytes(bytes));
    }

    /// <param name="message">Whole: what is added to it afterwards is not counted.</param>
    /// <exception cref="EngineException">It is larger than the format can say.</exception>
    public ProtoMessage Add(int field, ProtoMessage message)
    {
        int size = message.CheckedSize();
        return Put(field, WireFormat.WireType.LengthDelimited, (long)CodedOutputStream.ComputeLengthSize(size) + size, output =>
        {
            output.WriteLength(size);
            message.WriteTo(output);
        });
    }

    public ProtoMessage AddAll(int field, IEnumerable<ProtoMessage> messages)
    {
        foreach (var message in messages) Add(field, message);
        return this;
    }

    /// <summary>Writes the message alone, without its length.</summary>
    /// <exception cref="EngineException">It is larger than the format can say.</exception>
    public void WriteTo(Stream stream)
    {
        CheckedSize();
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        WriteTo(output);
    }

    /// <summary>The message alone, as <see cref="WriteTo(Stream)"/> writes it.</summary>
    /// <exception cref="EngineException">It is larger than the format can say.</exception>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[CheckedSize()];
        using var output = new CodedOutputStream(bytes);
        WriteTo(output);
        return bytes;
    }

    private void WriteTo(CodedOutputStream output)
    {
        foreach (var write in _fields) write(output);
    }

    private int CheckedSize() => Size <= int.MaxValue
        ? (int)Size
        : throw new EngineException($"A file of Protocol Buffers ends at 2 GB, and this one would have {Size / 1e9:F1}: so large a network cannot be written as ONNX in one file. Train a narrower one, or keep its weights as safetensors.");

    private ProtoMessage Put(int field, WireFormat.WireType type, long size, Action<CodedOutputStream> write)
    {
        Size += CodedOutputStream.ComputeTagSize(field) + size;
        _fields.Add(output =>
        {
            output.WriteTag(field, type);
            write(output);
        });
        return this;
    }
}

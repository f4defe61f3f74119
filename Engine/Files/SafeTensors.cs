using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using GenEngine.Kernels;

namespace GenEngine.Files;

/// <summary>One named array to be written: a view of the caller's memory, read only while the file is written.</summary>
public sealed class SafeTensor
{
    private readonly Action<Stream> _write;

    private SafeTensor(string name, DType dtype, ReadOnlySpan<int> shape, long count, Action<Stream> write)
    {
        if (name is "" or SafeTensors.MetadataKey) throw new ArgumentException($"'{name}' cannot name a tensor.");
        long wanted = 1;
        foreach (int side in shape)
            wanted = side >= 0 ? checked(wanted * side) : throw new ArgumentException($"'{name}' has a negative side.");
        if (wanted != count)
            throw new ArgumentException($"'{name}' has {count} values, the shape [{string.Join(", ", shape.ToArray())}] holds {wanted}.");
        (Name, DType, Shape, _write) = (name, dtype, shape.ToArray(), write);
        ByteCount = count * dtype.Size();
    }

    /// <summary>Key in the file's header: not empty, not <c>__metadata__</c>.</summary>
    public string Name { get; }

    /// <summary>Type of the elements, in memory and in the file.</summary>
    public DType DType { get; }

    /// <summary>Row-major extents; empty for a scalar.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Bytes that its elements take in the file.</summary>
    public long ByteCount { get; }

    /// <summary>An array of float, double, int, long, byte or Half.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many values as there are.</exception>
    public static SafeTensor Of<T>(string name, ReadOnlyMemory<T> values, params ReadOnlySpan<int> shape) where T : unmanaged =>
        new(name, DTypes.Of<T>(), shape, values.Length, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>bfloat16 values as their bit patterns.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many values as there are.</exception>
    public static SafeTensor OfBFloat16(string name, ReadOnlyMemory<ushort> bits, params ReadOnlySpan<int> shape) =>
        new(name, DType.BFloat16, shape, bits.Length, stream => stream.Write(MemoryMarshal.AsBytes(bits.Span)));

    internal void WriteTo(Stream stream) => _write(stream);
}

/// <summary>
/// Writes safetensors files: 8 bytes header length, a JSON header padded to 8 bytes, then the raw little-endian arrays without
/// gaps. Arrays are laid out widest element first, then by name (as the format's own library does), so that every array is
/// aligned and the same content always gives the same bytes. <see cref="SafeTensorsReader"/> reads them.
/// </summary>
public static class SafeTensors
{
    internal const string MetadataKey = "__metadata__";

    /// <summary>The format's own upper bound for the header.</summary>
    internal const int MaxHeaderLength = 100_000_000;

    internal static readonly (DType DType, string Name)[] Types =
    [
        (DType.Float32, "F32"), (DType.Float64, "F64"), (DType.BFloat16, "BF16"), (DType.Float16, "F16"),
        (DType.Int32, "I32"), (DType.Int64, "I64"), (DType.UInt8, "U8"),
    ];

    /// <summary>Writes the file atomically.</summary>
    /// <exception cref="ArgumentException">Two tensors share a name.</exception>
    /// <exception cref="EngineException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<SafeTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        SafeTensor[] all = tensors.ToArray();
        AtomicFile.Write(path, stream => Encode(stream, all, metadata));
    }

    /// <summary>Writes the file to a stream, which stays open and need not seek; metadata, if any, as <c>__metadata__</c>.</summary>
    /// <exception cref="ArgumentException">Two tensors share a name.</exception>
    public static void Encode(Stream stream, IEnumerable<SafeTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        SafeTensor[] ordered = tensors.OrderByDescending(t => t.DType.Size()).ThenBy(t => t.Name, StringComparer.Ordinal).ToArray();
        if (ordered.GroupBy(t => t.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"Two tensors are called '{twice.Key}'.");

        byte[] header = Header(ordered, metadata);
        if (header.Length > MaxHeaderLength)
            throw new ArgumentException($"The header would take {header.Length} bytes; the format ends at {MaxHeaderLength}.");
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (SafeTensor tensor in ordered) tensor.WriteTo(stream);
    }

    private static byte[] Header(SafeTensor[] ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in metadata.OrderBy(p => p.Key, StringComparer.Ordinal)) json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (SafeTensor tensor in ordered)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", Types.First(t => t.DType == tensor.DType).Name);
                json.WriteStartArray("shape");
                foreach (int side in tensor.Shape) json.WriteNumberValue(side);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.ByteCount);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}

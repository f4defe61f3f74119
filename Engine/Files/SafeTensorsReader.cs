using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using GenEngine.Kernels;
using GenEngine.Text;
using Microsoft.Win32.SafeHandles;

namespace GenEngine.Files;

/// <summary>Where one tensor of a safetensors file lies. Offset counts from the beginning of the file.</summary>
public sealed record SafeTensorInfo(string Name, DType DType, IReadOnlyList<int> Shape, long Offset, long ByteCount)
{
    /// <summary>Elements; 1 for a scalar.</summary>
    public long Count => ByteCount / DType.Size();
}

/// <summary>
/// Reads a safetensors file strictly: what is not exactly as the format says (a gap, an overlap, a name twice, a wrong size, an
/// unknown key) is an error and never guessed at. Several threads may read one file.
/// </summary>
/// <remarks>
/// Reads into arrays are positional. <see cref="TryView"/> maps the file, read-only and at its first call, and shows a tensor where it lies; conversions look at it that way. A mapped file must not be
/// cut short while the reader is open: where its pages are gone the operating system ends the process, and no exception is thrown. Replacing it by renaming another over it (as <see cref="AtomicFile"/>
/// does) is harmless on Linux and macOS, where the reader keeps the old file; Windows refuses it while the reader is open. Files on network drives, which others may cut short, are never mapped.
/// </remarks>
public sealed class SafeTensorsReader : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly long _size;
    private readonly Lazy<MappedFile?> _map;
    private readonly Dictionary<string, SafeTensorInfo> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private bool _hasMetadata;

    private SafeTensorsReader(string path, SafeFileHandle file, bool mapped)
    {
        (Path, _file, _size) = (path, file, RandomAccess.GetLength(file));
        _map = new Lazy<MappedFile?>(() => mapped ? MappedFile.TryOpen(Path, _file, _size) : null);
        ReadHeader();
    }

    /// <summary>The file, as given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order in which they lie in the file.</summary>
    public IReadOnlyCollection<SafeTensorInfo> Tensors => _tensors.Values;

    /// <summary>The notes under <c>__metadata__</c>; empty where the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Type, shape and place of a tensor; its values are not read.</summary>
    /// <exception cref="EngineException">No such tensor; the message names the nearest.</exception>
    public SafeTensorInfo this[string name] => _tensors.TryGetValue(name, out SafeTensorInfo? info)
        ? info
        : throw new EngineException($"{Path}: {NearestName.Unknown("tensor", name, _tensors.Keys)}");

    /// <param name="path">The file.</param>
    /// <param name="mapped">False never maps it: for files that others write, who may begin anew in the same file while it is read. Then that is an <see cref="EngineException"/>.</param>
    /// <exception cref="EngineException">The file is missing or not a well-formed safetensors file.</exception>
    public static SafeTensorsReader Open(string path, bool mapped = true)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"{path} could not be opened: {e.Message}", e);
        }
        try
        {
            return new SafeTensorsReader(path, file, mapped);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a tensor of just this name.</summary>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>The raw little-endian bytes of a tensor.</summary>
    /// <exception cref="EngineException">No such tensor, or the file cannot be read.</exception>
    public void ReadBytes(string name, Span<byte> into)
    {
        SafeTensorInfo info = this[name];
        if (into.Length != info.ByteCount) throw new ArgumentException($"'{name}' is {info.ByteCount} bytes, not {into.Length}.");
        ReadAt(info.Offset, into);
    }

    /// <summary>A tensor of float, double, int, long, byte or Half, of exactly that type.</summary>
    /// <exception cref="EngineException">No such tensor, another type, or the file cannot be read.</exception>
    public T[] Read<T>(string name) where T : unmanaged
    {
        SafeTensorInfo info = this[name];
        Check<T>(info);
        var values = new T[Length(info)];
        ReadBytes(name, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>A tensor of F32, F64, BF16 or F16 as float (F64 is rounded to nearest, the short ones are exact).</summary>
    /// <exception cref="EngineException">No such tensor, an integer type, or the file cannot be read.</exception>
    public float[] ReadAsFloat(string name) => this[name].DType switch
    {
        DType.Float32 => Read<float>(name),
        DType.Float64 => Convert<double, float>(name, v => (float)v),
        DType.Float16 => Convert<Half, float>(name, v => (float)v),
        DType.BFloat16 => Convert<ushort, float>(name, BFloat16.Value),
        _ => throw NoFloat(name),
    };

    /// <summary>A tensor of F32, F64, BF16 or F16 as double, which is exact.</summary>
    /// <exception cref="EngineException">No such tensor, an integer type, or the file cannot be read.</exception>
    public double[] ReadAsDouble(string name) => this[name].DType switch
    {
        DType.Float32 => Convert<float, double>(name, v => v),
        DType.Float64 => Read<double>(name),
        DType.Float16 => Convert<Half, double>(name, v => (double)v),
        DType.BFloat16 => Convert<ushort, double>(name, b => BFloat16.Value(b)),
        _ => throw NoFloat(name),
    };

    /// <summary>A tensor of float, double, int, long, byte or Half, of exactly that type, where it lies in the file: nothing is copied. See the remarks of this class.</summary>
    /// <param name="values">Good until the reader is disposed, and not a moment longer: then the memory is not there any more.</param>
    /// <returns>False where it can only be read: the reader was opened not to map, the file lies on a network drive or cannot be mapped, or its writer did not align the tensor.</returns>
    /// <exception cref="EngineException">No such tensor, another type, or more values than a span can hold.</exception>
    public bool TryView<T>(string name, out ReadOnlySpan<T> values) where T : unmanaged
    {
        SafeTensorInfo info = this[name];
        Check<T>(info);
        return TryMap(info, out values);
    }

    /// <summary>Ends all views.</summary>
    public void Dispose()
    {
        if (_map.IsValueCreated) _map.Value?.Dispose();
        _file.Dispose();
    }

    /// <summary>Values of another type, made of those in the file where these can be looked at, else of a copy.</summary>
    private TTo[] Convert<TFrom, TTo>(string name, Func<TFrom, TTo> convert) where TFrom : unmanaged
    {
        SafeTensorInfo info = this[name];
        var converted = new TTo[Length(info)];
        if (!TryMap<TFrom>(info, out var values))
        {
            var copied = new TFrom[converted.Length];
            ReadBytes(name, MemoryMarshal.AsBytes(copied.AsSpan()));
            values = copied;
        }

        for (int i = 0; i < converted.Length; i++) converted[i] = convert(values[i]);
        return converted;
    }

    private bool TryMap<T>(SafeTensorInfo info, out ReadOnlySpan<T> values) where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_file.IsClosed, this);
        values = default;
        int length = Length(info);
        if (length == 0) return true; // there is no page that it could lie in
        if (info.Offset % info.DType.Size() != 0 || _map.Value is not { } map) return false;
        values = map.Span<T>(info.Offset, length);
        return true;
    }

    private void ReadHeader()
    {
        long size = _size;
        if (size < 8) throw Bad("it is shorter than its 8-byte header length");
        Span<byte> word = stackalloc byte[8];
        ReadAt(0, word);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(word);
        if (length > SafeTensors.MaxHeaderLength)
            throw Bad($"its header length {length} is beyond the format's {SafeTensors.MaxHeaderLength}");
        if ((long)length > size - 8)
            throw Bad($"its header should take {length} bytes, but only {size - 8} follow: the file is cut short");
        var header = new byte[length];
        ReadAt(8, header);
        if (length == 0 || header[0] != (byte)'{') throw Bad("its header does not begin with '{'");
        if (Utf8Text.FirstError(header) is { } wrong) throw Bad($"its header is not UTF-8: byte {8 + wrong} begins no character");

        long start = 8 + (long)length;
        var found = new List<SafeTensorInfo>();
        try
        {
            using JsonDocument json = JsonDocument.Parse(header);
            foreach (JsonProperty entry in json.RootElement.EnumerateObject())
            {
                if (!entry.NameEquals(SafeTensors.MetadataKey)) found.Add(ReadEntry(entry.Name, entry.Value, start, size));
                else ReadMetadata(entry.Value);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new EngineException(Bad($"its header is not the JSON it should be ({e.Message})").Message, e);
        }

        long at = start;
        foreach (SafeTensorInfo info in found.OrderBy(t => t.Offset).ThenBy(t => t.ByteCount))
        {
            if (info.Offset != at)
                throw Bad($"'{info.Name}' begins at {info.Offset - start} where {at - start} is due: arrays overlap or leave a gap");
            at += info.ByteCount;
            if (!_tensors.TryAdd(info.Name, info)) throw Bad($"'{info.Name}' is there twice");
        }
        if (at != size) throw Bad($"its arrays end at byte {at}, the file at {size}");
    }

    private void ReadMetadata(JsonElement value)
    {
        if (_hasMetadata) throw Bad("its metadata is there twice");
        _hasMetadata = true;
        if (value.ValueKind != JsonValueKind.Object) throw Bad($"its metadata is a JSON {value.ValueKind} where an Object is due");
        foreach (JsonProperty note in value.EnumerateObject())
        {
            if (note.Value.ValueKind != JsonValueKind.String) throw Bad($"the metadata '{note.Name}' is not a string");
            if (!_metadata.TryAdd(note.Name, note.Value.GetString()!)) throw Bad($"the metadata '{note.Name}' is there twice");
        }
    }

    private SafeTensorInfo ReadEntry(string name, JsonElement entry, long start, long size)
    {
        if (name.Length == 0) throw Bad("its header has a tensor without a name");
        if (entry.ValueKind != JsonValueKind.Object) throw Bad($"'{name}' is a JSON {entry.ValueKind} where an Object is due");
        string? type = null;
        long[]? shape = null, offsets = null;
        foreach (JsonProperty field in entry.EnumerateObject())
        {
            if (field.NameEquals("dtype") && type is null) type = field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString() : throw Bad($"'{name}' has the dtype {field.Value.GetRawText()} where a JSON String is due");
            else if (field.NameEquals("shape") && shape is null) shape = Numbers(name, field.Value);
            else if (field.NameEquals("data_offsets") && offsets is null) offsets = Numbers(name, field.Value);
            else throw Bad($"'{name}' has an unknown or repeated key '{field.Name}'");
        }
        if (type is null || shape is null || offsets is not [long begin, long end])
            throw Bad($"'{name}' lacks its dtype, shape or two data_offsets");

        int known = Array.FindIndex(SafeTensors.Types, t => t.Name == type);
        if (known < 0)
        {
            string readable = string.Join(", ", SafeTensors.Types.Select(t => t.Name));
            throw new EngineException($"{Path}: '{name}' has type {type}; read here are {readable}. Convert it where it was written.");
        }
        DType dtype = SafeTensors.Types[known].DType;
        if (begin > end || end > size - start)
            throw Bad($"'{name}' takes bytes {begin} to {end} of {size - start}: the file is cut short or its offsets are wrong");
        UInt128 bytes = (UInt128)dtype.Size();
        foreach (long side in shape)
        {
            bytes *= (ulong)side;
            if (side > int.MaxValue || bytes > long.MaxValue) throw Bad($"'{name}' has a shape beyond all memory");
        }
        if (bytes != (UInt128)(end - begin)) throw Bad($"'{name}' needs {bytes} bytes for its shape and has {end - begin}");
        return new SafeTensorInfo(name, dtype, Array.ConvertAll(shape, s => (int)s), start + begin, end - begin);
    }

    private long[] Numbers(string name, JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array) throw Bad($"'{name}' has a JSON {array.ValueKind} where an Array of numbers is due");
        var numbers = new long[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement element in array.EnumerateArray()) // by index each step would walk the array anew, a hang in a large damaged file
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out numbers[i]) || numbers[i++] < 0)
                throw Bad($"'{name}' has {element.GetRawText()} where a whole number from 0 is due");
        }

        return numbers;
    }

    private void Check<T>(SafeTensorInfo info) where T : unmanaged
    {
        if (info.DType != DTypes.Of<T>()) throw new EngineException($"{Path}: '{info.Name}' holds {TypeName(info.DType)}, not {TypeName(DTypes.Of<T>())}.");
    }

    private EngineException NoFloat(string name) => new($"{Path}: '{name}' holds {TypeName(this[name].DType)}, not floating-point values.");

    private int Length(SafeTensorInfo info) => info.Count <= Array.MaxLength
        ? (int)info.Count
        : throw new EngineException($"{Path}: '{info.Name}' has {info.Count} values, more than one array can hold.");

    private void ReadAt(long offset, Span<byte> into)
    {
        try
        {
            for (int got; into.Length > 0; offset += got, into = into[got..])
                if ((got = RandomAccess.Read(_file, into, offset)) == 0) throw Bad("it ended while being read");
        }
        catch (IOException e)
        {
            throw new EngineException($"{Path} could not be read: {e.Message}", e);
        }
    }

    private static string TypeName(DType dtype) => SafeTensors.Types.First(t => t.DType == dtype).Name;

    private EngineException Bad(string why) => new($"{Path} is not a well-formed safetensors file: {why}.");
}

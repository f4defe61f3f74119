using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using GenEngine.Kernels;

namespace GenEngine.Files;

/// <summary>Matrices as NumPy's .npy files, version 1.0: written as little-endian float32 or int32 in C order; float32 and float64 are read.</summary>
public static partial class Npy
{
    private const int Prefix = 10; // magic, version, length of the header

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>[rows, columns].</summary>
    public static void Write(string path, ReadOnlySpan<float> values, int columns)
    {
        string shape = string.Create(CultureInfo.InvariantCulture, $"({values.Length / columns}, {columns})");
        Write(path, "<f4", shape, MemoryMarshal.AsBytes(values).ToArray());
    }

    /// <summary>[count].</summary>
    public static void Write(string path, ReadOnlySpan<int> values) =>
        Write(path, "<i4", string.Create(CultureInfo.InvariantCulture, $"({values.Length},)"), MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>A matrix, or a vector as a matrix of one row.</summary>
    /// <exception cref="EngineException">Not such a file; says what it is.</exception>
    public static (double[] Values, int Rows, int Columns) Read(string path)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"'{path}' could not be read: {e.Message}", e);
        }

        if (file.Length < Prefix || !file.AsSpan().StartsWith(Magic)) throw new EngineException($"'{path}' is no .npy file: it does not begin with the bytes {Convert.ToHexString(Magic)}.");
        if (file[6] != 1) throw new EngineException($"'{path}' is a .npy file of version {file[6]}; version 1.0 is read.");
        int length = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(8)), start = Prefix + length;
        if (start > file.Length) throw new EngineException($"'{path}' is cut short: its header should end at byte {start}, the file does at {file.Length}.");
        string header = Encoding.Latin1.GetString(file, Prefix, length);
        var type = Descr().Match(header);
        var shape = Shape().Match(header);
        if (!type.Success || !shape.Success) throw new EngineException($"'{path}' has a damaged header: {header.Trim()}");
        if (header.Contains("'fortran_order': True", StringComparison.Ordinal)) throw new EngineException($"'{path}' is in Fortran order; save it with numpy.ascontiguousarray.");
        int size = type.Groups[1].Value switch
        {
            "<f4" => 4,
            "<f8" => 8,
            var other => throw new EngineException($"'{path}' holds '{other}'; float32 and float64 are read."),
        };
        var extents = new List<int>();
        foreach (string part in shape.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            extents.Add(int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int extent) ? extent : throw new EngineException($"'{path}' has a damaged header: {header.Trim()}"));
        if (extents.Count is not (1 or 2)) throw new EngineException($"'{path}' has {extents.Count} dimensions; codes are a matrix, a code a row.");
        int rows = extents.Count == 1 ? 1 : extents[0], columns = extents[^1];
        Int128 needed = (Int128)rows * columns * size; // a long is too short for the extents that a damaged header may have
        if (file.Length - start != needed) throw new EngineException($"'{path}' has {file.Length - start} bytes of data where {rows} x {columns} values need {needed}.");
        var data = file.AsSpan(start);
        var values = new double[rows * columns];
        for (int i = 0; i < values.Length; i++)
            values[i] = size == 4 ? BinaryPrimitives.ReadSingleLittleEndian(data[(4 * i)..]) : BinaryPrimitives.ReadDoubleLittleEndian(data[(8 * i)..]);
        return (values, rows, columns);
    }

    private static void Write(string path, string type, string shape, byte[] data)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}";
        header = header.PadRight(((Prefix + header.Length + 1 + 63) / 64 * 64) - Prefix - 1) + "\n"; // the data begins at a multiple of 64
        AtomicFile.Write(path, stream =>
        {
            Span<byte> prefix = stackalloc byte[Prefix];
            Magic.CopyTo(prefix);
            (prefix[6], prefix[7]) = (1, 0);
            BinaryPrimitives.WriteUInt16LittleEndian(prefix[8..], (ushort)header.Length);
            stream.Write(prefix);
            stream.Write(Encoding.Latin1.GetBytes(header));
            stream.Write(data);
        });
    }

    [GeneratedRegex(@"'descr':\s*'([^']*)'")]
    private static partial Regex Descr();

    [GeneratedRegex(@"'shape':\s*\(([^)]*)\)")]
    private static partial Regex Shape();
}

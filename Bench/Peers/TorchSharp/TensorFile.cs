using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using static TorchSharp.torch;

namespace GenEngine.Peers.TorchSharp;

/// <summary>
/// Safetensors by the format's description alone, so that both sides of an exchange are not the same code: 8 bytes header length, a JSON header, raw little-endian arrays.
/// F32 and I64, and I32 to write.
/// </summary>
internal static class TensorFile
{
    public static void Write(string path, IEnumerable<(string Name, Tensor Tensor)> tensors, IEnumerable<(string Key, string Value)>? metadata = null)
    {
        var all = tensors.OrderByDescending(entry => entry.Tensor.element_size()).ThenBy(entry => entry.Name, StringComparer.Ordinal).ToList();
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata ?? [("format", "pt")]) json.WriteString(key, value);
            json.WriteEndObject();
            long offset = 0;
            foreach (var (name, tensor) in all)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", tensor.dtype switch
                {
                    ScalarType.Float32 => "F32",
                    ScalarType.Int32 => "I32",
                    ScalarType.Int64 => "I64",
                    _ => throw new ArgumentException($"'{name}' holds {tensor.dtype}"),
                });
                json.WriteStartArray("shape");
                foreach (long extent in tensor.shape) json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.element_size() * tensor.numel());
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (header.Length % 8 != 0) header.WriteByte((byte)' ');
        using var file = File.Create(path);
        file.Write(BitConverter.GetBytes(header.Length));
        header.WriteTo(file);
        foreach (var (_, tensor) in all) file.Write(tensor.detach().contiguous().bytes);
    }

    public static Dictionary<string, Tensor> Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int start = 8 + checked((int)BinaryPrimitives.ReadInt64LittleEndian(bytes));
        using var json = JsonDocument.Parse(bytes.AsMemory(8, start - 8));
        var tensors = new Dictionary<string, Tensor>();
        foreach (var entry in json.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64())];
            int[] ends = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(end => end.GetInt32())];
            var data = bytes.AsSpan((start + ends[0])..(start + ends[1]));
            tensors[entry.Name] = entry.Value.GetProperty("dtype").GetString() switch
            {
                "F32" => tensor(MemoryMarshal.Cast<byte, float>(data).ToArray()).reshape(shape),
                "I64" => tensor(MemoryMarshal.Cast<byte, long>(data).ToArray()).reshape(shape),
                var other => throw new ArgumentException($"'{entry.Name}' is of type {other}"),
            };
        }

        return tensors;
    }
}

using GenEngine.Files;

namespace GenEngine.Tests.Files;

/// <summary>A safetensors file of float32 without its notes: what two runs have in common whose options differ, or whose versions do.</summary>
internal static class TensorBytes
{
    public static byte[] Of(string path)
    {
        using var file = SafeTensorsReader.Open(path);
        using var bytes = new MemoryStream();
        SafeTensors.Encode(bytes, file.Tensors.Select(info => SafeTensor.Of<float>(info.Name, file.Read<float>(info.Name), [.. info.Shape])));
        return bytes.ToArray();
    }
}

using System.Globalization;
using static TorchSharp.torch;

namespace GenEngine.Peers.TorchSharp;

/// <summary>One configuration of an operation: its numbers and its tensors by name.</summary>
internal sealed class FixtureCase(string name, params (string Name, double Value)[] options)
{
    private readonly List<(string Name, Tensor Tensor)> _tensors = [];

    public string Name => name;

    /// <summary>"stride_h=2 stride_w=1 ..."</summary>
    public string Options => string.Join(' ', options.Select(option => string.Create(CultureInfo.InvariantCulture, $"{option.Name}={option.Value:R}")));

    public IReadOnlyList<(string Name, Tensor Tensor)> Tensors => _tensors;

    /// <summary>Adds a tensor as it is; int64 becomes int32.</summary>
    public FixtureCase Add(string tensorName, Tensor tensor)
    {
        var plain = tensor.detach().to(tensor.dtype == ScalarType.Int64 ? ScalarType.Int32 : ScalarType.Float32).contiguous().clone();
        _tensors.Add((tensorName, plain));
        return this;
    }

    /// <summary>Adds an NCHW tensor as NHWC, filters [K, C, R, S] as [K, R, S, C]; others as they are.</summary>
    public FixtureCase AddImages(string tensorName, Tensor tensor) => Add(tensorName, tensor.dim() == 4 ? tensor.permute(0, 2, 3, 1) : tensor);
}

/// <summary>Writes cases as one safetensors file: tensors are named case/tensor, the metadata holds each case's options.</summary>
internal static class FixtureFile
{
    public static void Write(string path, IReadOnlyList<FixtureCase> cases) => TensorFile.Write(
        path, cases.SelectMany(one => one.Tensors.Select(entry => ($"{one.Name}/{entry.Name}", entry.Tensor))), cases.Select(one => (one.Name, one.Options)));
}

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Models;

/// <summary>
/// The trunk of every judge: stages of (3x3 convolution, ReLU, 2x2 maximum), two below 32 pixels a side and three from there on; a dense
/// layer with ReLU, the features; a linear end. After LeCun et al., Gradient-based learning applied to document recognition, 1998.
/// </summary>
internal sealed class JudgeNetwork : IDisposable
{
    private readonly List<Conv2d> _stages = [];
    private readonly Linear _dense, _end;
    private readonly DataShape _data;
    private readonly int _flat;

    public JudgeNetwork(Context context, string name, DataShape data, int outputs, JudgeRecipe recipe)
    {
        (Context, _data, Outputs, Features) = (context, data, outputs, recipe.Features);
        Group = new ParameterGroup(context, name);
        int stages = Math.Min(data.Height, data.Width) < 32 ? 2 : 3;
        int height = data.Height, width = data.Width, channels = data.Channels;
        for (int i = 0; i < stages; i++)
        {
            int next = i == 0 ? recipe.Width : 2 * recipe.Width;
            _stages.Add(new Conv2d(Group, $"conv{i}", channels, next, ConvSpec.Square(3, 1, 1), Activation.Relu));
            (channels, height, width) = (next, height / 2, width / 2);
        }

        _flat = height * width * channels;
        _dense = new Linear(Group, "dense", _flat, recipe.Features, Activation.Relu, reads: new ImageExtents(height, width, channels));
        _end = new Linear(Group, "end", recipe.Features, outputs);
        Group.Build();
    }

    public Context Context { get; }

    public ParameterGroup Group { get; }

    public int Outputs { get; }

    public int Features { get; }

    /// <summary>[N, height*width*channels] in [0, 1] -> features [N, features] and outputs [N, outputs] (logits of a classifier).</summary>
    public (Tensor Features, Tensor Outputs) Forward(Tensor images)
    {
        int rows = images.Shape[0];
        var x = images.Reshape(rows, _data.Height, _data.Width, _data.Channels);
        foreach (var stage in _stages) x = stage.Forward(x).MaxPool2d(2);
        var features = _dense.Forward(x.Reshape(rows, _flat));
        return (features, _end.Forward(features));
    }

    /// <summary>SHA-256 (lower-case hex) of all weights as float32, in the order of declaration.</summary>
    public string WeightHash()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, tensor) in Group.Named())
        {
            float[] values = Array.ConvertAll(tensor.ToDoubles(), value => (float)value);
            sha.AppendData(MemoryMarshal.AsBytes<float>(values));
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    public void Dispose() => Group.Dispose();
}

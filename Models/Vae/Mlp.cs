using GenEngine.Kernels.Common;

namespace GenEngine.Models;

/// <summary>Dense networks with ReLU between layers and a linear end.</summary>
internal static class Mlp
{
    /// <summary>inputs -> widths... -> outputs; parameters are named prefix.0, prefix.1, ...</summary>
    public static Sequential Build(ParameterGroup group, string prefix, int inputs, IEnumerable<int> widths, int outputs)
    {
        var layers = new List<Layer>();
        int from = inputs;
        foreach (int width in widths)
        {
            layers.Add(new Linear(group, $"{prefix}.{layers.Count}", from, width, Activation.Relu));
            from = width;
        }

        layers.Add(new Linear(group, $"{prefix}.{layers.Count}", from, outputs));
        return new Sequential([.. layers]);
    }
}

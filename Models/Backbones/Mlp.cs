using GenEngine.Kernels.Common;

namespace GenEngine.Models;

/// <summary>Dense networks with an activation between layers and a linear end.</summary>
internal static class Mlp
{
    /// <summary>inputs -> widths... -> outputs; parameters are named prefix0, prefix1, ...</summary>
    /// <param name="makes">The image that the outputs are, where they are one.</param>
    public static Sequential Build(ParameterGroup group, string prefix, int inputs, IEnumerable<int> widths, int outputs, Activation activation, ImageExtents? makes = null)
    {
        int[] hidden = [.. widths];
        var (trunk, features) = Trunk(group, prefix, inputs, hidden, activation);
        return new Sequential([.. trunk.Layers, new Linear(group, $"{prefix}{hidden.Length}", features, outputs, makes: makes)]);
    }

    /// <summary>inputs -> widths..., and the last width.</summary>
    /// <param name="reads">The image that the inputs begin with, where they do.</param>
    public static (Sequential Layers, int Features) Trunk(ParameterGroup group, string prefix, int inputs, IReadOnlyList<int> widths, Activation activation, ImageExtents? reads = null)
    {
        var layers = new List<Layer>();
        int from = inputs;
        foreach (int width in widths)
        {
            layers.Add(new Linear(group, $"{prefix}{layers.Count}", from, width, activation, reads: layers.Count == 0 ? reads : null));
            from = width;
        }

        return (new Sequential([.. layers]), from);
    }
}

using GenEngine.Files.Onnx;

namespace GenEngine.Export.Onnx;

/// <summary>A graph while it is put together: nodes in order, constants as they are first asked for, no two things of one name.</summary>
internal sealed class OnnxGraph
{
    private readonly List<OnnxNode> _nodes = [];
    private readonly Dictionary<string, OnnxConstant> _constants = [];
    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, string> _renamed = [];
    private readonly Dictionary<string, int> _counts = [];

    public IReadOnlyList<OnnxNode> Nodes => _nodes;

    public IReadOnlyCollection<OnnxConstant> Constants => _constants.Values;

    /// <summary>Keeps a name for an input or an output.</summary>
    public void Reserve(string name)
    {
        if (!_names.Add(name)) throw new ArgumentException($"Two ports are called '{name}'.", nameof(name));
    }

    /// <summary>A node with one output.</summary>
    /// <returns>The output's name.</returns>
    public string Node(string type, ReadOnlySpan<string> inputs, params ReadOnlySpan<OnnxAttribute> attributes) => Node(type, 1, inputs, attributes)[0];

    /// <summary>A node with several outputs.</summary>
    public string[] Node(string type, int outputs, ReadOnlySpan<string> inputs, params ReadOnlySpan<OnnxAttribute> attributes)
    {
        string[] names = [.. Enumerable.Range(0, outputs).Select(_ => Numbered(type))];
        _nodes.Add(new OnnxNode(type, inputs.ToArray(), names, attributes.ToArray()));
        return names;
    }

    /// <summary>Numbers of a network, under a name that says which.</summary>
    public string Constant(string name, IReadOnlyList<long> extents, Array values)
    {
        string own = name;
        for (int i = 2; !_names.Add(own); i++) own = $"{name}.{i}";
        _constants.Add(own, new OnnxConstant(own, extents, values));
        return own;
    }

    /// <summary>Whole numbers that an operator takes as an input; the same ones are one constant.</summary>
    public string Integers(params long[] values) => Shared([values.Length], values);

    /// <summary>A number that an operator takes as an input; the same ones are one constant.</summary>
    public string Number(double value) => Shared([], new[] { (float)value });

    /// <summary>Numbers likewise.</summary>
    public string Numbers(params float[] values) => Shared([values.Length], values);

    /// <summary>Gives a value the name of an output; one that has such a name already, or that is an input, is copied. When nothing is added any more.</summary>
    public void Name(string value, string output)
    {
        if (!_nodes.Exists(node => node.Outputs.Contains(value)))
        {
            _nodes.Add(new OnnxNode("Identity", [_renamed.GetValueOrDefault(value, value)], [output], []));
            return;
        }

        _renamed.Add(value, output);
        foreach (var node in _nodes)
        {
            Replace(node.Inputs, value, output);
            Replace(node.Outputs, value, output);
        }
    }

    private static void Replace(string[] names, string old, string name)
    {
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i] == old) names[i] = name;
        }
    }

    private string Shared(long[] extents, Array values)
    {
        foreach (var known in _constants.Values)
        {
            if (known.Name.StartsWith("constant_", StringComparison.Ordinal) && known.Extents.SequenceEqual(extents) && Same(known.Values, values)) return known.Name;
        }

        return Constant(Numbered("constant"), extents, values);
    }

    private static bool Same(Array a, Array b) => (a, b) switch
    {
        (long[] x, long[] y) => x.AsSpan().SequenceEqual(y),
        (float[] x, float[] y) => x.AsSpan().SequenceEqual(y),
        _ => false,
    };

    private string Numbered(string type)
    {
        string stem = type.ToLowerInvariant();
        return $"{stem}_{_counts[stem] = _counts.GetValueOrDefault(stem) + 1}";
    }
}

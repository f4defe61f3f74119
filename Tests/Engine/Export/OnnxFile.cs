using Google.Protobuf;

namespace GenEngine.Tests.Export;

/// <summary>An ONNX file as anybody may read it: the fields of Protocol Buffers messages by the format's numbers, nothing of the engine's writer.</summary>
internal sealed class OnnxFile
{
    private readonly Fields _model, _graph;

    public OnnxFile(byte[] bytes)
    {
        _model = new Fields(bytes);
        _graph = _model.Message(7).Single();
    }

    public long IrVersion => _model.Number(1);

    public string Producer => $"{_model.Text(2)} {_model.Text(3)}";

    /// <summary>Domain and version of the operator sets.</summary>
    public IReadOnlyList<(string Domain, long Version)> Opsets => [.. _model.Message(8).Select(set => (set.Text(1), set.Number(2)))];

    public IReadOnlyDictionary<string, string> Metadata => _model.Message(14).ToDictionary(entry => entry.Text(1), entry => entry.Text(2));

    public IReadOnlyList<(string Type, string[] Inputs, string[] Outputs, string Name)> Nodes =>
        [.. _graph.Message(1).Select(node => (node.Text(4), node.Texts(1), node.Texts(2), node.Text(3)))];

    public IReadOnlyList<(string Name, long[] Extents, float[] Values)> Constants => [.. _graph.Message(5).Select(tensor => (tensor.Text(8), tensor.Numbers(1), Floats(tensor)))];

    /// <summary>Names of inputs, and their extents: a number or a name.</summary>
    public IReadOnlyList<(string Name, string[] Extents)> Inputs => Ports(11);

    public IReadOnlyList<(string Name, string[] Extents)> Outputs => Ports(12);

    /// <summary>What the format asks of a graph and a runtime may or may not look at.</summary>
    public IEnumerable<string> Faults()
    {
        var known = new HashSet<string> { "" };
        var used = new HashSet<string>();
        foreach (string name in Inputs.Select(input => input.Name).Concat(Constants.Select(constant => constant.Name)))
            if (!known.Add(name)) yield return $"two are called {name}";
        foreach (var (type, inputs, outputs, _) in Nodes)
        {
            foreach (string input in inputs)
            {
                used.Add(input);
                if (!known.Contains(input)) yield return $"{type} takes {input} before it is made";
            }

            foreach (string output in outputs)
                if (!known.Add(output)) yield return $"two are called {output}";
        }

        foreach (var (name, _) in Outputs)
        {
            used.Add(name);
            if (!known.Contains(name)) yield return $"nothing makes the output {name}";
        }

        foreach (string name in Constants.Select(constant => constant.Name).Concat(Nodes.SelectMany(node => node.Outputs)).Concat(Inputs.Select(input => input.Name)).Where(name => !used.Contains(name)))
            yield return $"{name} is used by nothing";
        if (Nodes.Select(node => node.Name).Distinct().Count() != Nodes.Count) yield return "two nodes of one name";
    }

    private static float[] Floats(Fields tensor)
    {
        if (tensor.Number(2) != 1) return [];
        byte[] raw = tensor.Bytes(9);
        return [.. Enumerable.Range(0, raw.Length / sizeof(float)).Select(i => BitConverter.ToSingle(raw, i * sizeof(float)))];
    }

    private (string, string[])[] Ports(int field) =>
    [
        .. _graph.Message(field).Select(port => (port.Text(1), port.Message(2).Single().Message(1).Single().Message(2).Single().Message(1)
            .Select(extent => extent.Has(2) ? extent.Text(2) : extent.Number(1).ToString(System.Globalization.CultureInfo.InvariantCulture)).ToArray())),
    ];

    /// <summary>A message's fields in order.</summary>
    private sealed class Fields
    {
        private readonly List<(int Number, object Value)> _all = [];

        public Fields(byte[] bytes)
        {
            var input = new CodedInputStream(bytes);
            for (uint tag; (tag = input.ReadTag()) != 0;)
            {
                _all.Add((WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) switch
                {
                    WireFormat.WireType.Varint => input.ReadInt64(),
                    WireFormat.WireType.Fixed32 => input.ReadFloat(),
                    WireFormat.WireType.LengthDelimited => input.ReadBytes().ToByteArray(),
                    var other => throw new InvalidDataException($"{other} is not in the format"),
                }));
            }
        }

        public bool Has(int field) => _all.Exists(entry => entry.Number == field);

        public long Number(int field) => Numbers(field).Single();

        public long[] Numbers(int field) => [.. Of(field).Cast<long>()];

        public byte[] Bytes(int field) => (byte[])Of(field).Single();

        public string Text(int field) => Texts(field).Single();

        public string[] Texts(int field) => [.. Of(field).Cast<byte[]>().Select(System.Text.Encoding.UTF8.GetString)];

        public Fields[] Message(int field) => [.. Of(field).Cast<byte[]>().Select(bytes => new Fields(bytes))];

        private IEnumerable<object> Of(int field) => _all.Where(entry => entry.Number == field).Select(entry => entry.Value);
    }
}

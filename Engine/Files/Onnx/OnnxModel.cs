using System.Runtime.InteropServices;

namespace GenEngine.Files.Onnx;

/// <summary>An attribute of a node: a long, a float, a string or an array of longs.</summary>
internal sealed record OnnxAttribute(string Name, object Value);

/// <summary>An operator of the standard set, version <see cref="OnnxModel.Opset"/>, between named values; the node has its first output's name.</summary>
internal sealed record OnnxNode(string Type, string[] Inputs, string[] Outputs, OnnxAttribute[] Attributes);

/// <summary>A constant: an array of float or long.</summary>
internal sealed record OnnxConstant(string Name, IReadOnlyList<long> Extents, Array Values);

/// <summary>What goes in or comes out: an extent is a number, or a name where it is free.</summary>
internal sealed record OnnxPort(string Name, bool IsInteger, IReadOnlyList<object> Extents, string Meaning);

/// <summary>
/// A network in the Open Neural Network Exchange format (onnx.ai, IR version 8): a graph of operators, constants, and what goes in and comes out, as one Protocol Buffers message. Field numbers are the
/// format's. The same content always gives the same bytes.
/// </summary>
internal sealed record OnnxModel
{
    /// <summary>Version of the operator set: the first with LayerNormalization, which is the newest operator that is written.</summary>
    public const int Opset = 17;

    /// <summary>Version of the file format that came with the operator set.</summary>
    public const int IrVersion = 8;

    private const int Float = 1, Int64 = 7;

    public required string Name { get; init; }

    /// <summary>In an order in which each can be computed.</summary>
    public required IReadOnlyList<OnnxNode> Nodes { get; init; }

    public required IReadOnlyList<OnnxConstant> Constants { get; init; }

    public required IReadOnlyList<OnnxPort> Inputs { get; init; }

    public required IReadOnlyList<OnnxPort> Outputs { get; init; }

    /// <summary>What else there is to know, in the order of the names.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Writes the file atomically.</summary>
    /// <exception cref="Kernels.EngineException">It cannot be written, or would have more than 2 GB.</exception>
    public void Write(string path)
    {
        var message = Message();
        AtomicFile.Write(path, message.WriteTo);
    }

    /// <inheritdoc cref="Write"/>
    public void WriteTo(Stream stream) => Message().WriteTo(stream);

    private ProtoMessage Message()
    {
        var graph = new ProtoMessage()
            .AddAll(1, Nodes.Select(Of))
            .Add(2, Name)
            .AddAll(5, Constants.Select(Of))
            .AddAll(11, Inputs.Select(Of))
            .AddAll(12, Outputs.Select(Of));
        return new ProtoMessage()
            .Add(1, IrVersion)
            .Add(2, "GenEngine")
            .Add(3, typeof(OnnxModel).Assembly.GetName().Version?.ToString(3) ?? "0")
            .Add(7, graph)
            .Add(8, new ProtoMessage().Add(1, "").Add(2, Opset))
            .AddAll(14, Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new ProtoMessage().Add(1, entry.Key).Add(2, entry.Value)));
    }

    private static ProtoMessage Of(OnnxNode node)
    {
        var message = new ProtoMessage();
        foreach (string input in node.Inputs) message.Add(1, input);
        foreach (string output in node.Outputs) message.Add(2, output);
        return message.Add(3, node.Outputs[0]).Add(4, node.Type).AddAll(5, node.Attributes.Select(Of));
    }

    private static ProtoMessage Of(OnnxAttribute attribute)
    {
        const int FloatType = 1, IntType = 2, StringType = 3, IntsType = 7, Type = 20;
        var message = new ProtoMessage().Add(1, attribute.Name);
        switch (attribute.Value)
        {
            case float value: return message.Add(2, value).Add(Type, FloatType);
            case long value: return message.Add(3, value).Add(Type, IntType);
            case string value: return message.Add(4, value).Add(Type, StringType);
            case long[] values:
                foreach (long value in values) message.Add(8, value);
                return message.Add(Type, IntsType);
            default: throw new ArgumentException($"'{attribute.Name}' is a {attribute.Value.GetType().Name}.", nameof(attribute));
        }
    }

    private static ProtoMessage Of(OnnxConstant constant)
    {
        var message = new ProtoMessage();
        foreach (long extent in constant.Extents) message.Add(1, extent);
        byte[] content = constant.Values switch
        {
            float[] floats => MemoryMarshal.AsBytes<float>(floats).ToArray(),
            var integers => MemoryMarshal.AsBytes<long>((long[])integers).ToArray(),
        };
        return message.Add(2, constant.Values is float[]? Float : Int64).Add(8, constant.Name).Add(9, content.AsMemory());
    }

    private static ProtoMessage Of(OnnxPort port)
    {
        var shape = new ProtoMessage().AddAll(1, port.Extents.Select(extent => extent is string name ? new ProtoMessage().Add(2, name) : new ProtoMessage().Add(1, (long)extent)));
        var tensor = new ProtoMessage().Add(1, port.IsInteger ? Int64 : Float).Add(2, shape);
        return new ProtoMessage().Add(1, port.Name).Add(2, new ProtoMessage().Add(1, tensor)).Add(3, port.Meaning);
    }
}

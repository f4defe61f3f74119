using GenEngine.Files.Onnx;
using GenEngine.Kernels;

namespace GenEngine.Export.Onnx;

/// <summary>
/// Writes a part of a network as an ONNX file, for any runtime of it: what is written is the part's own forward pass, followed operation by operation, with its weights; the number of examples is free, and so is
/// the length of sequences. Images are [N, C, H, W] outside.
/// </summary>
public static class OnnxWriter
{
    // as many as no network has columns by chance: an operation that tells rows from columns by their number must see neither as the other
    private static readonly (int Batch, int Length) s_first = (11, 17), s_second = (13, 19);

    /// <summary>Version of the operator set that files are written in.</summary>
    public static int Opset => OnnxModel.Opset;

    /// <summary>Writes the file atomically; outside any step, with the network in evaluation mode.</summary>
    /// <param name="metadata">What else the file is to say; part and format are said anyway.</param>
    /// <exception cref="EngineException">The part holds an operation that has no counterpart, named in the message; or the file cannot be written.</exception>
    public static void Write(string path, Context context, NetworkPart part, IReadOnlyDictionary<string, string>? metadata = null) => Model(context, part, metadata).Write(path);

    internal static OnnxModel Model(Context context, NetworkPart part, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var (other, otherInputs, _) = Follow(context, part, s_second, (trace, inputs, _) => (trace, inputs, 0));
        return Follow(context, part, s_first, (trace, inputs, outputs) =>
        {
            var translator = new OnnxTranslator(trace, other, [.. part.Inputs.Select((port, i) => (inputs[i], otherInputs[i], InGraph(port)))]);
            translator.Run([.. part.Outputs.Select((port, i) => (outputs[i], port))]);
            return new OnnxModel
            {
                Name = part.Name,
                Nodes = translator.Graph.Nodes,
                Constants = [.. translator.Graph.Constants],
                Inputs = [.. part.Inputs.Select(Outside)],
                Outputs = [.. part.Outputs.Select(Outside)],
                Metadata = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>()) { ["part"] = part.Name },
            };
        });
    }

    /// <summary>A forward pass on zeros, and what is made of its trace while its results are still there.</summary>
    private static T Follow<T>(Context context, NetworkPart part, (int Batch, int Length) sizes, Func<OpTrace, Tensor[], Tensor[], T> use)
    {
        using var step = context.BeginStep();
        Tensor[] inputs = [.. part.Inputs.Select(port => Zeros(context, port, sizes))], outputs = [];
        var trace = OpTrace.Of(context, () => outputs = part.Forward(inputs));
        if (outputs.Length != part.Outputs.Count) throw new ArgumentException($"'{part.Name}' gives {outputs.Length} results and says that it gives {part.Outputs.Count}.", nameof(part));
        foreach (var (port, output) in part.Outputs.Zip(outputs)) Check(port, output, sizes);
        return use(trace, inputs, outputs);
    }

    private static Tensor Zeros(Context context, Port port, (int Batch, int Length) sizes)
    {
        var shape = port.EngineShape(sizes.Batch, sizes.Length);
        if (port.Kind != PortKind.Codes) return context.Transient(new double[shape.Count], shape, port.Name);
        var codes = context.NewLabels(shape, port.Name, (0, 0));
        context.Device.Upload(new int[shape.Count], codes.Range);
        return codes;
    }

    private static void Check(Port port, Tensor output, (int Batch, int Length) sizes)
    {
        bool fits = output.Shape == port.EngineShape(sizes.Batch, sizes.Length) || (port.Kind == PortKind.Images && output.Shape == new Shape(sizes.Batch, port.Height, port.Width, port.Channels));
        if (!fits) throw new ArgumentException($"'{port.Name}' is {output.Shape}, not {port}.", nameof(port));
    }

    private static Value InGraph(Port port) => port.Kind switch
    {
        PortKind.Images => new Value(port.Name, new ImageExtents(port.Height, port.Width, port.Channels)),
        PortKind.Signal => throw new ArgumentException($"'{port.Name}': signals come out of networks, and none is built that takes one.", nameof(port)),
        _ => new Value(port.Name),
    };

    private static OnnxPort Outside(Port port) => new(port.Name, port.Kind == PortKind.Codes, port.FileExtents, port.Meaning);
}

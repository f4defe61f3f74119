using GenEngine.Files.Onnx;
using GenEngine.Kernels;

namespace GenEngine.Export.Onnx;

/// <summary>
/// Writes traced operations as ONNX operators. Two traces of one forward pass, with other numbers of examples (and other lengths of sequences), tell which extents are free: those that differ. What does not
/// depend on an input is a constant, whatever it was made by, and is read from the device. In the folder: the parts of this class, by what is translated.
/// </summary>
internal sealed partial class OnnxTranslator
{
    private readonly Dictionary<Tensor, Value> _values = [];
    private readonly Dictionary<Tensor, int[]> _second = [];
    private readonly HashSet<Tensor> _varying = [];
    private readonly Dictionary<(Tensor Tensor, string Form), string> _forms = [];
    private readonly Dictionary<Tensor, ImageExtents> _wanted = [];

    /// <param name="inputs">Of both traces, and where they are in the graph.</param>
    /// <exception cref="EngineException">The traces are not of the same operations.</exception>
    public OnnxTranslator(OpTrace first, OpTrace second, IReadOnlyList<(Tensor First, Tensor Second, Value Value)> inputs)
    {
        foreach (var (tensor, other, value) in inputs)
        {
            Graph.Reserve(value.Name);
            _values[tensor] = value;
            _second[tensor] = other.Shape.ToArray();
            _varying.Add(tensor);
        }

        bool alike = first.Ops.Count == second.Ops.Count && first.Ops.Zip(second.Ops).All(pair => pair.First.Kind == pair.Second.Kind && pair.First.Inputs.Length == pair.Second.Inputs.Length);
        if (!alike) throw new EngineException("This network does other things with another number of examples, and cannot be exported for any number.");
        foreach (var (op, other) in first.Ops.Zip(second.Ops))
        {
            // what is made of something that left no trace may depend on anything: it is no constant, and is refused where it is used
            if (op.Inputs.Any(input => input is not null && (_varying.Contains(input) || IsUntraced(input)))) _varying.Add(op.Result);
            _second[op.Result] = other.Result.Shape.ToArray();
            foreach (var (input, otherInput) in op.Inputs.Zip(other.Inputs))
            {
                // parameters are the same in both; what the host has made anew may have followed the number of examples
                if (input is { Block: null } && otherInput is not null) _second.TryAdd(input, otherInput.Shape.ToArray());
            }
        }

        Ops = first.Ops;
    }

    public OnnxGraph Graph { get; } = new();

    private IReadOnlyList<TracedOp> Ops { get; }

    /// <summary>Translates what the outputs are made of, and names them.</summary>
    /// <exception cref="EngineException">An operation cannot be translated, or an output does not depend on any input; names it.</exception>
    public void Run(IReadOnlyList<(Tensor Tensor, Port Port)> outputs)
    {
        foreach (var (tensor, port) in outputs)
        {
            Graph.Reserve(port.Name);
            if (!_varying.Contains(tensor) && !IsUntraced(tensor)) throw new EngineException($"'{port.Name}' depends on no input, so there is nothing to export.");
            if (port.Kind == PortKind.Images && tensor.Shape.Rank == 2) Want(tensor, new ImageExtents(port.Height, port.Width, port.Channels));
        }

        var live = Live(outputs.Select(output => output.Tensor));
        PlanOrders(live);
        foreach (var op in live) Translate(op);
        string[] values = [.. outputs.Select(output => AtBorder(output.Tensor, output.Port))]; // all of them before a name changes
        foreach (var (value, output) in values.Zip(outputs)) Graph.Name(value, output.Port.Name);
    }

    /// <summary>The operations that the outputs need and that inputs reach, in order.</summary>
    private List<TracedOp> Live(IEnumerable<Tensor> outputs)
    {
        var needed = new HashSet<Tensor>(outputs);
        var live = new List<TracedOp>();
        for (int i = Ops.Count - 1; i >= 0; i--)
        {
            if (!needed.Contains(Ops[i].Result) || !_varying.Contains(Ops[i].Result)) continue;
            live.Add(Ops[i]);
            foreach (var input in Ops[i].Inputs)
            {
                if (input is not null) needed.Add(input);
            }
        }

        live.Reverse();
        return live;
    }

    /// <summary>Finds rows that become images further on: who makes them can make them plane by plane.</summary>
    private void PlanOrders(List<TracedOp> live)
    {
        for (int i = live.Count - 1; i >= 0; i--)
        {
            var (result, kind, inputs) = live[i];
            switch (kind)
            {
                case Traced.Reshape when inputs[0]!.Shape.Rank == 2 && result.Shape.Rank == 4 && IsImageOf(result, inputs[0]!):
                    Want(inputs[0]!, Extents(result));
                    break;
                case Traced.Unary or Traced.Binary or Traced.BatchNorm or Traced.Reshape when inputs[0]!.Shape == result.Shape && _wanted.TryGetValue(result, out var planes):
                    Want(inputs[0]!, planes);
                    break;
            }
        }
    }

    private void Want(Tensor tensor, ImageExtents planes) => _wanted[tensor] = planes;

    private string AtBorder(Tensor tensor, Port port)
    {
        switch (port.Kind)
        {
            case PortKind.Images: return Planes(tensor, new ImageExtents(port.Height, port.Width, port.Channels));
            case PortKind.Signal: return Graph.Node("Squeeze", [Planes(tensor), Graph.Integers(2)]);
            default: return AsIs(tensor);
        }
    }

    private Value Of(Tensor tensor)
    {
        if (_values.TryGetValue(tensor, out var value)) return value;
        if (IsUntraced(tensor)) throw Refuse(tensor.Op, "it has no place in a graph of feed-forward operators; export a part of a network that works without it, in evaluation mode");
        return _values[tensor] = new Value(Constant(tensor, "", tensor.Shape.ToArray(), null));
    }

    /// <summary>True for what an operation has made that tells no trace of it: it is no input, no parameter and nobody's result.</summary>
    private bool IsUntraced(Tensor tensor) => tensor.Block is not null && !_second.ContainsKey(tensor);

    private bool IsConstant(Tensor tensor) => !_varying.Contains(tensor) && !IsUntraced(tensor);

    /// <summary>A constant. It has its parameter's name where at most its axes have changed places; what else has been done to it stands behind the name.</summary>
    /// <param name="form">Tells the forms of one tensor apart; "" for the engine's own.</param>
    /// <param name="extents">Of the form.</param>
    /// <param name="rearrange">Elements of the engine to those of the form; null for none.</param>
    /// <param name="suffix">Of the name.</param>
    private string Constant(Tensor tensor, string form, ReadOnlySpan<int> extents, Func<float[], float[]>? rearrange, string suffix = "")
    {
        if (_forms.TryGetValue((tensor, form), out string? known)) return known;
        if (!Enumerable.Range(0, tensor.Shape.Rank).All(axis => IsFixed(tensor, axis)))
            throw Refuse(tensor.Op, "its extents follow the number of examples, and its values do not follow the inputs");
        float[] values = tensor.DType == DType.Float32 ? tensor.ToArray<float>() : Array.ConvertAll(tensor.ToDoubles(), value => (float)value);
        long[] sizes = Array.ConvertAll(extents.ToArray(), extent => (long)extent);
        return _forms[(tensor, form)] = Graph.Constant(NameOf(tensor) + suffix, sizes, rearrange?.Invoke(values) ?? values);
    }

    /// <summary>A constant whose columns, or whose elements where it is a vector, are put into an order; null leaves them.</summary>
    private string Constant(Tensor tensor, int[]? order, params ReadOnlySpan<int> extents)
    {
        string form = $"[{string.Join(',', extents.ToArray())}]";
        return order is null
            ? Constant(tensor, extents.SequenceEqual(tensor.Shape.ToArray()) ? "" : form, extents, null)
            : Constant(tensor, form + string.Join(',', order), extents, values => InOrder(values, order), ".reordered");
    }

    private static float[] InOrder(float[] values, int[] order)
    {
        var turned = new float[values.Length];
        for (int i = 0; i < turned.Length; i++) turned[i] = values[i - (i % order.Length) + order[i % order.Length]];
        return turned;
    }

    /// <summary>The parameter's name; of what was made of parameters, the first one's and what was done.</summary>
    private string NameOf(Tensor tensor) => tensor.Block is not null && Ops.FirstOrDefault(op => op.Result == tensor) is { Inputs: [{ } first, ..] }
        ? $"{NameOf(first)}.{tensor.Op.Replace(' ', '_')}"
        : tensor.Op;

    private static EngineException Refuse(string op, string why) => new($"'{op}' cannot be exported: {why}.");

    private static OnnxAttribute Attribute(string name, long value) => new(name, value);

    private static OnnxAttribute Attribute(string name, double value) => new(name, (float)value);

    private static OnnxAttribute Attribute(string name, string value) => new(name, value);

    private static OnnxAttribute Attribute(string name, params long[] values) => new(name, values);
}

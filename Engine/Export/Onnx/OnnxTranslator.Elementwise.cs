using GenEngine.Kernels.Common;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.Gate;
using GenEngine.Kernels.Reduction;

namespace GenEngine.Export.Onnx;

/// <summary>The table of what is translated how; functions of elements, and reductions.</summary>
internal sealed partial class OnnxTranslator
{
    private void Translate(TracedOp op)
    {
        var (result, kind, inputs) = op;
        Tensor Input(int i) => inputs[i]!;
        _values[result] = kind switch
        {
            Traced.Reshape => Reshape(result, Input(0)),
            Traced.MatMul matMul => MatMul(matMul, Input(0), Input(1)),
            Traced.Linear linear => Linear(linear, result, Input(0), Input(1), inputs[2]),
            Traced.Conv conv => conv.Transposed ? ConvTranspose(conv, result, inputs) : Conv(conv, result, inputs),
            Traced.BatchNorm norm => BatchNorm(norm, result, inputs),
            Traced.LayerNorm norm => new Value(Graph.Node("LayerNormalization", [AsIs(Input(0)), Vector(Input(1)), Vector(Input(2))], Attribute("axis", -1), Attribute("epsilon", norm.Epsilon))),
            Traced.Unary unary => Of(Input(0)) with { Name = Unary(unary, Of(Input(0)).Name) },
            Traced.Binary binary => Binary(binary, Input(0), Input(1)),
            Traced.MultiplyAdd => MultiplyAdd(Aligned(Input(0), Input(1), Input(2))),
            Traced.Softmax => AlongChannels(Input(0), (x, axis) => Graph.Node("Softmax", [x], Attribute("axis", axis))),
            Traced.Reduce reduce => new Value(Reduce(reduce, Input(0))),
            Traced.Concat => Concat(Array.ConvertAll(inputs, input => input!)),
            Traced.Slice slice => AlongChannels(Input(0), (x, axis) => Slice(x, [slice.Start], [slice.Start + slice.Length], [axis]), slice.Length),
            Traced.Pad pad => Pad(pad, result, Input(0)),
            Traced.Transpose => new Value(Turned(Input(0))),
            Traced.OneHot oneHot => OneHot(oneHot, Input(0)),
            Traced.Embedding => Embedding(Input(0), Input(1)),
            Traced.Gate gate => Gate(gate, Input(0), inputs[1]),
            Traced.GatePair pair => GatePair(pair, Aligned(Input(0), Input(1))),
            Traced.MaxPool pool => OfPlanes(result, Graph.Node("MaxPool", [Planes(Input(0))], Window(pool.Window))),
            Traced.AvgPool pool => OfPlanes(result, Graph.Node("AveragePool", [Planes(Input(0))], [.. Window(pool.Window), Attribute("count_include_pad", 1)])),
            Traced.GlobalAvgPool => new Value(Flatten(Graph.Node("GlobalAveragePool", [Planes(Input(0))]))),
            Traced.Upsample upsample => Upsample(upsample, result, Input(0)),
            Traced.DepthToSpace shuffle => OfPlanes(result, Graph.Node("DepthToSpace", [Planes(Input(0))], Attribute("blocksize", shuffle.Factor), Attribute("mode", "CRD"))),
            Traced.SpaceToDepth shuffle => SpaceToDepth(shuffle, result, Input(0)),
            _ => throw Refuse(result.Op, "it is translated for parameters alone, and here it is made of what goes into the network"),
        };
    }

    private string Unary(Traced.Unary unary, string x) => unary.Op switch
    {
        UnaryOp.Square => Graph.Node("Mul", [x, x]),
        UnaryOp.Clamp => Graph.Node("Clip", [x, Graph.Number(unary.P0), Graph.Number(unary.P1)]),
        UnaryOp.LeakyRelu or UnaryOp.Elu => Graph.Node(unary.Op.ToString(), [x], Attribute("alpha", unary.P0)),
        UnaryOp.Affine => Affine(x, unary.P0, unary.P1),
        _ => Graph.Node(unary.Op.ToString(), [x]), // the rest are called as ONNX calls them
    };

    private string Affine(string x, double scale, double shift)
    {
        if (scale != 1) x = Graph.Node("Mul", [x, Graph.Number(scale)]);
        return shift != 0 || scale == 1 ? Graph.Node("Add", [x, Graph.Number(shift)]) : x;
    }

    private string Activate(string x, Activation activation, double slope) => activation switch
    {
        Activation.None => x,
        Activation.LeakyRelu or Activation.Elu => Graph.Node(activation.ToString(), [x], Attribute("alpha", slope)),
        _ => Graph.Node(activation.ToString(), [x]),
    };

    private Value Binary(Traced.Binary binary, Tensor a, Tensor b)
    {
        string type = binary.Op.ToString(); // Add, Sub, Mul, Div
        if (binary.Broadcast == Broadcast.None)
        {
            var both = Aligned(a, b);
            return both[0] with { Name = Graph.Node(type, [both[0].Name, both[1].Name]) };
        }

        if (binary.Broadcast == Broadcast.Row)
        {
            long[] extents = [-1, .. Enumerable.Range(1, a.Shape.Rank - 1).Select(axis => axis + 1 < a.Shape.Rank ? a.Shape[axis] : 1L)];
            if (!Enumerable.Range(1, a.Shape.Rank - 1).All(axis => IsFixed(a, axis))) throw Refuse(binary.Op.ToString(), "one value a row, of rows whose number follows two free extents");
            return new Value(Graph.Node(type, [AsIs(a), Graph.Node("Reshape", [AsIs(b), Graph.Integers(extents)])]));
        }

        var left = Of(a);
        if (binary.Broadcast == Broadcast.Scalar)
            return left with { Name = Graph.Node(type, [left.Name, IsConstant(b) ? Constant(b, null, []) : Graph.Node("Reshape", [AsIs(b), Graph.Integers(1)])]) };
        int channels = a.Shape.Columns;
        if (IsConstant(b))
        {
            if (a.Shape.Rank != 4 && left.Planes is { } planes) return left with { Name = Graph.Node(type, [left.Name, Constant(b, planes.Order(), planes.Channels, planes.Height, planes.Width)]) };
            return left with { Name = Graph.Node(type, [left.Name, left.Planes is not null ? Constant(b, null, channels, 1, 1) : Constant(b, left.Order, channels)]) };
        }

        if (a.Shape.Rank == 4 && left.Planes is not null) return left with { Name = Graph.Node(type, [left.Name, Graph.Node("Reshape", [AsIs(b), Graph.Integers(-1, 1, 1)])]) };
        return new Value(Graph.Node(type, [AsIs(a), Graph.Node("Reshape", [AsIs(b), Graph.Integers(-1)])]));
    }

    private Value MultiplyAdd(Value[] abc) => abc[0] with { Name = Graph.Node("Add", [Graph.Node("Mul", [abc[0].Name, abc[1].Name]), abc[2].Name]) };

    private Value Gate(Traced.Gate gate, Tensor x, Tensor? condition)
    {
        bool planes = x.Shape.Rank == 4;
        string halves = planes ? Planes(x) : AsIs(x);
        if (condition is not null)
        {
            string told = AsIs(condition);
            long[]? extents = x.Shape.Rank switch { 4 => [0, -1, 1, 1], 3 => [0, 1, -1], 1 => [-1], _ => null };
            halves = Graph.Node("Add", [halves, extents is null ? told : Graph.Node("Reshape", [told, Graph.Integers(extents)])]);
        }

        string[] parts = Graph.Node("Split", 2, [halves], Attribute("axis", planes ? 1 : -1));
        string name = Gated(gate.Kind, parts[0], parts[1]);
        return planes ? new Value(name, new ImageExtents(x.Shape[1], x.Shape[2], x.Shape[3] / 2)) : new Value(name);
    }

    private Value GatePair(Traced.GatePair pair, Value[] both) => both[0] with { Name = Gated(pair.Kind, both[0].Name, both[1].Name) };

    private string Gated(GateKind kind, string a, string b) => Graph.Node("Mul", [kind == GateKind.Tanh ? Graph.Node("Tanh", [a]) : a, Graph.Node("Sigmoid", [b])]);

    private string Reduce(Traced.Reduce reduce, Tensor x)
    {
        int rank = x.Shape.Rank;
        long[] axes = reduce.Axis switch
        {
            ReduceAxis.Columns => [rank - 1],
            ReduceAxis.Rows => [.. Enumerable.Range(0, rank - 1)],
            _ => [.. Enumerable.Range(0, rank)],
        };
        // a sum takes its axes as an input in this operator set, the others as an attribute
        string name = reduce.Op == ReduceOp.Sum
            ? Graph.Node("ReduceSum", [AsIs(x), Graph.Integers(axes)], Attribute("keepdims", 0))
            : Graph.Node($"Reduce{reduce.Op}", [AsIs(x)], Attribute("axes", axes), Attribute("keepdims", 0));
        return reduce.Axis == ReduceAxis.All || (reduce.Axis == ReduceAxis.Columns && rank != 2) ? Graph.Node("Reshape", [name, Graph.Integers(-1)]) : name;
    }
}

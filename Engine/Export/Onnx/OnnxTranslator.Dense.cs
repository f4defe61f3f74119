using GenEngine.Kernels.MatMul;

namespace GenEngine.Export.Onnx;

/// <summary>Products, and what changes shapes.</summary>
internal sealed partial class OnnxTranslator
{
    private Value Reshape(Tensor result, Tensor x)
    {
        var value = Of(x);
        if (Enumerable.Range(0, Math.Min(x.Shape.Rank, result.Shape.Rank)).All(axis => SameExtent(x, axis, result, axis)) && x.Shape.Rank == result.Shape.Rank) return value;
        if (x.Shape.Rank == 4 && result.Shape.Rank == 2 && IsImageOf(x, result) && value.Planes is not null) return value;
        if (x.Shape.Rank == 2 && result.Shape.Rank == 4 && IsImageOf(result, x))
        {
            var extents = Extents(result);
            if (value.Planes == extents || (value.Planes is null && Value.SameOrder(value.Order, extents.Order()))) return new Value(Planes(x, extents), extents);
        }

        return new Value(Graph.Node("Reshape", [AsIs(x), ReshapeTo(x, result)]));
    }

    /// <summary>The bias is part of the product; columns that came in another order are undone by the weight's, and the result's are put in order for the image that it becomes.</summary>
    private Value Linear(Traced.Linear linear, Tensor result, Tensor x, Tensor weight, Tensor? bias)
    {
        if (x.Shape.Rank != 2 || !IsConstant(weight) || (bias is not null && !IsConstant(bias)))
        {
            string product = Graph.Node("MatMul", [AsIs(x), Turned(weight)]);
            if (bias is not null) product = Graph.Node("Add", [product, AsIs(bias)]);
            return new Value(Activate(product, linear.Activation, linear.Slope));
        }

        int outputs = weight.Shape[0], inputs = weight.Shape[1];
        var rows = Rows(x);
        int[]? order = _wanted.TryGetValue(result, out var planes) ? planes.Order() : null;
        string name = Weight();
        name = bias is null ? Graph.Node("Gemm", [rows.Name, name], Attribute("transB", 1)) : Graph.Node("Gemm", [rows.Name, name, Constant(bias, order, outputs)], Attribute("transB", 1));
        return new Value(Activate(name, linear.Activation, linear.Slope), Order: order);

        string Weight()
        {
            if (order is null) return Constant(weight, rows.Order, outputs, inputs);
            string form = $"rows {string.Join(',', order)} columns {string.Join(',', rows.Order ?? [])}";
            return Constant(weight, form, [outputs, inputs], values =>
            {
                float[] columns = rows.Order is { } given ? InOrder(values, given) : values, turned = new float[values.Length];
                for (int row = 0; row < outputs; row++) columns.AsSpan(order[row] * inputs, inputs).CopyTo(turned.AsSpan(row * inputs));
                return turned;
            }, ".reordered");
        }
    }

    private Value MatMul(Traced.MatMul product, Tensor a, Tensor b) =>
        new(Graph.Node("MatMul", [product.Form == MatMulOp.TN ? Turned(a) : AsIs(a), product.Form == MatMulOp.NT ? Turned(b) : AsIs(b)]));

    /// <summary>The last two axes changed.</summary>
    private string Turned(Tensor x)
    {
        if (x.Shape.Rank != 2 || !IsConstant(x)) return Kept(x, "turned", () => Transpose(AsIs(x), x.Shape.Rank == 3 ? [0, 2, 1] : [1, 0]));
        int rows = x.Shape[0], columns = x.Shape[1];
        return Constant(x, "turned", [columns, rows], values =>
        {
            var turned = new float[values.Length];
            for (int i = 0; i < turned.Length; i++) turned[i] = values[(i % rows * columns) + (i / rows)];
            return turned;
        });
    }

    /// <summary>[channels] values, whatever the rank of their tensor.</summary>
    private string Vector(Tensor values) => IsConstant(values)
        ? Constant(values, null, (int)values.Count)
        : values.Shape.Rank == 1 ? AsIs(values) : Graph.Node("Reshape", [AsIs(values), Graph.Integers(-1)]);

    private Value Concat(Tensor[] parts)
    {
        int rank = parts[0].Shape.Rank, columns = parts.Sum(part => part.Shape.Columns);
        if (rank == 4 && parts.Any(part => Of(part).Planes is not null))
            return new Value(Graph.Node("Concat", [.. parts.Select(Planes)], Attribute("axis", 1)), Extents(parts[0]) with { Channels = columns });
        if (rank != 2) return new Value(Graph.Node("Concat", [.. parts.Select(AsIs)], Attribute("axis", -1)));
        Value[] rows = [.. parts.Select(Rows)];
        string name = Graph.Node("Concat", [.. rows.Select(part => part.Name)], Attribute("axis", 1));
        if (rows.All(part => part.Order is null)) return new Value(name);
        var order = new List<int>();
        foreach (var (part, row) in parts.Zip(rows))
        {
            int start = order.Count;
            order.AddRange(Enumerable.Range(0, part.Shape.Columns).Select(i => start + (row.Order?[i] ?? i)));
        }

        return new Value(name, Order: [.. order]);
    }

    /// <summary>A function along the last dimension, which is the axis 1 of images that lie as planes.</summary>
    /// <param name="apply">The value's name and the axis.</param>
    /// <param name="channels">Of the result; as many as of x when not given.</param>
    private Value AlongChannels(Tensor x, Func<string, int, string> apply, int? channels = null)
    {
        if (x.Shape.Rank == 4 && Of(x).Planes is { } planes) return new Value(apply(Planes(x), 1), planes with { Channels = channels ?? planes.Channels });
        return new Value(apply(AsIs(x), -1));
    }

    private string Slice(string x, ReadOnlySpan<int> starts, ReadOnlySpan<long> ends, ReadOnlySpan<int> axes) =>
        Graph.Node("Slice", [x, Graph.Integers(Longs(starts)), Graph.Integers(ends.ToArray()), Graph.Integers(Longs(axes))]);

    private static long[] Longs(ReadOnlySpan<int> values) => Array.ConvertAll(values.ToArray(), value => (long)value);

    /// <summary>The labels one after another, as the engine has them: an operator of ONNX would add a dimension.</summary>
    private Value OneHot(Traced.OneHot oneHot, Tensor labels)
    {
        string indices = labels.Shape.Rank == 1 ? AsIs(labels) : Graph.Node("Reshape", [AsIs(labels), Graph.Integers(-1)]);
        return new Value(Graph.Node("OneHot", [indices, Graph.Integers(oneHot.Classes), Graph.Numbers(0, 1)], Attribute("axis", -1)));
    }

    private Value Embedding(Tensor table, Tensor indices)
    {
        string rows = Graph.Node("Gather", [AsIs(table), AsIs(indices)], Attribute("axis", 0));
        return new Value(indices.Shape.Rank == 4 ? Graph.Node("Squeeze", [rows, Graph.Integers(3)]) : rows);
    }
}

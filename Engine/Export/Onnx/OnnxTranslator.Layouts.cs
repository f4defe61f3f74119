namespace GenEngine.Export.Onnx;

/// <summary>Extents, and turning values from one way of lying to another.</summary>
internal sealed partial class OnnxTranslator
{
    /// <summary>True when the extent is the same however many examples there are.</summary>
    private bool IsFixed(Tensor tensor, int axis) => !_second.TryGetValue(tensor, out int[]? second) || second[axis] == tensor.Shape[axis];

    private int Second(Tensor tensor, int axis) => _second.TryGetValue(tensor, out int[]? second) ? second[axis] : tensor.Shape[axis];

    private bool SameExtent(Tensor a, int axis, Tensor b, int other) => a.Shape[axis] == b.Shape[other] && Second(a, axis) == Second(b, other);

    private static ImageExtents Extents(Tensor images) => new(images.Shape[1], images.Shape[2], images.Shape[3]);

    /// <summary>True when rows and images have the same examples, one each, of an extent that is not free.</summary>
    private bool IsImageOf(Tensor images, Tensor rows) =>
        SameExtent(images, 0, rows, 0) && IsFixed(images, 1) && IsFixed(images, 2) && IsFixed(images, 3) && rows.Shape[1] == Extents(images).Count;

    /// <summary>The tensor as the engine has it.</summary>
    private string AsIs(Tensor tensor)
    {
        var value = Of(tensor);
        if (value.Planes is null && value.Order is null) return value.Name;
        return Kept(tensor, "as is", () =>
        {
            if (value.Order is { } order) return Graph.Node("Gather", [value.Name, Graph.Integers(Inverse(order))], Attribute("axis", 1));
            if (tensor.Shape.Rank == 4) return Transpose(value.Name, 0, 2, 3, 1);
            bool same = value.Planes!.Value.Order() is null;
            return Flatten(same ? value.Name : Transpose(value.Name, 0, 2, 3, 1));
        });
    }

    /// <summary>Images [N, H, W, C] as [N, C, H, W].</summary>
    private string Planes(Tensor images) => Planes(images, Extents(images));

    /// <summary>Images, or rows of them, as [N, C, H, W].</summary>
    private string Planes(Tensor tensor, ImageExtents extents)
    {
        var (h, w, c) = extents;
        if (tensor.Shape.Rank == 4 && IsConstant(tensor))
        {
            return Constant(tensor, "planes", [tensor.Shape[0], c, h, w], values => extents.Order() is { } order ? InOrder(values, order) : values);
        }

        var value = Of(tensor);
        if (value.Planes == extents) return value.Name;
        return Kept(tensor, $"planes {extents}", () =>
        {
            if (tensor.Shape.Rank == 4) return Transpose(AsIs(tensor), 0, 3, 1, 2);
            if (value.Planes is null && Value.SameOrder(value.Order, extents.Order())) return Graph.Node("Reshape", [value.Name, Graph.Integers(0, c, h, w)]);
            return Transpose(Graph.Node("Reshape", [AsIs(tensor), Graph.Integers(0, h, w, c)]), 0, 3, 1, 2);
        });
    }

    /// <summary>Rows [N, columns], their columns in whatever order they are in.</summary>
    private Value Rows(Tensor rows)
    {
        var value = Of(rows);
        return value.Planes is { } planes ? new Value(Kept(rows, "rows", () => Flatten(value.Name)), Order: planes.Order()) : value;
    }

    /// <summary>Tensors of one shape, all lying in one way.</summary>
    private Value[] Aligned(params Tensor[] tensors)
    {
        if (tensors.All(tensor => Lying(tensor).LiesAs(Lying(tensors[0])))) return [.. tensors.Select(Of)];
        return tensors[0].Shape.Rank == 4
            ? [.. tensors.Select(tensor => new Value(Planes(tensor), Extents(tensor)))]
            : [.. tensors.Select(tensor => new Value(AsIs(tensor)))];
    }

    /// <summary>How it lies; a constant lies as the engine has it, and is not made before it is known how it is wanted.</summary>
    private Value Lying(Tensor tensor) => IsConstant(tensor) ? new Value("") : Of(tensor);

    /// <summary>The shape that a Reshape is given: a free extent is copied from the same axis of what is reshaped, or is what is left over.</summary>
    private string ReshapeTo(Tensor from, Tensor to)
    {
        var shape = new long[to.Shape.Rank];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            shape[axis] = IsFixed(to, axis) ? to.Shape[axis] : axis < from.Shape.Rank && SameExtent(from, axis, to, axis) ? 0 : -1;
        }

        if (shape.Count(extent => extent == -1) > 1) throw Refuse("reshape", $"from {from.Shape} to {to.Shape} two extents follow the number of examples, each in its own way");
        return Graph.Integers(shape);
    }

    private string Flatten(string name) => Graph.Node("Flatten", [name], Attribute("axis", 1));

    private string Transpose(string name, params long[] axes) => Graph.Node("Transpose", [name], Attribute("perm", axes));

    private string Kept(Tensor tensor, string form, Func<string> make)
    {
        if (_forms.TryGetValue((tensor, form), out string? known)) return known;
        return _forms[(tensor, form)] = make();
    }

    private static long[] Inverse(int[] order)
    {
        var inverse = new long[order.Length];
        for (int i = 0; i < order.Length; i++) inverse[order[i]] = i;
        return inverse;
    }
}

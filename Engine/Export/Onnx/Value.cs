namespace GenEngine.Export.Onnx;

/// <summary>Extents of an image, and the two orders that its numbers may lie in.</summary>
internal readonly record struct ImageExtents(int Height, int Width, int Channels)
{
    public int Count => Height * Width * Channels;

    /// <summary>Which number of the engine's [H, W, C] stands at each place of [C, H, W]; null where the orders are the same.</summary>
    public int[]? Order()
    {
        var (h, w, c) = (Height, Width, Channels);
        return c == 1 || h * w == 1 ? null : [.. Enumerable.Range(0, Count).Select(at => (at % (h * w) * c) + (at / (h * w)))];
    }
}

/// <summary>
/// Where a tensor of the engine is in the graph, and how it lies there. ONNX wants images as [N, C, H, W], so they stay so from operator to operator; a tensor [N, H*W*C] that was such an image is kept as the
/// image until something needs its rows, and rows may have their columns in another order, which the weights behind them undo. What is seldom needed is turned round when it is.
/// </summary>
/// <param name="Name">Of the value.</param>
/// <param name="Planes">Set where it is [N, C, H, W] in the graph: the extents of [N, H, W, C] or [N, H*W*C] in the engine.</param>
/// <param name="Order">Set where it is [N, columns] in both with columns in another order: column i of the graph is column Order[i] of the engine.</param>
internal sealed record Value(string Name, ImageExtents? Planes = null, int[]? Order = null)
{
    /// <summary>True when the two lie alike.</summary>
    public bool LiesAs(Value other) => Planes == other.Planes && SameOrder(Order, other.Order);

    public static bool SameOrder(int[]? a, int[]? b) => a is null || b is null ? a is null && b is null : a.AsSpan().SequenceEqual(b);
}

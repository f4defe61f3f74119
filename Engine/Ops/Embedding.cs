using GenEngine.Kernels;
using EmbeddingKernel = GenEngine.Kernels.Embedding.Embedding;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// Rows of a table [count, width] chosen by int32 indices [..]: [.., width]; indices [N, H, W, 1] give [N, H, W, width]. An index
    /// outside [0, count) gives a row of NaN, and its gradient goes nowhere.
    /// </summary>
    /// <exception cref="EngineException">The indices are not int32, the table is no matrix, or the result would have five dimensions.</exception>
    public static Tensor Embedding(this Tensor table, Tensor indices)
    {
        Shapes.Real(table);
        if (table.Shape.Rank != 2) throw new EngineException($"embedding: the table {table.Shape} is no matrix of rows to choose from.");
        if (indices.DType != DType.Int32) throw new EngineException($"embedding: indices are int32, not {indices.DType}.");
        int rows = checked((int)indices.Count), count = table.Shape[0], width = table.Shape[1];
        var at = indices.Shape;
        var shape = at.Rank switch
        {
            1 => new Shape(at[0], width),
            2 => new Shape(at[0], at[1], width),
            3 => new Shape(at[0], at[1], at[2], width),
            _ when at[3] == 1 => at.WithColumns(width),
            _ => throw new EngineException($"embedding: indices {at} would give five dimensions; the last of four must be 1."),
        };
        var context = table.Context;
        var y = context.NewTensor(shape, "embedding");
        EmbeddingKernel.Forward(context.Device, context.Real, table.Range, indices.Range, y.Range, rows, count, width);
        context.Trace?.Add(y, new Traced.Embedding(), table, indices);
        context.Tape.Record("embedding", [y], [table], [indices], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.Add(table, (range, accumulate) =>
            {
                using var workspace = new Scratch(context, EmbeddingKernel.WorkspaceBytes(rows, count), "embedding");
                EmbeddingKernel.Backward(context.Device, context.Real, indices.Range, dy.Range, range, workspace.Range, rows, count, width, accumulate);
            });
        });
        return y;
    }
}

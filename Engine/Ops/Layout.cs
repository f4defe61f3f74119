using GenEngine.Kernels;
using GenEngine.Kernels.Layout;
using OneHotKernel = GenEngine.Kernels.Layout.OneHot;
using PadKernel = GenEngine.Kernels.Layout.Pad;
using TransposeKernel = GenEngine.Kernels.Layout.Transpose;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>Joins tensors along the last dimension; all others must agree.</summary>
    public static Tensor Concat(params Tensor[] parts)
    {
        if (parts.Length == 0) throw new EngineException("concat: nothing to join.");
        var context = parts[0].Context;
        int rows = parts[0].Shape.Rows, columns = 0;
        foreach (var part in parts)
        {
            Shapes.Image(part, "concat");
            if (part.Shape.WithColumns(1) != parts[0].Shape.WithColumns(1)) throw Shapes.Mismatch("concat", parts[0], part, "all extents but the last must be the same");
            columns += part.Shape.Columns;
        }

        // compact if all are
        if (!parts.All(part => part.DType == DType.BFloat16)) parts = [.. parts.Select(ToFloat32)];
        var dtype = parts[0].DType;
        var y = context.NewTensor(parts[0].Shape.WithColumns(columns), "concat", dtype);
        int offset = 0;
        foreach (var part in parts)
        {
            CopyBlock.Run(context.Device, dtype, part.Range, y.Range, rows, part.Shape.Columns, part.Shape.Columns, 0, columns, offset);
            offset += part.Shape.Columns;
        }

        context.Trace?.Add(y, new Traced.Concat(), parts);
        context.Tape.Record("concat", [y], parts, [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            int from = 0;
            foreach (var part in parts)
            {
                int width = part.Shape.Columns, start = from;
                sink.Add(part, (range, accumulate) => CopyBlock.Run(context.Device, dtype, dy.Range, range, rows, width, columns, start, width, 0, accumulate));
                from += width;
            }
        });
        return y;
    }

    /// <summary>Columns [start, start+length) of the last dimension.</summary>
    public static Tensor Slice(this Tensor x, int start, int length)
    {
        Shapes.Real(x);
        int rows = x.Shape.Rows, columns = x.Shape.Columns;
        if (start < 0 || length <= 0 || start + length > columns) throw new EngineException($"slice: columns {start}..{start + length} lie outside {x.Shape}.");
        var context = x.Context;
        var y = context.NewTensor(x.Shape.WithColumns(length), "slice");
        CopyBlock.Run(context.Device, context.Real, x.Range, y.Range, rows, length, columns, start, length, 0);
        context.Trace?.Add(y, new Traced.Slice(start, length), x);
        context.Tape.Record("slice", [y], [x], [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.Add(x, (range, accumulate) =>
            {
                if (!accumulate) Fill.Run(context.Device, context.Real, range, x.Count, 0);
                CopyBlock.Run(context.Device, context.Real, dy.Range, range, rows, length, length, 0, columns, start, accumulate: true);
            });
        });
        return y;
    }

    /// <summary>Surrounds NHWC images with a constant.</summary>
    public static Tensor Pad(this Tensor x, int top, int bottom, int left, int right, double value = 0)
    {
        Shapes.Real(x);
        if (x.Shape.Rank != 4) throw new EngineException($"pad: {x.Shape} is no batch of images; N,H,W,C is asked for.");
        var (n, h, w, c) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        var context = x.Context;
        var y = context.NewTensor(new Shape(n, h + top + bottom, w + left + right, c), "pad");
        PadKernel.Run(context.Device, context.Real, x.Range, y.Range, n, h, w, c, top, bottom, left, right, value);
        context.Trace?.Add(y, new Traced.Pad(top, bottom, left, right, value), x);
        context.Tape.Record("pad", [y], [x], [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.AddWritten(x, range => PadKernel.Backward(context.Device, context.Real, dy.Range, range, n, h, w, c, top, bottom, left, right));
        });
        return y;
    }

    /// <summary>Swaps the last two dimensions of a matrix or of a batch of matrices.</summary>
    public static Tensor Transpose(this Tensor x)
    {
        Shapes.Real(x);
        if (x.Shape.Rank is not (2 or 3)) throw new EngineException($"transpose: {x.Shape} is no matrix and no batch of matrices.");
        int batch = x.Shape.Rank == 3 ? x.Shape[0] : 1, rows = x.Shape[-2], columns = x.Shape[-1];
        var context = x.Context;
        var y = context.NewTensor(x.Shape.Rank == 3 ? new Shape(batch, columns, rows) : new Shape(columns, rows), "transpose");
        TransposeKernel.Run(context.Device, context.Real, x.Range, y.Range, batch, rows, columns);
        context.Trace?.Add(y, new Traced.Transpose(), x);
        context.Tape.Record("transpose", [y], [x], [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.AddWritten(x, range => TransposeKernel.Run(context.Device, context.Real, dy.Range, range, batch, columns, rows));
        });
        return y;
    }

    /// <summary>int32 labels [rows] as rows of zeros with a one: [rows, classes].</summary>
    public static Tensor OneHot(this Tensor labels, int classes)
    {
        if (labels.DType != DType.Int32) throw new EngineException($"one-hot: labels are int32, not {labels.DType}.");
        var context = labels.Context;
        int rows = checked((int)labels.Count);
        var y = context.NewTensor(new Shape(rows, classes), "one-hot");
        OneHotKernel.Run(context.Device, context.Real, labels.Range, y.Range, rows, classes);
        context.Trace?.Add(y, new Traced.OneHot(classes), labels);
        return y;
    }

    /// <summary>Values in [0, 1] as int32 levels 0 .. greatest, to the nearest: what a softmax over levels is asked for. Of x's shape; no gradient flows.</summary>
    /// <param name="greatest">The level of 1: 255 for bytes.</param>
    public static Tensor Levels(this Tensor x, int greatest)
    {
        Shapes.Real(x);
        var context = x.Context;
        var y = context.NewLabels(x.Shape, "levels", (0, greatest));
        GenEngine.Kernels.Layout.Levels.Run(context.Device, context.Real, x.Range, y.Range, x.Count, greatest);
        return y;
    }
}

using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Reduction;
using ReduceKernel = GenEngine.Kernels.Reduction.Reduce;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>Sum over the rows (one value a column), over the columns (one a row), or of all; see the summation law for the order.</summary>
    public static Tensor Sum(this Tensor x, ReduceAxis axis = ReduceAxis.All) => Reduce(x, ReduceOp.Sum, axis, "sum");

    /// <summary>Mean, axes as in <see cref="Sum"/>.</summary>
    public static Tensor Mean(this Tensor x, ReduceAxis axis = ReduceAxis.All) => Reduce(x, ReduceOp.Mean, axis, "mean");

    /// <summary>Maximum, axes as in <see cref="Sum"/>; the gradient goes to the first element that attains it.</summary>
    public static Tensor Max(this Tensor x, ReduceAxis axis = ReduceAxis.All) => Reduce(x, ReduceOp.Max, axis, "max");

    private static Tensor Reduce(Tensor x, ReduceOp op, ReduceAxis axis, string name)
    {
        Shapes.Real(x, name);
        var context = x.Context;
        int rows = x.Shape.Rows, columns = x.Shape.Columns;
        var shape = axis switch
        {
            ReduceAxis.Rows => new Shape(columns),
            ReduceAxis.Columns => new Shape(rows),
            _ => new Shape(1),
        };
        var y = context.NewTensor(shape, name);
        var argmax = op == ReduceOp.Max ? context.NewTensor(shape, "argmax", DType.Int32) : null;
        ReduceInto(context, op, axis, x, y.Range, rows, columns, false, argmax?.Range);
        context.Trace?.Add(y, new Traced.Reduce(op, axis), x);
        context.Tape.Record(name, [y], [x], argmax is null ? [] : [argmax], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.AddWritten(x, range => ReduceKernel.Backward(context.Device, context.Real, op, axis, dy.Range, argmax?.Range, range, rows, columns));
        });
        return y;
    }

    internal static void ReduceInto(
        Context context, ReduceOp op, ReduceAxis axis, Tensor x, BufferRange y, int rows, int columns, bool accumulate, BufferRange? argmax = null) =>
        ReduceInto(context, x.DType, op, axis, x.Range, y, rows, columns, accumulate, argmax);

    private static void ReduceInto(
        Context context, DType dtype, ReduceOp op, ReduceAxis axis, BufferRange x, BufferRange y, int rows, int columns, bool accumulate, BufferRange? argmax = null)
    {
        long bytes = ReduceKernel.WorkspaceBytes(dtype, axis, rows, columns);
        ArenaBlock? workspace = bytes > 0 ? context.NewScratch(bytes, "reduce") : null;
        ReduceKernel.Run(context.Device, dtype, op, axis, x, y, workspace?.Range, rows, columns, argmax, accumulate);
        workspace?.Release();
    }
}

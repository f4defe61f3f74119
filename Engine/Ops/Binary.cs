using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.Reduction;
using BinaryKernel = GenEngine.Kernels.Elementwise.Binary;
using MultiplyAddKernel = GenEngine.Kernels.Elementwise.MultiplyAdd;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>a + b; b has a's shape, one value a channel (last dimension), one a row, or is a scalar.</summary>
    public static Tensor Add(this Tensor a, Tensor b) => Binary(a, b, BinaryOp.Add, "add");

    /// <inheritdoc cref="Add"/>
    public static Tensor Sub(this Tensor a, Tensor b) => Binary(a, b, BinaryOp.Sub, "sub");

    /// <inheritdoc cref="Add"/>
    public static Tensor Mul(this Tensor a, Tensor b) => Binary(a, b, BinaryOp.Mul, "mul");

    /// <inheritdoc cref="Add"/>
    public static Tensor Div(this Tensor a, Tensor b) => Binary(a, b, BinaryOp.Div, "div");

    /// <summary>a*b + c, rounded once; all of one shape.</summary>
    public static Tensor MultiplyAdd(this Tensor a, Tensor b, Tensor c)
    {
        Shapes.Real(a);
        Shapes.Same(a, b);
        Shapes.Same(a, c);
        var context = a.Context;
        var y = context.NewTensor(a.Shape, "multiplyAdd");
        MultiplyAddKernel.Run(context.Device, context.Real, a.Range, b.Range, c.Range, y.Range, a.Count);
        context.Trace?.Add(y, new Traced.MultiplyAdd(), a, b, c);
        context.Tape.Record("multiplyAdd", [y], [a, b, c], [a, b], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.AddWritten(a, range => Elementwise(context, BinaryOp.Mul, dy.Range, b.Range, range, a.Count));
            sink.AddWritten(b, range => Elementwise(context, BinaryOp.Mul, dy.Range, a.Range, range, a.Count));
            sink.Pass(c, dy);
        });
        return y;
    }

    private static Tensor Binary(Tensor a, Tensor b, BinaryOp op, string name)
    {
        Shapes.Real(a, name);
        Shapes.Real(b, name);
        var broadcast = BroadcastOf(a, b, name);
        var context = a.Context;
        int rows = a.Shape.Rows, columns = a.Shape.Columns;
        var y = context.NewTensor(a.Shape, name);
        BinaryKernel.Run(context.Device, context.Real, op, a.Range, b.Range, y.Range, rows, columns, broadcast);
        context.Trace?.Add(y, new Traced.Binary(op, broadcast), a, b);
        Tensor[] saved = op switch
        {
            BinaryOp.Add or BinaryOp.Sub => [],
            BinaryOp.Mul => [a, b],
            _ => [b, y],
        };
        context.Tape.Record(name, [y], [a, b], saved, (node, sink) =>
        {
            var dy = node.GradientOf(y);
            if (op is BinaryOp.Add or BinaryOp.Sub) sink.Pass(a, dy);
            else sink.AddWritten(a, range => BinaryKernel.Run(context.Device, context.Real, op, dy.Range, b.Range, range, rows, columns, broadcast));
            if (!sink.Wants(b)) return;
            if (op == BinaryOp.Add && broadcast == Broadcast.None)
            {
                sink.Pass(b, dy);
                return;
            }

            // d/db before the sum over what b was broadcast to: dy, -dy, dy*a, -dy*y/b
            using var scratch = new Scratch(context, a.Count * context.Real.Size(), name);
            var full = op == BinaryOp.Add ? dy.Range : scratch.Range;
            if (op == BinaryOp.Sub) Kernels.Elementwise.Unary.Run(context.Device, context.Real, UnaryOp.Neg, dy.Range, full, a.Count);
            if (op == BinaryOp.Mul) Elementwise(context, BinaryOp.Mul, dy.Range, a.Range, full, a.Count);
            if (op == BinaryOp.Div)
            {
                Elementwise(context, BinaryOp.Mul, dy.Range, y.Range, full, a.Count);
                BinaryKernel.Run(context.Device, context.Real, BinaryOp.Div, full, b.Range, full, rows, columns, broadcast);
                Kernels.Elementwise.Unary.Run(context.Device, context.Real, UnaryOp.Neg, full, full, a.Count);
            }

            if (broadcast == Broadcast.None) sink.AddWritten(b, range => Copy(context, full, range));
            else sink.Add(b, (range, accumulate) => ReduceInto(context, context.Real, ReduceOp.Sum, AxisOf(broadcast), full, range, rows, columns, accumulate));
        });
        return y;
    }

    private static Broadcast BroadcastOf(Tensor a, Tensor b, string op)
    {
        if (a.Shape == b.Shape) return Broadcast.None;
        if (b.Count == 1) return Broadcast.Scalar;
        if (b.Shape.Columns == b.Count && b.Count == a.Shape.Columns) return Broadcast.Channel;
        bool perRow = b.Count == a.Shape.Rows && (b.Shape.Rank == 1 || b.Shape.Columns == 1);
        return perRow
            ? Broadcast.Row
            : throw Shapes.Mismatch(op, a, b, "the second must have the same shape, one value a channel, one a row, or one value");
    }

    private static ReduceAxis AxisOf(Broadcast broadcast) => broadcast switch
    {
        Broadcast.Channel => ReduceAxis.Rows,
        Broadcast.Row => ReduceAxis.Columns,
        _ => ReduceAxis.All,
    };

    private static void Elementwise(Context context, BinaryOp op, BufferRange a, BufferRange b, BufferRange y, long count) =>
        BinaryKernel.Run(context.Device, context.Real, op, a, b, y, 1, count, Broadcast.None);

    private static void Copy(Context context, BufferRange from, BufferRange to) => Kernels.Layout.Copy.Run(context.Device, from, to);
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.MatMul;
using GenEngine.Kernels.Reduction;
using MatMulKernel = GenEngine.Kernels.MatMul.MatMul;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// Matrix product a*b (NN), a*bᵀ (NT) or aᵀ*b (TN). Two dimensions, or three with the batch first.
    /// </summary>
    /// <exception cref="Kernels.EngineException">Inner extents or batches differ.</exception>
    public static Tensor MatMul(this Tensor a, Tensor b, MatMulOp op = MatMulOp.NN)
    {
        Shapes.Real(a);
        Shapes.Real(b);
        var shape = ProductShape(a, b, op);
        var context = a.Context;
        var y = context.NewTensor(a.Shape.Rank == 3 ? new Shape(shape.Batch, shape.M, shape.N) : new Shape(shape.M, shape.N), "matmul");
        Multiply(context, op, shape, a.Range, b.Range, null, y.Range);
        context.Trace?.Add(y, new Traced.MatMul(op), a, b);
        context.Tape.Record("matmul", [y], [a, b], [a, b], (node, sink) =>
        {
            var (batch, m, n, k) = shape;
            var dy = node.GradientOf(y);
            void Product(Tensor input, MatMulOp form, int rows, int columns, int inner, Tensor left, Tensor right) =>
                sink.Add(input, (range, accumulate) => Multiply(context, form, new(batch, rows, columns, inner),
                    left.Range, right.Range, null, range, accumulate: accumulate));

            switch (op)
            {
                case MatMulOp.NN:
                    Product(a, MatMulOp.NT, m, k, n, dy, b);
                    Product(b, MatMulOp.TN, k, n, m, a, dy);
                    break;
                case MatMulOp.NT:
                    Product(a, MatMulOp.NN, m, k, n, dy, b);
                    Product(b, MatMulOp.TN, n, k, m, dy, a);
                    break;
                default:
                    Product(a, MatMulOp.NT, k, m, n, b, dy);
                    Product(b, MatMulOp.NN, k, n, m, a, dy);
                    break;
            }
        });
        return y;
    }

    /// <summary>
    /// act(x*weightᵀ + bias): x [.., in], weight [out, in] (PyTorch's layout), bias [out]; one kernel forward, the activation's derivative taken from the output.
    /// </summary>
    /// <exception cref="Kernels.EngineException">Shapes that do not fit.</exception>
    public static Tensor Linear(this Tensor x, Tensor weight, Tensor? bias, Activation activation = Activation.None, double slope = 0)
    {
        Shapes.Real(x);
        Shapes.Slope(slope);
        int rows = x.Shape.Rows, inputs = x.Shape.Columns, outputs = weight.Shape[0];
        if (weight.Shape.Rank != 2 || weight.Shape[1] != inputs) throw Shapes.Mismatch("linear", x, weight, "the last extents must be the same");
        if (bias is not null && bias.Count != outputs) throw Shapes.Mismatch("linear", weight, bias, "the bias must have one value an output");
        var context = x.Context;
        var y = context.NewTensor(x.Shape.WithColumns(outputs), "linear");
        Multiply(context, MatMulOp.NT, new(1, rows, outputs, inputs), x.Range, weight.Range, bias?.Range, y.Range, activation, slope);
        context.Trace?.Add(y, new Traced.Linear(activation, slope), x, weight, bias);
        Tensor[] inputsOf = bias is null ? [x, weight] : [x, weight, bias];
        Tensor[] saved = activation == Activation.None ? [x, weight] : [x, weight, y];
        context.Tape.Record("linear", [y], inputsOf, saved, (node, sink) =>
        {
            var dz = node.GradientOf(y);
            if (activation != Activation.None) dz = sink.ThroughActivation(y, dz, activation, slope);
            sink.Add(weight, (range, accumulate) =>
                Multiply(context, MatMulOp.TN, new(1, outputs, inputs, rows), dz.Range, x.Range, null, range, accumulate: accumulate));
            if (bias is not null) sink.Add(bias, (range, accumulate) => ReduceInto(context, ReduceOp.Sum, ReduceAxis.Rows, dz, range, rows, outputs, accumulate));
            sink.AddThrough(x, adds: false, (range, accumulate, through, _, _) =>
            {
                Multiply(context, MatMulOp.NN, new(1, rows, inputs, outputs), dz.Range, weight.Range, null, range, accumulate: accumulate, through: through);
                return false;
            });
        }, activation, slope);
        return y;
    }

    private static void Multiply(
        Context context,
        MatMulOp op,
        in MatMulShape shape,
        BufferRange a,
        BufferRange b,
        BufferRange? bias,
        BufferRange c,
        Activation activation = Activation.None,
        double slope = 0,
        bool accumulate = false,
        ActivationGradient? through = null)
    {
        long bytes = MatMulKernel.ScratchBytes(context.Device, context.Real, op, shape);
        using Scratch? scratch = bytes == 0 ? null : new Scratch(context, bytes, "matmul");
        MatMulKernel.Run(context.Device, context.Real, op, shape, a, b, bias, c, activation, slope, accumulate, scratch?.Range, through);
    }

    private static MatMulShape ProductShape(Tensor a, Tensor b, MatMulOp op)
    {
        string rule = op switch
        {
            MatMulOp.NN => "[m,k] times [k,n] is asked for",
            MatMulOp.NT => "[m,k] times the transpose of [n,k] is asked for",
            _ => "the transpose of [k,m] times [k,n] is asked for",
        };
        if (a.Shape.Rank != b.Shape.Rank || a.Shape.Rank is not (2 or 3)) throw Shapes.Mismatch("matmul", a, b, rule + ", both with two or with three dimensions");
        int m = a.Shape[op == MatMulOp.TN ? -1 : -2], k = a.Shape[op == MatMulOp.TN ? -2 : -1];
        int n = b.Shape[op == MatMulOp.NT ? -2 : -1], inner = b.Shape[op == MatMulOp.NT ? -1 : -2];
        int batch = a.Shape.Rank == 3 ? a.Shape[0] : 1;
        if (k != inner || (a.Shape.Rank == 3 && b.Shape[0] != batch)) throw Shapes.Mismatch("matmul", a, b, rule);
        return new MatMulShape(batch, m, n, k);
    }
}

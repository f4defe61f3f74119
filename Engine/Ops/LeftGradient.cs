using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.Reduction;
using BinaryKernel = GenEngine.Kernels.Elementwise.Binary;
using ReduceKernel = GenEngine.Kernels.Reduction.Reduce;

namespace GenEngine;

// Losses whose forward pass leaves their gradient: it costs little there, since it shares the exponentials, and saves the backward
// pass over the inputs. It leaves d loss / d input for an incoming gradient of 1, which is what nearly every step asks for.
public static partial class Ops
{
    /// <summary>The tensor for the gradient, or null when nobody will differentiate.</summary>
    private static Tensor? GradientToLeave(Tensor input, string op) =>
        input.Context.Recording && input.RequiresGradient ? input.Context.NewTensor(input.Shape, $"gradient of {op}") : null;

    /// <summary>The backward function: times the loss's gradient (one value, or one a row) unless that is known to be 1.</summary>
    private static void LeftGradient(TapeNode node, GradientSink sink, Tensor loss, Tensor input, Tensor gradient)
    {
        if (!sink.Wants(input)) return;
        bool finished = sink.IsSeed(loss);
        if (sink.CanTake(input))
        {
            if (!finished) Times(gradient.Range);
            sink.Take(input, gradient);
            return;
        }

        // a retained tape comes here again, so the gradient stays as it is
        var context = input.Context;
        if (!finished) sink.AddWritten(input, Times);
        else
        {
            sink.Add(input, (range, accumulate) =>
            {
                if (accumulate) Accumulate.Run(context.Device, context.Real, gradient.Range, range, input.Count);
                else Copy(context, gradient.Range, range);
            });
        }

        void Times(BufferRange range) => BinaryKernel.Run(
            input.Context.Device, input.DType, BinaryOp.Mul, gradient.Range, node.GradientOf(loss).Range, range,
            input.Shape.Rows, input.Shape.Columns, loss.Count == 1 ? Broadcast.Scalar : Broadcast.Row);
    }

    /// <summary>The sum of a loss's rows divided by the number that counts; the row losses are not kept.</summary>
    private static Tensor MeanOfRows(Tensor input, long counted, string op, Action<Tensor> rowLosses)
    {
        var context = input.Context;
        int count = input.Shape.Rows;
        var rows = context.NewTensor(new Shape(count), op);
        rowLosses(rows);
        var mean = context.NewTensor(new Shape(1), op);
        long bytes = ReduceKernel.WorkspaceBytes(context.Real, ReduceAxis.All, 1, count);
        ArenaBlock? workspace = bytes > 0 ? context.NewScratch(bytes, op) : null;
        ReduceKernel.Run(context.Device, context.Real, ReduceOp.Mean, ReduceAxis.All, rows.Range, mean.Range, workspace?.Range, 1, count, divisor: counted);
        workspace?.Release();
        rows.Block!.Release();
        return mean;
    }
}

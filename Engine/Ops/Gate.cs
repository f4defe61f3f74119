using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Elementwise;
using GenEngine.Kernels.Gate;
using GateKernel = GenEngine.Kernels.Gate.Gate;
using GlobalPoolKernel = GenEngine.Kernels.Pooling.GlobalPool;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// f(a) sigmoid(b) for x = a | b, the halves of the last dimension: [N, .., 2C] -> [N, .., C], f = tanh (gated PixelCNN, WaveNet) or
    /// the identity (gated linear unit). Backward computes tanh and sigmoid again: only x is saved.
    /// </summary>
    /// <param name="condition">[N, 2C], added to x at every position of its image before the gate; null for none.</param>
    /// <exception cref="EngineException">The last extent is odd, or the condition has another shape.</exception>
    public static Tensor Gate(this Tensor x, GateKind kind = GateKind.Tanh, Tensor? condition = null)
    {
        Shapes.Image(x);
        if (condition is { RequiresGradient: true }) x = x.ToFloat32(); // whose gradient is summed from x's
        if (x.Shape.Columns % 2 != 0) throw new EngineException($"gate: {x.Shape} cannot be halved into what is gated and its gate; the last extent must be even.");
        int images = x.Shape.Rank == 1 ? 1 : x.Shape[0], positions = x.Shape.Rows / images, columns = x.Shape.Columns / 2;
        if (condition is not null)
        {
            Shapes.Real(condition);
            var wanted = new Shape(images, 2 * columns);
            if (condition.Shape != wanted) throw new EngineException($"gate: x {x.Shape} wants a condition of {wanted}, not {condition.Shape}.");
        }

        var context = x.Context;
        var y = context.NewTensor(x.Shape.WithColumns(columns), "gate", x.DType);
        GateKernel.Forward(context.Device, x.DType, kind, x.Range, condition?.Range, y.Range, images, positions, columns);
        context.Trace?.Add(y, new Traced.Gate(kind), x, condition);
        Tensor[] inputs = condition is null ? [x] : [x, condition];
        context.Tape.Record("gate", [y], inputs, inputs, (node, sink) =>
        {
            var dy = node.GradientOf(y);
            bool Run(BufferRange dx, bool accumulate, BufferRange? sums = null) => GateKernel.Backward(
                context.Device, x.DType, kind, x.Range, condition?.Range, dy.Range, dx, images, positions, columns, accumulate, sums);
            if (condition is null || !sink.Wants(condition))
            {
                sink.AddSummed(x, Run);
                return;
            }

            // the condition's gradient is summed from x's, so that is made apart where it would be added to another
            void SumPositions(BufferRange dx) => sink.Add(condition, (range, accumulate) => GlobalPoolKernel.Forward(
                context.Device, context.Real, dx, range, images, positions, 2 * columns, mean: false, accumulate));
            if (sink.Wants(x))
            {
                sink.AddWritten(x, range =>
                {
                    Run(range, false);
                    SumPositions(range);
                });
                return;
            }

            using var scratch = new Scratch(context, x.Count * context.Real.Size(), "gate");
            Run(scratch.Range, false);
            SumPositions(scratch.Range);
        });
        return y;
    }

    /// <summary>tanh(a) sigmoid(b), both of one shape, in one kernel each way.</summary>
    public static Tensor TanhGate(this Tensor a, Tensor b) => GateOf(a, b, GateKind.Tanh, "tanh gate");

    /// <summary>a sigmoid(b), both of one shape, in one kernel each way.</summary>
    public static Tensor LinearGate(this Tensor a, Tensor b) => GateOf(a, b, GateKind.Linear, "linear gate");

    private static Tensor GateOf(Tensor a, Tensor b, GateKind kind, string name)
    {
        Shapes.Real(a, name);
        Shapes.Real(b, name);
        Shapes.Same(a, b, name);
        var context = a.Context;
        var y = context.NewTensor(a.Shape, name);
        GateKernel.ForwardPair(context.Device, context.Real, kind, a.Range, b.Range, y.Range, a.Count);
        context.Trace?.Add(y, new Traced.GatePair(kind), a, b);
        context.Tape.Record(name, [y], [a, b], [a, b], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            void Run(BufferRange? da, bool toA, BufferRange? db, bool toB) => GateKernel.BackwardPair(
                context.Device, context.Real, kind, a.Range, b.Range, dy.Range, da, db, a.Count, toA, toB);
            if (ReferenceEquals(a, b))
            {
                sink.Add(a, (range, accumulate) =>
                {
                    using var scratch = new Scratch(context, range.Bytes, name);
                    Run(range, accumulate, scratch.Range, false);
                    Accumulate.Run(context.Device, context.Real, scratch.Range, range, a.Count);
                });
            }
            else if (sink.Wants(a) && sink.Wants(b))
            {
                sink.Add(a, (da, toA) => sink.Add(b, (db, toB) => Run(da, toA, db, toB)));
            }
            else
            {
                sink.Add(a, (range, accumulate) => Run(range, accumulate, null, false));
                sink.Add(b, (range, accumulate) => Run(null, false, range, accumulate));
            }
        });
        return y;
    }
}

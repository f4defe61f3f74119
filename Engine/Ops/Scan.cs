using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using GenEngine.Kernels.Recurrent;
using ScanKernel = GenEngine.Kernels.Recurrent.Scan;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// The recurrent part of a Row LSTM (van den Oord et al. 2016, section 3.1): h [N, H, W, h] of gates [N, H, W, 4h] = o | f | i | g, input-to-state part and bias,
    /// row after row, the state-to-state part being a centred convolution along the row above. What is summed in which order:
    /// <see cref="Kernels.Recurrent.Scan"/>.
    /// </summary>
    /// <param name="filter">[4h, 1, k, h], k odd.</param>
    /// <exception cref="EngineException">Shapes that do not fit; names them.</exception>
    public static Tensor RowScan(this Tensor gates, Tensor filter) => ScanOf("row scan", gates, filter, ScanKind.Row);

    /// <summary>
    /// The recurrent part of a Diagonal LSTM (section 3.2): h [N, H, W, h] of gates [N, H, W, 4h] = o | f | i | g, one anti-diagonal after another; a cell's state comes
    /// from above and from the left. It equals the scan over the columns of the skewed map (<see cref="Skew"/>), which is never made.
    /// </summary>
    /// <param name="filter">[4h, 2, 1, h]: the tap above, then the tap beside.</param>
    /// <param name="reversed">From right to left: state comes from above and from the right. A causal model shifts the result down by one row.</param>
    /// <exception cref="EngineException">Shapes that do not fit; names them.</exception>
    public static Tensor DiagonalScan(this Tensor gates, Tensor filter, bool reversed = false) =>
        ScanOf("diagonal scan", gates, filter, reversed ? ScanKind.DiagonalReversed : ScanKind.Diagonal);

    private static Tensor ScanOf(string name, Tensor gates, Tensor filter, ScanKind kind)
    {
        Shapes.Real(gates, name);
        Shapes.Real(filter, name);
        var (images, height, width, rows) = Shapes.Images(gates, name);
        int channels = rows / ScanShape.Gates, taps = filter.Shape.Rank == 4 ? filter.Shape[kind == ScanKind.Row ? 2 : 1] : 0;
        if (rows % ScanShape.Gates != 0) throw new EngineException($"{name}: gates {gates.Shape} have {rows} channels; four gates (o, f, i, g) of the same size are asked for.");
        var wanted = kind == ScanKind.Row ? new Shape(rows, 1, Math.Max(taps, 1), channels) : new Shape(rows, 2, 1, channels);
        if (filter.Shape != wanted || (kind == ScanKind.Row && taps % 2 == 0))
            throw Shapes.Mismatch(name, gates, filter, $"the filter must be [{rows}, {(kind == ScanKind.Row ? "1, odd" : "2, 1")}, {channels}]");

        var context = gates.Context;
        var shape = new ScanShape(kind, images, height, width, channels, taps);
        bool train = context.Recording && (gates.RequiresGradient || filter.RequiresGradient);
        var hidden = context.NewTensor(gates.Shape.WithColumns(channels), name);
        var cell = context.NewTensor(hidden.Shape, $"cell of {name}");
        var acts = train ? context.NewTensor(gates.Shape, $"gates of {name}") : null;
        using (var scratch = new Scratch(context, ScanKernel.ScratchCount(shape) * context.Real.Size(), name))
            ScanKernel.Forward(context.Device, context.Real, shape, gates.Range, filter.Range, hidden.Range, cell.Range, acts?.Range, scratch.Range);
        if (acts is null)
        {
            cell.Block!.Release();
            return hidden;
        }

        context.Tape.Record(name, [hidden], [gates, filter], [filter, hidden, cell, acts], (node, sink) =>
        {
            var dHidden = node.GradientOf(hidden);
            void Run(BufferRange dGates)
            {
                using (var carry = new Scratch(context, shape.CarryCount * context.Real.Size(), name))
                    ScanKernel.Backward(context.Device, context.Real, shape, dHidden.Range, filter.Range, cell.Range, acts.Range, dGates, carry.Range);
                sink.Add(filter, (range, accumulate) => FilterGradient(context, shape, name, hidden, dGates, range, accumulate));
            }

            if (sink.Wants(gates))
            {
                sink.AddWritten(gates, Run);
                return;
            }

            using var apart = new Scratch(context, shape.GateCount * context.Real.Size(), name);
            Run(apart.Range);
        });
        return hidden;
    }

    /// <summary>
    /// The filter's gradient is a convolution's: of h by the gates' gradients, moved down by one row (<see cref="ConvSpec"/> with negative padding), or, since the
    /// two taps of a diagonal are no rectangle, two such of one tap each (as fast as one of two taps: 0.51 and 0.46 ms for h = 16, 1.9 and 2.0 ms for h = 64, 25,088 and 6,272 cells).
    /// </summary>
    private static void FilterGradient(Context context, ScanShape shape, string name, Tensor hidden, BufferRange dGates, BufferRange gradient, bool accumulate)
    {
        var above = new ConvSpec(1, 1) { PadTop = 1, PadBottom = -1 };
        if (shape.Kind == ScanKind.Row)
        {
            int side = shape.Taps / 2;
            Of(above with { KernelWidth = shape.Taps, PadLeft = side, PadRight = side }, gradient, accumulate);
            return;
        }

        int beside = shape.Kind == ScanKind.Diagonal ? 1 : -1, channels = shape.Channels, rows = ScanShape.Gates * channels;
        using var tap = new Scratch(context, (long)rows * channels * context.Real.Size(), name);
        Of(above, tap.Range, false);
        CopyBlock.Run(context.Device, context.Real, tap.Range, gradient, rows, channels, channels, 0, 2 * channels, 0, accumulate);
        Of(new ConvSpec(1, 1) { PadLeft = beside, PadRight = -beside }, tap.Range, false);
        CopyBlock.Run(context.Device, context.Real, tap.Range, gradient, rows, channels, channels, 0, 2 * channels, channels, accumulate);

        void Of(in ConvSpec spec, BufferRange range, bool add)
        {
            var program = context.Convolution(new ConvKey(spec, new ConvImage(shape.Height, shape.Width, shape.Channels), ScanShape.Gates * shape.Channels, false, 0, 0)).Convolution;
            using var scratch = new Scratch(context, ConvWeight.ScratchBytes(context.Device, context.Real, program, shape.Images), name);
            ConvWeight.Run(context.Device, context.Real, program, shape.Images, hidden.Range, dGates, range, scratch.Range, add);
        }
    }
}

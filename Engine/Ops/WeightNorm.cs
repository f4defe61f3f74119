using GenEngine.Kernels;
using WeightNormKernel = GenEngine.Kernels.Normalization.WeightNorm;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// g v / |v|, each output channel (first dimension) by itself (Salimans and Kingma 2016, eq. 2): linear weights [out, in] and filters [out, ..] alike.
    /// </summary>
    /// <param name="v">[channels, ..], the directions; a channel of zeros has none and becomes NaN.</param>
    /// <param name="g">channels values, the lengths.</param>
    /// <exception cref="EngineException">Shapes that do not fit.</exception>
    public static Tensor WeightNorm(this Tensor v, Tensor g)
    {
        Shapes.Real(v);
        Shapes.Real(g);
        int rows = v.Shape[0];
        long columns = v.Count / rows;
        if (g.Count != rows) throw Shapes.Mismatch("weight norm", v, g, "one length an output channel (first dimension) is asked for");
        var context = v.Context;
        var (device, real) = (context.Device, context.Real);
        var w = context.NewTensor(v.Shape, "weight norm");
        var inverse = context.NewTensor(new Shape(rows), "inverse lengths");
        WeightNormKernel.Forward(device, real, v.Range, g.Range, w.Range, inverse.Range, rows, columns);
        context.Trace?.Add(w, new Traced.WeightNorm(), v, g);
        context.Tape.Record("weight norm", [w], [v, g], [v, g, inverse], (node, sink) =>
        {
            var dw = node.GradientOf(w);
            Both(sink, v, g, (dv, dg) => WeightNormKernel.Backward(device, real, dw.Range, v.Range, g.Range, inverse.Range, dv, dg, rows, columns));
        });
        if (!w.RequiresGradient) inverse.Block!.Release();
        return w;
    }
}

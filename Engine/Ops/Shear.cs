using GenEngine.Kernels;
using GenEngine.Kernels.Layout;
using ShearKernel = GenEngine.Kernels.Layout.Shear;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// Row i moved right by i columns, zeros in the triangles left and right of it: [N, H, W, C] -> [N, H, W + H - 1, C] (van den Oord et al. 2016, section 3.2).
    /// </summary>
    public static Tensor Skew(this Tensor x)
    {
        var (_, h, w, _) = Shapes.Images(x, "skew");
        return ShearOf("skew", x, w + h - 1, new ShearMap(0, 1, 0, -1), new ShearMap(0, 1, 0, 1));
    }

    /// <summary>Row i moved left by i columns and the triangles cut off, the reverse of <see cref="Skew"/> and its adjoint: [N, H, W + H - 1, C] -> [N, H, W, C].</summary>
    /// <exception cref="EngineException">The map is too narrow for its height.</exception>
    public static Tensor Unskew(this Tensor x)
    {
        var (_, h, w, _) = Shapes.Images(x, "unskew");
        if (w < h) throw new EngineException($"unskew: {x.Shape} is no skewed map: of {h} rows it would be {h} columns wide at least.");
        return ShearOf("unskew", x, w - h + 1, new ShearMap(0, 1, 0, 1), new ShearMap(0, 1, 0, -1));
    }

    /// <summary>The mirror image: column j becomes column W - 1 - j; [N, H, W, C].</summary>
    public static Tensor FlipWidth(this Tensor x)
    {
        var (_, _, w, _) = Shapes.Images(x, "flip width");
        var map = new ShearMap(0, -1, w - 1, 0);
        return ShearOf("flip width", x, w, map, map);
    }

    /// <summary>Row i becomes row i + 1: row 0 is zero, the last row is dropped; [N, H, W, C].</summary>
    public static Tensor ShiftDown(this Tensor x)
    {
        var (_, _, w, _) = Shapes.Images(x, "shift down");
        return ShearOf("shift down", x, w, new ShearMap(-1, 1, 0, 0), new ShearMap(1, 1, 0, 0));
    }

    private static Tensor ShearOf(string name, Tensor x, int outWidth, ShearMap map, ShearMap adjoint)
    {
        Shapes.Real(x, name);
        var (n, h, w, c) = Shapes.Images(x, name);
        var context = x.Context;
        var y = context.NewTensor(new Shape(n, h, outWidth, c), name);
        ShearKernel.Run(context.Device, context.Real, map, x.Range, y.Range, n, h, w, outWidth, c);
        context.Tape.Record(name, [y], [x], [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.Add(x, (range, accumulate) => ShearKernel.Run(context.Device, context.Real, adjoint, dy.Range, range, n, h, outWidth, w, c, accumulate));
        });
        return y;
    }
}

using GenEngine.Kernels;
using GenEngine.Kernels.Pooling;
using AvgPoolKernel = GenEngine.Kernels.Pooling.AvgPool;
using GlobalPoolKernel = GenEngine.Kernels.Pooling.GlobalPool;
using MaxPoolKernel = GenEngine.Kernels.Pooling.MaxPool;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>
    /// The maximum over windows of NHWC images: [N, H, W, C] -> [N, floor((H + 2 padding - size) / stride) + 1, .., C]. Of equal values
    /// the first in row-major order gets the gradient; a NaN wins.
    /// </summary>
    /// <param name="size">Extent of the square window.</param>
    /// <param name="stride">Default: the size.</param>
    /// <param name="padding">On each side, at most half the size; it never wins.</param>
    /// <exception cref="EngineException">x is no batch of images, or the window does not fit them.</exception>
    public static Tensor MaxPool2d(this Tensor x, int size, int? stride = null, int padding = 0) => x.MaxPool2d(PoolWindow.Square(size, stride, padding));

    /// <inheritdoc cref="MaxPool2d(Tensor, int, int?, int)"/>
    /// <param name="window">Extents, strides and padding.</param>
    public static Tensor MaxPool2d(this Tensor x, PoolWindow window)
    {
        Shapes.Real(x);
        var (n, h, w, c) = Shapes.Images(x, "max pool");
        var (height, width) = window.Output("max pool", h, w);
        var context = x.Context;
        bool train = context.Recording && x.RequiresGradient;
        var y = context.NewTensor(new Shape(n, height, width, c), "max pool");
        var places = train ? context.NewTensor(y.Shape, "places of maxima", MaxPoolKernel.PlaceType(window)) : null;
        MaxPoolKernel.Forward(context.Device, context.Real, x.Range, y.Range, places?.Range, n, h, w, c, window);
        context.Trace?.Add(y, new Traced.MaxPool(window), x);
        if (places is null) return y;
        context.Tape.Record("max pool", [y], [x], [places], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.Add(x, (range, accumulate) => MaxPoolKernel.Backward(context.Device, context.Real, dy.Range, places.Range, range, n, h, w, c, window, accumulate));
        });
        return y;
    }

    /// <summary>
    /// The mean over windows of NHWC images, shapes as in <see cref="MaxPool2d(Tensor, int, int?, int)"/>. Padding counts as zeros, as by
    /// PyTorch's default (count_include_pad).
    /// </summary>
    /// <param name="size">Extent of the square window.</param>
    /// <param name="stride">Default: the size.</param>
    /// <param name="padding">On each side, at most half the size.</param>
    /// <exception cref="EngineException">x is no batch of images, or the window does not fit them.</exception>
    public static Tensor AvgPool2d(this Tensor x, int size, int? stride = null, int padding = 0) => x.AvgPool2d(PoolWindow.Square(size, stride, padding));

    /// <inheritdoc cref="AvgPool2d(Tensor, int, int?, int)"/>
    /// <param name="window">Extents, strides and padding.</param>
    public static Tensor AvgPool2d(this Tensor x, PoolWindow window)
    {
        Shapes.Real(x);
        var (n, h, w, c) = Shapes.Images(x, "average pool");
        var (height, width) = window.Output("average pool", h, w);
        var context = x.Context;
        var y = context.NewTensor(new Shape(n, height, width, c), "average pool");
        AvgPoolKernel.Forward(context.Device, context.Real, x.Range, y.Range, n, h, w, c, window);
        context.Trace?.Add(y, new Traced.AvgPool(window), x);
        context.Tape.Record("average pool", [y], [x], [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.Add(x, (range, accumulate) => AvgPoolKernel.Backward(context.Device, context.Real, dy.Range, range, n, h, w, c, window, accumulate));
        });
        return y;
    }

    /// <summary>The mean over all positions of each image: [N, H, W, C] -> [N, C], summed in the order of the column-sum law.</summary>
    /// <exception cref="EngineException">x is no batch of images.</exception>
    public static Tensor GlobalAvgPool(this Tensor x)
    {
        Shapes.Real(x);
        var (n, h, w, c) = Shapes.Images(x, "global average pool");
        int positions = checked(h * w);
        var context = x.Context;
        var y = context.NewTensor(new Shape(n, c), "global average pool");
        GlobalPoolKernel.Forward(context.Device, context.Real, x.Range, y.Range, n, positions, c);
        context.Trace?.Add(y, new Traced.GlobalAvgPool(), x);
        context.Tape.Record("global average pool", [y], [x], [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.Add(x, (range, accumulate) =>
                GlobalPoolKernel.Backward(context.Device, context.Real, dy.Range, range, n, positions, c, accumulate: accumulate));
        });
        return y;
    }
}

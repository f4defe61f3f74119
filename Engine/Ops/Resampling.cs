using GenEngine.Kernels;
using DepthToSpaceKernel = GenEngine.Kernels.Resampling.DepthToSpace;
using UpsampleKernel = GenEngine.Kernels.Resampling.Upsample;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>Nearest-neighbour upsampling of NHWC images by a whole factor: every pixel becomes factor x factor equal ones.</summary>
    /// <exception cref="EngineException">x is no batch of images, or the factor is not positive.</exception>
    public static Tensor Upsample(this Tensor x, int factor)
    {
        Shapes.Real(x);
        var (n, h, w, c) = Shapes.Images(x, "upsample");
        if (factor <= 0) throw new EngineException($"upsample: {x.Shape} by a factor of {factor}; it must be positive.");
        var context = x.Context;
        var y = context.NewTensor(new Shape(n, checked(h * factor), checked(w * factor), c), "upsample");
        UpsampleKernel.Forward(context.Device, context.Real, x.Range, y.Range, n, h, w, c, factor);
        context.Trace?.Add(y, new Traced.Upsample(factor), x);
        context.Tape.Record("upsample", [y], [x], [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.Add(x, (range, accumulate) => UpsampleKernel.Backward(context.Device, context.Real, dy.Range, range, n, h, w, c, factor, accumulate));
        });
        return y;
    }

    /// <summary>
    /// Channels to pixels: [N, H, W, C factor^2] -> [N, H factor, W factor, C]; channel c factor^2 + i factor + j becomes channel c of row i,
    /// column j of the pixel's block, as PyTorch's pixel_shuffle orders them (Shi et al. 2016).
    /// </summary>
    /// <exception cref="EngineException">x is no batch of images, or its channels are no multiple of factor^2.</exception>
    public static Tensor DepthToSpace(this Tensor x, int factor)
    {
        Shapes.Real(x);
        var (n, h, w, c) = Shapes.Images(x, "depth to space");
        if (factor <= 0 || c % ((long)factor * factor) != 0)
            throw new EngineException($"depth to space: the {c} channels of {x.Shape} are no multiple of {factor}x{factor}.");
        var context = x.Context;
        var y = context.NewTensor(new Shape(n, h * factor, w * factor, c / (factor * factor)), "depth to space");
        DepthToSpaceKernel.Run(context.Device, context.Real, x.Range, y.Range, n, h, w, c, factor);
        context.Trace?.Add(y, new Traced.DepthToSpace(factor), x);
        context.Tape.Record("depth to space", [y], [x], [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.AddWritten(x, range => DepthToSpaceKernel.Inverse(context.Device, context.Real, dy.Range, range, n, h, w, c, factor));
        });
        return y;
    }

    /// <summary>The inverse of <see cref="DepthToSpace"/>: [N, H factor, W factor, C] -> [N, H, W, C factor^2].</summary>
    /// <exception cref="EngineException">x is no batch of images, or its height or width is no multiple of the factor.</exception>
    public static Tensor SpaceToDepth(this Tensor x, int factor)
    {
        Shapes.Real(x);
        var (n, h, w, c) = Shapes.Images(x, "space to depth");
        if (factor <= 0 || h % factor != 0 || w % factor != 0)
            throw new EngineException($"space to depth: the height and width of {x.Shape} are no multiples of {factor}.");
        int channels = checked(c * factor * factor);
        var context = x.Context;
        var y = context.NewTensor(new Shape(n, h / factor, w / factor, channels), "space to depth");
        DepthToSpaceKernel.Inverse(context.Device, context.Real, x.Range, y.Range, n, h / factor, w / factor, channels, factor);
        context.Trace?.Add(y, new Traced.SpaceToDepth(factor), x);
        context.Tape.Record("space to depth", [y], [x], [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.AddWritten(x, range => DepthToSpaceKernel.Run(context.Device, context.Real, dy.Range, range, n, h / factor, w / factor, channels, factor));
        });
        return y;
    }
}

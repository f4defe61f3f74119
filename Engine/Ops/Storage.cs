using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using ConvKernel = GenEngine.Kernels.Convolution.Conv;

namespace GenEngine;

public static partial class Ops
{
    /// <summary>x as float32: itself, unless it is stored in BF16 (see the compact results of <see cref="Conv2d(Tensor, Tensor, Tensor?, ConvSpec, Kernels.Common.Activation, double, Tensor?, bool)"/>); exact. The gradient behind it is rounded.</summary>
    public static Tensor ToFloat32(this Tensor x) => x.DType == DType.BFloat16 ? StoredAs(x, DType.Float32) : x;

    /// <summary>
    /// x stored in BF16 from here on, where a GPU computes in BF16 and a 1x1 convolution of these channels would take it so; else x itself. For what several convolutions read, of which each would
    /// round it for itself.
    /// </summary>
    /// <param name="x">[N, H, W, C].</param>
    public static Tensor ToCompact(this Tensor x)
    {
        Shapes.Image(x);
        var (images, height, width, channels) = Shapes.Images(x, "to compact");
        var context = x.Context;
        if (!context.StoresCompact || x.DType == DType.BFloat16 || context.Device is not GpuDevice { Precision: Precision.BFloat16 } || context.Real != DType.Float32) return x;
        var single = context.Convolution(new ConvKey(ConvSpec.Square(1), new ConvImage(height, width, channels), channels, false, 0, 0));
        return ServesBFloat16(context, single, images) ? StoredAs(x, DType.BFloat16) : x;
    }

    /// <summary>x stored as float32 or as BF16, and its gradient as x is.</summary>
    internal static Tensor StoredAs(this Tensor x, DType dtype)
    {
        if (x.DType == dtype) return x;
        var context = x.Context;
        var y = CopiedAs(x, dtype);
        context.Trace?.Add(y, new Traced.Reshape(), x);
        context.Tape.Record(y.Op, [y], [x], [], (node, sink) =>
        {
            var dy = node.GradientOf(y);
            sink.AddWritten(x, range => Store(context, dy, range, x.DType));
        });
        return y;
    }

    /// <summary>x in the other of the two, for the operation at hand alone: nothing is recorded.</summary>
    private static Tensor CopiedAs(Tensor x, DType dtype)
    {
        var y = x.Context.NewTensor(x.Shape, dtype == DType.BFloat16 ? $"rounded {x.Op}" : $"widened {x.Op}", dtype);
        Store(x.Context, x, y.Range, dtype);
        return y;
    }

    private static void Store(Context context, Tensor x, BufferRange y, DType dtype)
    {
        if (dtype == DType.BFloat16) RoundedImages.Run(context.Device, x.Range, y, x.Count);
        else RoundedImages.Widen(context.Device, x.Range, y, x.Count);
    }

    /// <summary>Whether all three passes of a convolution take and give BF16: what decides whether its images are stored so.</summary>
    internal static bool ServesBFloat16(Context context, ConvPrograms programs, int batch) =>
        ConvKernel.ServesBFloat16(context.Device, context.Real, programs.Forward, batch) && ConvKernel.ServesBFloat16(context.Device, context.Real, programs.Backward, batch)
        && ConvWeight.ServesBFloat16(context.Device, context.Real, programs.Convolution, batch);
}

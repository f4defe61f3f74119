using GenEngine.Files.Onnx;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Pooling;

namespace GenEngine.Export.Onnx;

/// <summary>Convolutions, normalisation, pooling and resampling: all of them take and give images as planes.</summary>
internal sealed partial class OnnxTranslator
{
    private static Value OfPlanes(Tensor result, string name) => new(name, Extents(result));

    /// <summary>Negative padding crops the image first. A mask is part of the filter: what it hides is 0.</summary>
    private Value Conv(Traced.Conv conv, Tensor result, Tensor?[] inputs)
    {
        var (spec, x, filter) = (conv.Spec, inputs[0]!, inputs[1]!);
        string image = Cropped(Planes(x), spec);
        string weight = spec.Mask == ConvMask.None ? Filter(filter, "filter", outputsFirst: true, values => values) : Filter(filter, "masked filter", outputsFirst: true, values => Masked(values, spec, filter), ".masked");
        string[] operands = inputs[2] is { } bias ? [image, weight, Vector(bias)] : [image, weight];
        string name = Graph.Node("Conv", operands, Geometry(spec));
        if (inputs[3] is { } residual) name = Graph.Node("Add", [name, Planes(residual)]);
        return OfPlanes(result, Activate(name, conv.Activation, conv.Slope));
    }

    private Value ConvTranspose(Traced.Conv conv, Tensor result, Tensor?[] inputs)
    {
        var spec = conv.Spec;
        if (Math.Min(Math.Min(spec.PadTop, spec.PadBottom), Math.Min(spec.PadLeft, spec.PadRight)) < 0)
            throw Refuse(result.Op, $"the geometry {spec} pads the result, which ONNX's operator does not");
        string weight = Filter(inputs[1]!, "filter", outputsFirst: false, values => values);
        string[] operands = inputs[2] is { } bias ? [Planes(inputs[0]!), weight, Vector(bias)] : [Planes(inputs[0]!), weight];
        string name = Graph.Node("ConvTranspose", operands, [.. Geometry(spec), Attribute("output_padding", conv.OutputPadY, conv.OutputPadX)]);
        return OfPlanes(result, Activate(name, conv.Activation, conv.Slope));
    }

    private static OnnxAttribute[] Geometry(in ConvSpec spec) =>
    [
        Attribute("dilations", spec.DilationY, spec.DilationX), Attribute("kernel_shape", spec.KernelHeight, spec.KernelWidth),
        Attribute("pads", Math.Max(0, spec.PadTop), Math.Max(0, spec.PadLeft), Math.Max(0, spec.PadBottom), Math.Max(0, spec.PadRight)),
        Attribute("strides", spec.StrideY, spec.StrideX),
    ];

    private string Cropped(string image, in ConvSpec spec)
    {
        int top = Math.Max(0, -spec.PadTop), bottom = Math.Max(0, -spec.PadBottom), left = Math.Max(0, -spec.PadLeft), right = Math.Max(0, -spec.PadRight);
        if ((top | bottom) != 0) image = Slice(image, [top], [bottom == 0 ? long.MaxValue : -bottom], [2]);
        return (left | right) == 0 ? image : Slice(image, [left], [right == 0 ? long.MaxValue : -right], [3]);
    }

    /// <summary>[a, R, S, b] as [a, b, R, S]: of a convolution the outputs come first, of a transposed one the inputs; the engine's filters begin likewise.</summary>
    private string Filter(Tensor filter, string form, bool outputsFirst, Func<float[], float[]> change, string suffix = "")
    {
        var shape = filter.Shape;
        if (!IsConstant(filter)) throw Refuse(outputsFirst ? "conv2d" : "conv transpose 2d", "its filter is made of what goes into the network");
        return Constant(filter, form, [shape[0], shape[3], shape[1], shape[2]], values => change(values) is var own && Extents(filter).Order() is { } order ? InOrder(own, order) : own, suffix);
    }

    /// <summary>What the plan of the convolution reads of the filter; the rest is 0.</summary>
    private static float[] Masked(float[] filter, in ConvSpec spec, Tensor of)
    {
        int taps = spec.KernelHeight * spec.KernelWidth, channels = of.Shape[3];
        var seen = new float[filter.Length];
        var smallest = new ConvImage(spec.KernelHeight * spec.DilationY, spec.KernelWidth * spec.DilationX, channels); // the mask is the same whatever the image
        foreach (var part in ConvPlan.Create(spec, smallest, of.Shape[0]).Parts)
        {
            for (int output = part.FirstOutput; output < part.EndOutput; output++)
            {
                foreach (var tap in part.Taps)
                {
                    int at = (((output * taps) + tap.Filter) * channels) + tap.First;
                    filter.AsSpan(at, tap.End - tap.First).CopyTo(seen.AsSpan(at));
                }
            }
        }

        return seen;
    }

    private Value BatchNorm(Traced.BatchNorm norm, Tensor result, Tensor?[] inputs)
    {
        var x = inputs[0]!;
        int channels = x.Shape.Columns;
        if (x.Shape.Rank is not (2 or 4)) throw Refuse(result.Op, $"{x.Shape} are neither rows nor images");
        var value = x.Shape.Rank == 4 ? new Value(Planes(x), Extents(x)) : Rows(x);
        string[] perChannel = [.. inputs.Skip(1).Select(input => IsConstant(input!) ? Constant(input!, value.Order, channels) : throw Refuse(result.Op, "its statistics or its parameters are made of what goes into the network"))];
        string name = Graph.Node("BatchNormalization", [value.Name, .. perChannel], Attribute("epsilon", norm.Epsilon));
        return value with { Name = Activate(name, norm.Activation, norm.Slope) };
    }

    private static OnnxAttribute[] Window(in PoolWindow window) =>
    [
        Attribute("kernel_shape", window.Height, window.Width), Attribute("pads", window.PadY, window.PadX, window.PadY, window.PadX), Attribute("strides", window.StrideY, window.StrideX),
    ];

    private Value Pad(Traced.Pad pad, Tensor result, Tensor x) =>
        OfPlanes(result, Graph.Node("Pad", [Planes(x), Graph.Integers(0, 0, pad.Top, pad.Left, 0, 0, pad.Bottom, pad.Right), Graph.Number(pad.Value)]));

    private Value Upsample(Traced.Upsample upsample, Tensor result, Tensor x) => OfPlanes(result, Graph.Node(
        "Resize", [Planes(x), "", Graph.Numbers(1, 1, upsample.Factor, upsample.Factor)],
        Attribute("coordinate_transformation_mode", "asymmetric"), Attribute("mode", "nearest"), Attribute("nearest_mode", "floor")));

    /// <summary>By hand: ONNX's own operator has the channels of a block in another order.</summary>
    private Value SpaceToDepth(Traced.SpaceToDepth shuffle, Tensor result, Tensor x)
    {
        var (h, w, c) = Extents(result);
        int f = shuffle.Factor;
        string blocks = Graph.Node("Reshape", [Planes(x), Graph.Integers(0, c / f / f, h, f, w, f)]);
        return OfPlanes(result, Graph.Node("Reshape", [Transpose(blocks, 0, 1, 3, 5, 2, 4), Graph.Integers(0, c, h, w)]));
    }
}

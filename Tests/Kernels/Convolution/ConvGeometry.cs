using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>A convolution to try: images [N, H, W, C] to K channels; as it is or transposed.</summary>
internal sealed record ConvGeometry(int N, ConvImage Image, int K, ConvSpec Spec, bool Transposed = false, int OutputPad = 0)
{
    /// <summary>Odd sizes, few and many channels, strides 1 to 3, dilations 1 to 8, uneven and negative padding, masks, transposes.</summary>
    public static Gen<ConvGeometry> Any { get; } =
        from kernel in Gen.Zip(Gen.Elements(1, 2, 3, 4, 5), Gen.Elements(1, 2, 3, 5))
        from stride in Gen.Zip(Gen.Choose(1, 3), Gen.Choose(1, 3))
        from dilation in Gen.Zip(Gen.Elements(1, 1, 1, 2, 3, 8), Gen.Elements(1, 1, 2, 5))
        from pad in Gen.ArrayOf(Gen.Choose(-1, 4), 4)
        from size in Gen.Zip(Gen.Choose(1, 12), Gen.Choose(1, 13))
        from channels in Gen.Zip(Gen.Elements(1, 3, 5, 8, 64), Gen.Elements(1, 3, 4, 17, 64))
        from n in Gen.Elements(1, 1, 2, 3)
        from kind in Gen.Elements(Kind.Plain, Kind.Plain, Kind.Masked, Kind.Transposed)
        from colours in Gen.Elements(1, 3)
        from halves in Gen.Elements(1, 2)
        from outputPad in Gen.Choose(0, 2)
        let geometry = Make(kernel, stride, dilation, pad, size, channels, n, kind, colours, halves, outputPad)
        where geometry.IsPossible
        select geometry;

    private enum Kind
    {
        Plain,
        Masked,
        Transposed,
    }

    public ConvPlan Plan => Transposed ? ConvPlan.CreateTransposed(Spec, Image, K, OutputPad, OutputPad) : ConvPlan.Create(Spec, Image, K);

    /// <summary>The plan that filter gradients follow.</summary>
    public ConvPlan Convolution => Transposed ? Plan.Adjoint() : Plan;

    private bool IsPossible
    {
        get
        {
            try
            {
                return Plan.Output.Count <= 20_000 && Plan.Input.Count <= 20_000;
            }
            catch (GenEngine.Kernels.EngineException)
            {
                return false;
            }
        }
    }

    private static ConvGeometry Make(
        (int, int) kernel, (int, int) stride, (int, int) dilation, int[] pad, (int, int) size, (int, int) channels, int n, Kind kind, int colours, int halves, int outputPad)
    {
        var spec = new ConvSpec(kernel.Item1, kernel.Item2)
        {
            StrideY = stride.Item1,
            StrideX = stride.Item2,
            DilationY = dilation.Item1,
            DilationX = dilation.Item2,
            PadTop = pad[0],
            PadLeft = pad[1],
            PadBottom = pad[2],
            PadRight = pad[3],
        };
        var (c, k) = channels;
        if (kind == Kind.Masked) (spec, c, k) = (spec with { Mask = c % 2 == 0 ? ConvMask.A : ConvMask.B, Colours = colours, OutputHalves = halves }, c * colours, k * colours * halves);
        return new ConvGeometry(n, new ConvImage(size.Item1, size.Item2, c), k, spec, kind == Kind.Transposed, kind == Kind.Transposed ? outputPad : 0);
    }
}

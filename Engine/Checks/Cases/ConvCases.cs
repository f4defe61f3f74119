using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Checks.Cases;

internal sealed class ConvCases : IOpCaseSource
{
    /// <summary>One geometry: image [n, h, w, c], so many output channels.</summary>
    private readonly record struct Geometry(int N, int H, int W, int C, int K, ConvSpec Spec);

    public IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (var geometry in Plain) yield return Convolution(geometry, Activation.None);
            foreach (var geometry in Masked) yield return Convolution(geometry, Activation.None);
            foreach (var activation in Enum.GetValues<Activation>().Where(activation => activation != Activation.None))
                yield return Convolution(new(2, 5, 6, 3, 9, ConvSpec.Square(3, padding: 1)), activation);
            foreach (var (geometry, padY, padX) in Transposed) yield return Transpose(geometry, padY, padX, Activation.None);
            yield return Transpose(new(2, 4, 4, 5, 3, ConvSpec.Square(4, 2, 1)), 0, 0, Activation.LeakyRelu);
        }
    }

    private static Geometry[] Plain =>
    [
        new(2, 6, 7, 3, 5, ConvSpec.Square(3, padding: 1)),
        new(1, 9, 8, 1, 17, ConvSpec.Square(4, 2, 1)),
        new(3, 7, 7, 16, 24, ConvSpec.Square(4, 2, 1)),
        new(2, 8, 5, 5, 1, ConvSpec.Square(3, padding: 1)),
        new(4, 1, 1, 19, 33, ConvSpec.Square(1)),
        new(1, 11, 10, 2, 6, ConvSpec.Square(3, 3, 2, 2)),
        new(2, 9, 9, 3, 4, new(2, 5) { StrideY = 1, StrideX = 2, DilationY = 3, DilationX = 1, PadTop = 3, PadLeft = 0, PadBottom = 1, PadRight = 2 }),
        new(1, 7, 6, 8, 65, ConvSpec.Square(5, 2, 0)),
        new(2, 8, 8, 3, 2, ConvSpec.Square(1, 3)),
        new(2, 6, 6, 2, 3, ConvSpec.Square(3, padding: 1) with { PadTop = 3, PadBottom = -1 }),
        new(2, 1, 40, 4, 6, ConvSpec.Causal(2, 8)),
        new(1, 1, 23, 3, 5, ConvSpec.Causal(3, 2, shift: 1)),
        new(1, 6, 5, 2, 3, ConvSpec.Vertical(3, shift: 1)),
        new(1, 5, 6, 2, 3, ConvSpec.Horizontal(5, seesItself: false)),
        new(1, 5, 6, 2, 3, ConvSpec.Horizontal(3, seesItself: true)),
    ];

    private static Geometry[] Masked =>
    [
        new(2, 6, 5, 1, 8, ConvSpec.Masked(ConvMask.A, 7)),
        new(2, 6, 7, 4, 5, ConvSpec.Masked(ConvMask.B, 3)),
        new(1, 5, 5, 3, 9, ConvSpec.Masked(ConvMask.A, 3, colours: 3)),
        new(1, 4, 5, 6, 12, ConvSpec.Masked(ConvMask.B, 5, colours: 3, outputHalves: 2)),
        new(1, 4, 4, 3, 6, ConvSpec.Masked(ConvMask.A, 1, colours: 3)),
        new(1, 3, 4, 2, 3, ConvSpec.Masked(ConvMask.A, 1)),
    ];

    private static (Geometry Geometry, int PadY, int PadX)[] Transposed =>
    [
        (new(2, 4, 3, 6, 5, ConvSpec.Square(4, 2, 1)), 0, 0),
        (new(1, 3, 4, 9, 1, ConvSpec.Square(4, 2, 1)), 0, 0),
        (new(2, 3, 3, 2, 17, ConvSpec.Square(3, 2, 1)), 1, 1),
        (new(1, 1, 1, 10, 8, ConvSpec.Square(4)), 0, 0),
        (new(1, 3, 2, 3, 4, ConvSpec.Square(2, 3, dilation: 2)), 2, 0),
        (new(1, 4, 4, 3, 3, ConvSpec.Square(1, 2)), 1, 0),
        (new(1, 5, 4, 2, 3, new(3, 2) { StrideY = 1, StrideX = 3, PadTop = 2, PadLeft = 1 }), 0, 2),
    ];

    private static OpCase Convolution(Geometry g, Activation activation)
    {
        int outH = g.Spec.OutputHeight(g.H), outW = g.Spec.OutputWidth(g.W), taps = g.Spec.KernelHeight * g.Spec.KernelWidth;
        return new OpCase
        {
            Op = nameof(Ops.Conv2d),
            Variant = $"{g.N}x{g.H}x{g.W}x{g.C} -> {g.K}, {g.Spec}" + (activation == Activation.None ? "" : $" {activation}"),
            Inputs = [new(new Shape(g.N, g.H, g.W, g.C)), new(new Shape(g.K, g.Spec.KernelHeight, g.Spec.KernelWidth, g.C)), new(new Shape(g.K))],
            Build = x => x[0].Conv2d(x[1], x[2], g.Spec, activation, 0.1),
            Ulps = 8 + (taps * g.C),
            Reference = x =>
            {
                var y = new double[g.N * outH * outW * g.K];
                for (int n = 0; n < g.N; n++)
                    for (int oy = 0; oy < outH; oy++)
                        for (int ox = 0; ox < outW; ox++)
                            for (int k = 0; k < g.K; k++)
                            {
                                double sum = x[2][k];
                                foreach (var (iy, ix, r, s) in Positions(g, oy, ox))
                                    for (int c = 0; c < g.C; c++)
                                        if (MaskReference.Visible(g.Spec, r, s, k, g.K, c, g.C))
                                            sum += x[0][(((((n * g.H) + iy) * g.W) + ix) * g.C) + c] * x[1][(((((k * g.Spec.KernelHeight) + r) * g.Spec.KernelWidth) + s) * g.C) + c];
                                y[(((((n * outH) + oy) * outW) + ox) * g.K) + k] = References.Activate(activation, sum, 0.1);
                            }

                return y;
            },
        };
    }

    // the geometry's image is the transposed convolution's input: g.C channels in, g.K out
    private static OpCase Transpose(Geometry g, int padY, int padX, Activation activation)
    {
        int outH = Extent(g.H, g.Spec.StrideY, g.Spec.PadTop + g.Spec.PadBottom, g.Spec.DilationY, g.Spec.KernelHeight, padY);
        int outW = Extent(g.W, g.Spec.StrideX, g.Spec.PadLeft + g.Spec.PadRight, g.Spec.DilationX, g.Spec.KernelWidth, padX);
        return new OpCase
        {
            Op = nameof(Ops.ConvTranspose2d),
            Variant = $"{g.N}x{g.H}x{g.W}x{g.C} -> {g.K}, {g.Spec} output padding {padY},{padX}" + (activation == Activation.None ? "" : $" {activation}"),
            Inputs = [new(new Shape(g.N, g.H, g.W, g.C)), new(new Shape(g.C, g.Spec.KernelHeight, g.Spec.KernelWidth, g.K)), new(new Shape(g.K))],
            Build = x => x[0].ConvTranspose2d(x[1], x[2], g.Spec, padY, padX, activation, 0.1),
            Ulps = 8 + (g.Spec.KernelHeight * g.Spec.KernelWidth * g.C),
            Reference = x =>
            {
                var y = new double[g.N * outH * outW * g.K];
                for (int i = 0; i < y.Length; i++) y[i] = x[2][i % g.K];
                var convolution = g with { H = outH, W = outW };
                for (int n = 0; n < g.N; n++)
                    for (int iy = 0; iy < g.H; iy++)
                        for (int ix = 0; ix < g.W; ix++)
                            foreach (var (oy, ox, r, s) in Positions(convolution, iy, ix))
                                for (int c = 0; c < g.C; c++)
                                    for (int k = 0; k < g.K; k++)
                                        y[(((((n * outH) + oy) * outW) + ox) * g.K) + k] +=
                                            x[0][(((((n * g.H) + iy) * g.W) + ix) * g.C) + c] * x[1][(((((c * g.Spec.KernelHeight) + r) * g.Spec.KernelWidth) + s) * g.K) + k];
                return References.Map(y, value => References.Activate(activation, value, 0.1));
            },
        };
    }

    private static int Extent(int extent, int stride, int padding, int dilation, int kernel, int outputPad) =>
        ((extent - 1) * stride) - padding + (dilation * (kernel - 1)) + outputPad + 1;

    /// <summary>The image positions that a convolution's output sees, with the filter positions.</summary>
    private static IEnumerable<(int Y, int X, int R, int S)> Positions(Geometry g, int oy, int ox)
    {
        for (int r = 0; r < g.Spec.KernelHeight; r++)
        {
            for (int s = 0; s < g.Spec.KernelWidth; s++)
            {
                int y = (oy * g.Spec.StrideY) - g.Spec.PadTop + (r * g.Spec.DilationY), x = (ox * g.Spec.StrideX) - g.Spec.PadLeft + (s * g.Spec.DilationX);
                if (y >= 0 && y < g.H && x >= 0 && x < g.W) yield return (y, x, r, s);
            }
        }
    }
}

namespace GenEngine.Plots;

/// <summary>
/// Colours for numbers: as the share rises the colours get evenly lighter, so what looks twice as different is, on grey paper and to
/// colour-blind readers too. Nine colours of the well-known maps each, straight lines in sRGB between them.
/// </summary>
public sealed class ColourMap
{
    private readonly Rgb[] _stops;

    private ColourMap(params Rgb[] stops) => _stops = stops;

    /// <summary>Dark violet over green to yellow (after viridis, van der Walt and Smith, 2015).</summary>
    public static ColourMap Viridis { get; } = new(
        new(68, 1, 84), new(71, 45, 123), new(59, 82, 139), new(44, 114, 142), new(33, 145, 140), new(39, 173, 129), new(92, 200, 99),
        new(170, 220, 50), new(253, 231, 37));

    /// <summary>Black over red to pale yellow (after magma, the same authors): for what is mostly empty, as sound is.</summary>
    public static ColourMap Magma { get; } = new(
        new(0, 0, 4), new(28, 16, 68), new(79, 18, 123), new(129, 37, 129), new(181, 54, 122), new(229, 80, 100), new(251, 135, 97),
        new(254, 194, 135), new(252, 253, 191));

    /// <summary>The colour of a share: 0 and below is the darkest, 1 and above the lightest, NaN the darkest.</summary>
    public Rgb At(double share)
    {
        double place = share > 0 ? Math.Min(share, 1) * (_stops.Length - 1) : 0;
        int i = Math.Min((int)place, _stops.Length - 2);
        (Rgb a, Rgb b, double t) = (_stops[i], _stops[i + 1], place - i);
        return new Rgb(Between(a.R, b.R), Between(a.G, b.G), Between(a.B, b.B));

        byte Between(byte from, byte to) => (byte)(from + (to - from) * t + 0.5);
    }

    /// <summary>A legend standing upright: the colours, what they mean at the axis' ticks, and the unit above.</summary>
    internal void DrawLegend(Canvas canvas, int left, int top, int width, int height, Axis axis, string unit, double textSize)
    {
        for (int y = 0; y < height; y++) canvas.Fill(left, top + y, width, 1, At((height - y - 0.5) / height));
        canvas.Text(new Vec2(left, top - textSize - 9), unit, textSize, Rgb.Ink);
        foreach ((double value, string label) in axis.Ticks(Math.Max(2, height / 32)))
        {
            double y = top + height * (1 - axis.Place(value));
            canvas.Line([new Vec2(left + width, y), new Vec2(left + width + 3, y)], 0.5, Rgb.Grey(110));
            canvas.Text(new Vec2(left + width + 6, y - textSize / 2), label, textSize, Rgb.Ink);
        }
    }
}

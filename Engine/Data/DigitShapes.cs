using GenEngine.Plots;

namespace GenEngine.Data;

/// <summary>
/// How the built-in digits are written. A style is a pair of paths with the same pieces: a drawn digit lies somewhere between the
/// two (and a little beyond), so that each style is a continuum. Paths live in a box about 14 wide and 20 high, y down.
/// </summary>
internal sealed class DigitShapes
{
    /// <summary>One way to write a digit; Weight is its share among the digit's styles.</summary>
    internal sealed record Style(StrokePath Path, Vec2[] From, Vec2[] To, double Weight);

    private static readonly Style[][] Shapes =
    [
        [ // 0: an oval, begun at the top; an egg whose ends miss each other
            Make(3, "M 7 0 C 3 0 1 5 1 10 C 1 15 3 20 7 20 C 11 20 13 15 13 10 C 13 5 11 0 7 0",
                "M 8 0 C 2 0 -1 5 -1 11 C -1 17 3 20 7 20 C 13 20 16 15 16 9 C 15 3 12 0 8 0"),
            Make(2, "M 10 1 C 4 -1 0 5 0 11 C 0 17 4 20 7 20 C 12 20 14 15 14 10 C 14 4 10 1 6 2",
                "M 8 2 C 4 1 1 5 0 10 C -1 15 1 20 5 20 C 10 20 14 14 14 8 C 14 3 11 0 7 2"),
        ],
        [ // 1: a bar; with a flag; with flag and base
            Make(6, "M 7 0 C 7 7 7 13 7 20", "M 9 0 C 8 6 6 14 6 20"),
            Make(2, "M 4 4 L 8 0 C 8 7 8 13 8 20", "M 2 6 L 8 0 C 8 7 7 13 7 20"),
            Make(1, "M 3 4 L 7 0 C 7 7 7 13 7 20 M 2 20 L 12 20", "M 2 5 L 7 0 C 7 7 7 13 7 20 M 3 20 L 11 20"),
        ],
        [ // 2: a straight base; a loop at the foot; a wave as base
            Make(3, "M 1 5 C 1 1 4 0 7 0 C 11 0 13 3 13 6 C 13 11 5 15 1 20 L 14 20",
                "M 2 7 C 0 2 4 -1 8 0 C 12 1 13 5 12 8 C 10 13 4 17 0 20 L 15 18"),
            Make(3, "M 1 4 C 3 0 6 0 8 0 C 12 0 13 4 12 7 C 10 13 6 18 3 20 C 0 20 -1 17 2 16 C 5 15 8 20 14 19",
                "M 0 6 C 1 1 5 0 7 0 C 11 0 12 3 11 7 C 10 12 7 17 3 19 C 0 20 -1 16 3 15 C 7 15 10 21 15 17"),
            Make(1, "M 1 2 C 4 0 10 0 12 2 C 13 5 7 12 1 19 C 4 17 9 18 14 20",
                "M 0 3 C 3 1 9 -1 11 1 C 13 4 8 12 2 20 C 5 20 10 20 14 20"),
        ],
        [ // 3: two bowls; a flat top; a small loop between the bowls
            Make(4, "M 1 3 C 3 0 6 0 8 0 C 13 0 13 9 5 9 C 14 9 15 20 6 20 C 3 20 1 19 0 17",
                "M 0 2 C 3 0 5 -1 8 0 C 14 2 12 8 6 10 C 13 10 14 19 7 20 C 4 20 2 20 0 19"),
            Make(1, "M 1 0 L 12 0 L 6 8 C 13 8 15 20 6 20 C 3 20 1 19 0 17", "M 2 1 L 13 0 L 7 8 C 15 8 13 19 6 20 C 4 20 1 20 -1 18"),
            Make(1, "M 2 2 C 6 -1 12 0 12 4 C 12 7 9 9 6 10 C 4 10 4 8 6 8 C 13 9 14 20 6 20 C 3 20 1 18 0 17",
                "M 1 3 C 5 -1 13 0 12 4 C 11 7 9 9 5 11 C 3 11 3 8 6 8 C 12 9 13 20 5 20 C 3 20 1 19 -1 18"),
        ],
        [ // 4: open with a straight bar; closed; a cup and a bar
            Make(2, "M 3 0 C 2 4 1 8 0 11 L 13 11 M 11 2 L 10 20", "M 2 1 C 2 5 1 8 1 12 L 14 10 M 12 0 L 11 20"),
            Make(1, "M 10 0 L 0 13 L 14 13 M 10 0 L 10 20", "M 11 0 L 1 12 L 14 11 M 11 0 L 9 20"),
            Make(3, "M 2 0 C 1 5 0 10 3 11 C 7 12 10 9 11 8 M 12 0 C 11 7 11 13 10 20",
                "M 1 1 C -1 6 0 11 4 11 C 8 11 11 9 12 7 M 12 1 C 12 8 11 14 11 20"),
        ],
        [ // 5: in one go from the bar; like an S; the bar drawn last
            Make(3, "M 13 0 L 3 0 L 2 8 C 5 6 13 6 13 13 C 13 18 9 20 6 20 C 3 20 1 19 0 17",
                "M 14 1 L 4 0 L 2 9 C 6 6 12 8 12 13 C 12 18 8 20 5 20 C 2 20 0 19 -1 18"),
            Make(1, "M 12 1 C 8 0 4 1 3 4 C 2 8 5 8 7 9 C 12 10 13 14 12 17 C 9 21 3 20 0 18",
                "M 14 0 C 9 -1 5 0 4 4 C 3 7 6 8 8 9 C 12 12 11 18 7 20 C 4 21 1 20 -1 18"),
            Make(2, "M 3 1 L 2 9 C 6 7 12 8 12 14 C 12 18 8 20 5 20 C 2 20 0 18 0 17 M 3 1 L 13 0",
                "M 4 2 L 3 10 C 7 8 11 9 11 14 C 11 18 7 20 4 20 C 2 20 0 20 -1 19 M 4 1 L 15 -1"),
        ],
        [ // 6: a long stem; a round belly; a small low loop
            Make(3, "M 10 0 C 4 3 0 9 0 14 C 0 18 3 20 6 20 C 10 20 12 17 12 14 C 12 11 9 9 6 10 C 3 10 1 13 0 15",
                "M 7 0 C 3 5 1 10 1 14 C 1 18 4 20 7 20 C 11 20 12 16 11 14 C 10 11 6 11 4 13 C 2 14 1 15 1 16"),
            Make(2, "M 12 1 C 6 0 1 6 0 12 C -1 17 3 20 7 20 C 11 20 13 17 12 14 C 11 11 6 10 3 12 C 2 13 1 14 1 16",
                "M 6 0 C 2 6 0 11 0 15 C 0 18 2 20 5 20 C 9 20 10 17 9 15 C 8 12 5 12 3 14 C 2 15 1 16 1 17"),
        ],
        [ // 7: plain; with a bar; with a serif; with a wavy top
            Make(4, "M 0 1 L 12 0 C 10 6 6 13 5 20", "M 1 0 L 13 1 C 9 6 7 13 7 20"),
            Make(2, "M 0 1 L 13 0 C 10 6 7 12 5 20 M 3 10 L 12 10", "M 1 1 L 13 1 C 11 6 6 13 6 20 M 2 11 L 11 9"),
            Make(1, "M 0 4 L 1 0 L 13 0 C 10 6 7 13 6 20", "M 1 5 L 1 1 L 12 0 C 11 7 8 13 8 20"),
            Make(1, "M 0 3 C 4 -1 9 3 13 0 C 11 7 6 12 6 20", "M 0 2 C 3 -1 9 2 12 1 C 12 7 8 13 8 20"),
        ],
        [ // 8: one crossing stroke; two rings
            Make(3, "M 12 2 C 8 -2 0 0 2 6 C 4 10 12 11 12 16 C 12 21 1 22 1 16 C 1 11 11 8 12 2",
                "M 10 1 C 5 -2 1 2 3 6 C 5 10 11 11 11 16 C 10 21 1 21 2 16 C 3 11 12 7 11 2"),
            Make(1, "M 6 0 C 1 0 1 9 6 9 C 12 9 12 0 6 0 M 6 9 C -1 9 -1 20 6 20 C 14 20 14 9 6 9",
                "M 7 0 C 3 0 2 8 7 9 C 12 9 11 0 7 0 M 7 9 C 2 10 0 20 6 20 C 12 20 13 10 7 9"),
        ],
        [ // 9: a curved tail; a straight tail; a hook
            Make(3, "M 12 4 C 11 0 8 0 6 0 C 2 0 0 3 0 6 C 0 9 3 11 6 11 C 9 11 12 8 12 4 C 12 9 11 14 10 20",
                "M 11 3 C 10 0 8 -1 6 0 C 2 1 0 4 1 7 C 1 10 4 10 6 10 C 9 9 11 6 11 3 C 11 9 9 14 7 20"),
            Make(2, "M 12 3 C 9 -1 1 0 0 5 C -1 10 4 11 7 10 C 10 9 12 6 12 3 L 12 20",
                "M 11 3 C 9 0 3 0 2 5 C 1 9 5 10 7 9 C 9 8 11 6 11 3 L 10 20"),
            Make(1, "M 12 4 C 10 -1 2 -1 1 5 C 0 10 6 12 9 9 C 11 7 12 5 12 4 C 13 12 12 20 6 20 C 4 20 2 19 1 17",
                "M 11 4 C 9 0 2 0 1 5 C 1 9 6 10 9 8 C 10 7 11 5 11 4 C 12 12 10 20 5 20 C 3 20 1 20 0 18"),
        ],
    ];

    /// <summary>The style that a uniform number in [0, 1) falls on.</summary>
    public static Style Pick(int digit, double uniform)
    {
        Style[] styles = Shapes[digit];
        double at = uniform * styles.Sum(s => s.Weight);
        foreach (Style style in styles)
            if ((at -= style.Weight) < 0) return style;
        return styles[^1];
    }

    private static Style Make(double weight, string from, string to)
    {
        StrokePath a = StrokePath.Parse(from, bendable: true), b = StrokePath.Parse(to, bendable: true);
        if (!a.Strokes.SequenceEqual(b.Strokes)) throw new FormatException($"'{from}' and '{to}' have different pieces.");
        return new Style(a, a.Points.ToArray(), b.Points.ToArray(), weight);
    }
}

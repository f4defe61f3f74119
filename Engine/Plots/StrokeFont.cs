using System.Globalization;

namespace GenEngine.Plots;

/// <summary>
/// A single-line font for plots and captions, printable ASCII; any other character shows as a box. Drawn by the pen, so pictures
/// need no font file and are the same on every machine.
/// </summary>
public static class StrokeFont
{
    private const double CapHeight = 6;
    private const double Between = 1.5;
    private const double Space = 2.2;
    private const int CurveSteps = 6;

    // character, width, path; y down, capitals from 0 to 6, small letters from 2.2, descenders to 8
    private const string Table = """
        ! 0 M 0 0 L 0 4 M 0 5.8 L 0 6
        " 1.2 M 0 0 L 0 1.6 M 1.2 0 L 1.2 1.6
        # 4 M 1.4 0.5 L 0.8 5.5 M 3.2 0.5 L 2.6 5.5 M 0 2 L 4 2 M 0 4 L 4 4
        $ 3.6 M 3.4 1.4 C 2.8 0.2 0.2 0.2 0.2 1.8 C 0.2 3.4 3.6 2.6 3.6 4.2 C 3.6 5.9 0.8 5.9 0 4.7 M 1.8 -0.4 L 1.8 6.4
        % 5 M 4.2 0 L 0.8 6 M 1.1 0 C -0.2 0 -0.2 2.6 1.1 2.6 C 2.4 2.6 2.4 0 1.1 0 M 3.9 3.4 C 2.6 3.4 2.6 6 3.9 6 C 5.2 6 5.2 3.4 3.9 3.4
        & 4.4 M 4.4 6 L 1.2 2.4 C 0 1 1 0 1.9 0 C 3 0 3.4 1.4 2 2.2 C 0.6 3 0 3.6 0 4.4 C 0 6.4 3.4 6.6 4.2 3.2
        ' 0 M 0 0 L 0 1.6
        ( 1.2 M 1.2 -0.5 C -0.4 1.5 -0.4 5 1.2 7
        ) 1.2 M 0 -0.5 C 1.6 1.5 1.6 5 0 7
        * 2.6 M 1.3 0.3 L 1.3 3.1 M 0.1 1 L 2.5 2.4 M 2.5 1 L 0.1 2.4
        + 3.2 M 1.6 1.8 L 1.6 5 M 0 3.4 L 3.2 3.4
        , 0.5 M 0.5 5.6 L 0.4 6.2 L 0 7
        - 2.2 M 0 3.6 L 2.2 3.6
        . 0 M 0 5.8 L 0 6
        / 2.6 M 0 6.8 L 2.6 -0.4
        0 3.6 M 1.8 0 C -0.6 0 -0.6 6 1.8 6 C 4.2 6 4.2 0 1.8 0
        1 2.2 M 0.3 1.3 L 1.8 0 L 1.8 6
        2 3.6 M 0.2 1.6 C 0.4 -0.5 3.5 -0.5 3.5 1.6 C 3.5 3 1.2 4.4 0.1 6 L 3.6 6
        3 3.6 M 0.2 1 C 1 -0.4 3.4 -0.4 3.4 1.4 C 3.4 2.6 2.4 2.9 1.4 2.9 C 2.6 2.9 3.6 3.3 3.6 4.4 C 3.6 6.5 0.8 6.5 0 5
        4 3.8 M 2.8 6 L 2.8 0 L 0 4.2 L 3.8 4.2
        5 3.6 M 3.3 0 L 0.6 0 L 0.3 2.8 C 1.2 1.9 3.6 2 3.6 4 C 3.6 6.5 0.8 6.5 0 5
        6 3.6 M 3 0 C 1 0.6 0 2.4 0 4 C 0 5.4 0.9 6 1.8 6 C 2.8 6 3.6 5.2 3.6 4.1 C 3.6 3 2.8 2.3 1.9 2.3 C 1 2.3 0.2 3 0 4
        7 3.4 M 0 0 L 3.4 0 C 2.2 2 1.4 4 1.2 6
        8 3.6 M 1.8 2.8 C -0.2 2.6 -0.1 0 1.8 0 C 3.7 0 3.8 2.6 1.8 2.8 C -0.6 3 -0.6 6 1.8 6 C 4.2 6 4.2 3 1.8 2.8
        9 3.6 M 3.6 2 C 3.4 3 2.6 3.7 1.7 3.7 C 0.8 3.7 0 3 0 1.9 C 0 0.8 0.8 0 1.8 0 C 2.7 0 3.6 0.6 3.6 2 C 3.6 3.6 2.6 5.4 0.6 6
        : 0 M 0 2.6 L 0 2.8 M 0 5.8 L 0 6
        ; 0.5 M 0.4 2.6 L 0.4 2.8 M 0.5 5.6 L 0.4 6.2 L 0 7
        < 3 M 3 1.6 L 0 3.5 L 3 5.4
        = 3.2 M 0 2.6 L 3.2 2.6 M 0 4.4 L 3.2 4.4
        > 3 M 0 1.6 L 3 3.5 L 0 5.4
        ? 3 M 0 1.2 C 0.4 -0.4 3 -0.4 3 1.4 C 3 2.8 1.5 2.8 1.5 4.2 M 1.5 5.8 L 1.5 6
        @ 5.4 M 3.9 4.2 C 3.4 4.9 1.6 5 1.6 3.3 C 1.6 1.4 3.6 1.4 3.9 2.2 L 3.9 4 C 4.2 5 5.4 4.6 5.4 3 C 5.4 1 4.2 0 2.8 0 C 1 0 0 1.4 0 3.3 C 0 6 2.6 7 4.6 6
        A 4 M 0 6 L 2 0 L 4 6 M 0.7 4 L 3.3 4
        B 3.6 M 0 0 L 0 6 L 2 6 C 4.1 6 4.1 2.8 2 2.8 L 0 2.8 M 2 2.8 C 3.8 2.8 3.6 0 1.8 0 L 0 0
        C 4 M 4 1.2 C 2.8 -0.6 0 -0.3 0 3 C 0 6.3 2.8 6.6 4 4.8
        D 4 M 0 0 L 0 6 L 1.6 6 C 4.8 6 4.8 0 1.6 0 L 0 0
        E 3.2 M 3.2 0 L 0 0 L 0 6 L 3.2 6 M 0 2.9 L 2.7 2.9
        F 3.2 M 3.2 0 L 0 0 L 0 6 M 0 2.9 L 2.7 2.9
        G 4.2 M 4 1.2 C 2.8 -0.6 0 -0.3 0 3 C 0 6.3 2.8 6.6 4.2 5 L 4.2 3.2 L 2.4 3.2
        H 4 M 0 0 L 0 6 M 4 0 L 4 6 M 0 2.9 L 4 2.9
        I 0 M 0 0 L 0 6
        J 2.6 M 2.6 0 L 2.6 4.2 C 2.6 6.6 0.2 6.4 0 4.6
        K 3.8 M 0 0 L 0 6 M 3.6 0 L 0 3.8 M 1.3 2.5 L 3.8 6
        L 3 M 0 0 L 0 6 L 3 6
        M 4.6 M 0 6 L 0 0 L 2.3 4.2 L 4.6 0 L 4.6 6
        N 4 M 0 6 L 0 0 L 4 6 L 4 0
        O 4.4 M 2.2 0 C -0.7 0 -0.7 6 2.2 6 C 5.1 6 5.1 0 2.2 0
        P 3.6 M 0 6 L 0 0 L 1.8 0 C 4.2 0 4.2 3.3 1.8 3.3 L 0 3.3
        Q 4.4 M 2.2 0 C -0.7 0 -0.7 6 2.2 6 C 5.1 6 5.1 0 2.2 0 M 2.8 4.4 L 4.4 6.4
        R 3.8 M 0 6 L 0 0 L 1.8 0 C 4.2 0 4.2 3.3 1.8 3.3 L 0 3.3 M 1.8 3.3 L 3.8 6
        S 3.6 M 3.4 1 C 2.8 -0.3 0.2 -0.4 0.2 1.5 C 0.2 3.4 3.6 2.5 3.6 4.5 C 3.6 6.5 0.8 6.5 0 5
        T 3.8 M 0 0 L 3.8 0 M 1.9 0 L 1.9 6
        U 4 M 0 0 L 0 3.8 C 0 6.7 4 6.7 4 3.8 L 4 0
        V 4 M 0 0 L 2 6 L 4 0
        W 5.6 M 0 0 L 1.4 6 L 2.8 0.6 L 4.2 6 L 5.6 0
        X 3.8 M 0 0 L 3.8 6 M 3.8 0 L 0 6
        Y 4 M 0 0 L 2 3 L 4 0 M 2 3 L 2 6
        Z 3.6 M 0 0 L 3.6 0 L 0 6 L 3.6 6
        [ 1.2 M 1.2 -0.5 L 0 -0.5 L 0 7 L 1.2 7
        \ 2.6 M 0 -0.4 L 2.6 6.8
        ] 1.2 M 0 -0.5 L 1.2 -0.5 L 1.2 7 L 0 7
        ^ 2.4 M 0 2 L 1.2 0 L 2.4 2
        _ 3.4 M 0 7 L 3.4 7
        ` 0.8 M 0 0 L 0.8 1.2
        a 3 M 3 2.2 L 3 6 M 3 3.4 C 2.4 1.6 0 1.8 0 4.1 C 0 6.4 2.4 6.6 3 4.8
        b 3 M 0 0 L 0 6 M 0 3.4 C 0.6 1.6 3 1.8 3 4.1 C 3 6.4 0.6 6.6 0 4.8
        c 2.8 M 2.8 3 C 2 1.6 0 2 0 4.1 C 0 6.2 2 6.6 2.8 5.2
        d 3 M 3 0 L 3 6 M 3 3.4 C 2.4 1.6 0 1.8 0 4.1 C 0 6.4 2.4 6.6 3 4.8
        e 3 M 0 4 L 3 4 C 3 1.6 0 1.6 0 4.1 C 0 6.4 2.2 6.6 2.9 5.2
        f 2 M 2 0.2 C 1 -0.3 0.7 0.4 0.7 1.4 L 0.7 6 M 0 2.4 L 1.9 2.4
        g 3 M 3 2.2 L 3 6.4 C 3 8.4 0.8 8.3 0.2 7.4 M 3 3.4 C 2.4 1.6 0 1.8 0 4.1 C 0 6.4 2.4 6.6 3 4.8
        h 3 M 0 0 L 0 6 M 0 3.6 C 0.6 1.8 3 1.6 3 3.8 L 3 6
        i 0 M 0 2.2 L 0 6 M 0 0.4 L 0 0.6
        j 0.8 M 0.8 2.2 L 0.8 7 C 0.8 7.8 0.4 8 0 8 M 0.8 0.4 L 0.8 0.6
        k 2.8 M 0 0 L 0 6 M 2.6 2.2 L 0 4.6 M 1 3.7 L 2.8 6
        l 0 M 0 0 L 0 6
        m 4.8 M 0 2.2 L 0 6 M 0 3.6 C 0.4 1.8 2.4 1.7 2.4 3.6 L 2.4 6 M 2.4 3.6 C 2.8 1.8 4.8 1.7 4.8 3.6 L 4.8 6
        n 3 M 0 2.2 L 0 6 M 0 3.6 C 0.6 1.8 3 1.6 3 3.8 L 3 6
        o 3.2 M 1.6 2.2 C -0.5 2.2 -0.5 6 1.6 6 C 3.7 6 3.7 2.2 1.6 2.2
        p 3 M 0 2.2 L 0 8 M 0 3.4 C 0.6 1.6 3 1.8 3 4.1 C 3 6.4 0.6 6.6 0 4.8
        q 3 M 3 2.2 L 3 8 M 3 3.4 C 2.4 1.6 0 1.8 0 4.1 C 0 6.4 2.4 6.6 3 4.8
        r 1.9 M 0 2.2 L 0 6 M 0 3.8 C 0.3 2.5 1 2.1 1.9 2.3
        s 2.6 M 2.5 3 C 2 1.9 0.1 1.9 0.1 3.2 C 0.1 4.5 2.6 3.7 2.6 5 C 2.6 6.3 0.5 6.3 0 5.2
        t 2 M 0.8 0.8 L 0.8 4.8 C 0.8 6 1.4 6.1 2 5.9 M 0 2.3 L 1.9 2.3
        u 3 M 0 2.2 L 0 4.4 C 0 6.6 2.4 6.4 3 4.6 M 3 2.2 L 3 6
        v 2.8 M 0 2.2 L 1.4 6 L 2.8 2.2
        w 4.4 M 0 2.2 L 1.1 6 L 2.2 2.6 L 3.3 6 L 4.4 2.2
        x 2.8 M 0 2.2 L 2.8 6 M 2.8 2.2 L 0 6
        y 2.8 M 0 2.2 L 1.5 6 M 2.8 2.2 L 1.2 6.6 C 0.9 7.6 0.5 8 -0.1 8
        z 2.6 M 0 2.2 L 2.6 2.2 L 0 6 L 2.6 6
        { 1.4 M 1.4 -0.5 C 0.3 -0.5 0.8 2.2 0.6 2.6 C 0.5 3 0.3 3.2 0 3.25 C 0.3 3.3 0.5 3.5 0.6 3.9 C 0.8 4.3 0.3 7 1.4 7
        | 0 M 0 -0.5 L 0 7
        } 1.4 M 0 -0.5 C 1.1 -0.5 0.6 2.2 0.8 2.6 C 0.9 3 1.1 3.2 1.4 3.25 C 1.1 3.3 0.9 3.5 0.8 3.9 C 0.6 4.3 1.1 7 0 7
        ~ 3.2 M 0 3.8 C 0.6 2.6 1.4 3 1.7 3.4 C 2.1 3.8 2.8 4.2 3.2 3
        """;

    private static readonly Glyph Box = new(3.2, Flatten("M 0 0 L 3.2 0 L 3.2 6 L 0 6 L 0 0"));
    private static readonly Dictionary<char, Glyph> Glyphs = ReadTable();

    private sealed record Glyph(double Width, Segment[] Segments);

    /// <summary>How wide a line of text is, in pixels, when capitals are <paramref name="size"/> pixels high.</summary>
    public static double Width(string text, double size)
    {
        double width = 0;
        foreach (char c in text) width += Advance(c);
        return Math.Max(0, width - Between) * size / CapHeight;
    }

    /// <summary>The pieces of a line of text, its first capital's upper left corner at the origin.</summary>
    internal static IEnumerable<Segment> Outline(string text, double size)
    {
        double scale = size / CapHeight, x = 0;
        foreach (char c in text)
        {
            var shift = new Vec2(x, 0);
            if (c != ' ')
                foreach (Segment s in Find(c).Segments)
                    yield return new Segment(scale * (s.From + shift), scale * (s.To + shift), s.Stroke);
            x += Advance(c);
        }
    }

    private static double Advance(char c) => c == ' ' ? Space + Between : Find(c).Width + Between;

    private static Glyph Find(char c) => Glyphs.TryGetValue(c, out Glyph? glyph) ? glyph : Box;

    private static Dictionary<char, Glyph> ReadTable()
    {
        var glyphs = new Dictionary<char, Glyph>();
        foreach (string line in Table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = line.Split(' ', 3);
            double width = double.Parse(parts[1], CultureInfo.InvariantCulture);
            glyphs.Add(parts[0][0], new Glyph(width, Flatten(parts[2])));
        }
        return glyphs;
    }

    private static Segment[] Flatten(string text)
    {
        StrokePath path = StrokePath.Parse(text);
        var segments = new Segment[path.MaxSegments(CurveSteps)];
        return segments[..path.Flatten(path.Points.ToArray(), CurveSteps, segments)];
    }
}

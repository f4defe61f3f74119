using System.Globalization;

namespace GenEngine.Plots;

/// <summary>A point of the plane, x to the right, y down.</summary>
public readonly record struct Vec2(double X, double Y)
{
    /// <summary>Component by component.</summary>
    public static Vec2 operator +(Vec2 a, Vec2 b) => new(a.X + b.X, a.Y + b.Y);

    /// <summary>Component by component: from b to a.</summary>
    public static Vec2 operator -(Vec2 a, Vec2 b) => new(a.X - b.X, a.Y - b.Y);

    /// <summary>Both components times s.</summary>
    public static Vec2 operator *(double s, Vec2 a) => new(s * a.X, s * a.Y);
}

/// <summary>A straight piece of stroke number <paramref name="Stroke"/>.</summary>
public readonly record struct Segment(Vec2 From, Vec2 To, int Stroke);

/// <summary>
/// Strokes of a pen: letters of plots and built-in digits are made of them. Written as in SVG, absolute coordinates only:
/// M x y begins a stroke, L x y draws a line, C x y x y x y a cubic Bezier curve.
/// The points stay separate from their order, so that a caller may move or blend them before flattening.
/// </summary>
public sealed class StrokePath
{
    private readonly List<Vec2> _points = [];
    private readonly List<Stroke> _strokes = [];

    private StrokePath() { }

    /// <summary>One stroke: its points are First .. First + Count - 1; Kinds holds an L or a C for each piece.</summary>
    public sealed record Stroke(int First, int Count, string Kinds);

    /// <summary>Ends and control points of all strokes, stroke after stroke; as they are or moved they go into <see cref="Flatten"/>.</summary>
    public IReadOnlyList<Vec2> Points => _points;

    /// <summary>In the order of drawing; each says which of <see cref="Points"/> are its own.</summary>
    public IReadOnlyList<Stroke> Strokes => _strokes;

    /// <summary>Reads a path; <paramref name="bendable"/> turns lines into straight curves, which can bend when points move.</summary>
    /// <exception cref="FormatException">Not a path.</exception>
    public static StrokePath Parse(string text, bool bendable = false)
    {
        var path = new StrokePath();
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string kinds = "";
        int first = 0;
        for (int at = 0; at < words.Length;)
        {
            char command = words[at++][0];
            if (command == 'M')
            {
                path.EndStroke(first, kinds);
                (first, kinds) = (path._points.Count, "");
            }
            int count = command switch { 'M' or 'L' => 1, 'C' => 3, _ => throw new FormatException($"'{command}' in '{text}'") };
            if (command == 'L' && bendable)
            {
                Vec2 from = path._points[^1], to = Point(words, ref at);
                path._points.AddRange([from + 1.0 / 3 * (to - from), from + 2.0 / 3 * (to - from), to]);
                kinds += 'C';
                continue;
            }
            while (count-- > 0) path._points.Add(Point(words, ref at));
            if (command != 'M') kinds += command;
        }
        path.EndStroke(first, kinds);
        return path;
    }

    /// <summary>An upper bound for what <see cref="Flatten"/> returns.</summary>
    public int MaxSegments(int steps) => _strokes.Sum(s => s.Kinds.Length) * steps;

    /// <summary>
    /// Cuts the path through <paramref name="points"/> (this path's own, or moved ones in the same order) into straight pieces,
    /// <paramref name="steps"/> for a curve and one for a line, and returns how many.
    /// </summary>
    public int Flatten(ReadOnlySpan<Vec2> points, int steps, Span<Segment> into)
    {
        int n = 0;
        for (int stroke = 0; stroke < _strokes.Count; stroke++)
        {
            int at = _strokes[stroke].First;
            foreach (char kind in _strokes[stroke].Kinds)
            {
                Vec2 from = points[at];
                if (kind == 'L')
                {
                    into[n++] = new Segment(from, points[at += 1], stroke);
                    continue;
                }
                for (int step = 1; step <= steps; step++)
                {
                    double t = (double)step / steps, u = 1 - t;
                    double b0 = u * u * u, b1 = 3 * u * u * t, b2 = 3 * u * t * t, b3 = t * t * t;
                    var to = new Vec2(
                        b0 * points[at].X + b1 * points[at + 1].X + b2 * points[at + 2].X + b3 * points[at + 3].X,
                        b0 * points[at].Y + b1 * points[at + 1].Y + b2 * points[at + 2].Y + b3 * points[at + 3].Y);
                    into[n++] = new Segment(from, to, stroke);
                    from = to;
                }
                at += 3;
            }
        }
        return n;
    }

    private static Vec2 Point(string[] words, ref int at) =>
        new(double.Parse(words[at++], CultureInfo.InvariantCulture), double.Parse(words[at++], CultureInfo.InvariantCulture));

    private void EndStroke(int first, string kinds)
    {
        if (_points.Count > first) _strokes.Add(new Stroke(first, _points.Count - first, kinds));
    }
}

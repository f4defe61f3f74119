namespace GenEngine.Plots;

/// <summary>What plots are drawn on: pixels (<see cref="Canvas"/>) or shapes (<see cref="SvgCanvas"/>). Coordinates are pixels from the upper left corner.</summary>
public interface ICanvas
{
    /// <summary>In pixels.</summary>
    int Width { get; }

    /// <summary>In pixels.</summary>
    int Height { get; }

    /// <summary>Lines and dots show only inside; text and fills everywhere.</summary>
    (int Left, int Top, int Right, int Bottom) Clip { get; set; }

    /// <summary>A line through all points, of width 2 * radius. Crossings of the line with itself are not darker.</summary>
    void Line(ReadOnlySpan<Vec2> points, double radius, Rgb colour, double opacity = 1);

    /// <summary>A filled disc.</summary>
    void Dot(Vec2 centre, double radius, Rgb colour, double opacity = 1);

    /// <summary>A filled rectangle of whole pixels; what lies outside is left out.</summary>
    void Fill(int x, int y, int width, int height, Rgb colour);

    /// <summary>
    /// A line of text; <paramref name="at"/> is the upper left, middle or right end of its capitals, which are
    /// <paramref name="size"/> pixels high. Upwards: turned a quarter to the left.
    /// </summary>
    void Text(Vec2 at, string text, double size, Rgb colour, TextAnchor anchor = TextAnchor.Left, bool upwards = false);
}

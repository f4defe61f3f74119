using System.Globalization;
using System.Security;
using System.Text;

namespace GenEngine.Plots;

/// <summary>Draws into SVG 1.1: lines stay lines at any size, text is text that can be searched. The same calls give the same bytes, in every culture.</summary>
public sealed class SvgCanvas : ICanvas
{
    /// <summary>How high capitals are in the sans-serif fonts that browsers have, as a share of the font's size.</summary>
    private const double CapitalHeight = 0.716;

    private readonly StringBuilder _shapes = new();
    private (int Left, int Top, int Right, int Bottom) _clip;
    private string _clipped = ""; // the attribute of what is clipped
    private int _clips;

    public SvgCanvas(int width, int height, Rgb background)
    {
        (Width, Height) = (width, height);
        Clip = (0, 0, width, height);
        Fill(0, 0, width, height, background);
    }

    public int Width { get; }

    public int Height { get; }

    public (int Left, int Top, int Right, int Bottom) Clip
    {
        get => _clip;
        set
        {
            _clip = value;
            if (value == (0, 0, Width, Height))
            {
                _clipped = "";
                return;
            }

            _clips++;
            Add($"<clipPath id=\"clip{_clips}\"><rect x=\"{value.Left}\" y=\"{value.Top}\" width=\"{value.Right - value.Left}\" height=\"{value.Bottom - value.Top}\"/></clipPath>");
            _clipped = FormattableString.Invariant($" clip-path=\"url(#clip{_clips})\"");
        }
    }

    public void Line(ReadOnlySpan<Vec2> points, double radius, Rgb colour, double opacity = 1)
    {
        if (points.Length == 1)
        {
            Dot(points[0], radius, colour, opacity);
            return;
        }

        var path = new StringBuilder();
        bool on = false;
        foreach (var point in points)
        {
            bool near = Math.Abs(point.X) < Canvas.Far && Math.Abs(point.Y) < Canvas.Far; // false for what is no number
            if (near) path.Append(CultureInfo.InvariantCulture, $"{(on ? 'L' : 'M')}{point.X:0.##} {point.Y:0.##}");
            on = near;
        }

        if (path.Length == 0) return;
        Add($"<path d=\"{path}\" fill=\"none\" stroke=\"{Hex(colour)}\" stroke-width=\"{2 * radius:0.##}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"{Opacity(opacity)}{_clipped}/>");
    }

    public void Dot(Vec2 centre, double radius, Rgb colour, double opacity = 1)
    {
        if (!(Math.Abs(centre.X) < Canvas.Far && Math.Abs(centre.Y) < Canvas.Far)) return;
        Add($"<circle cx=\"{centre.X:0.##}\" cy=\"{centre.Y:0.##}\" r=\"{radius:0.##}\" fill=\"{Hex(colour)}\"{Opacity(opacity)}{_clipped}/>");
    }

    public void Fill(int x, int y, int width, int height, Rgb colour) => Add($"<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{Hex(colour)}\"/>");

    public void Text(Vec2 at, string text, double size, Rgb colour, TextAnchor anchor = TextAnchor.Left, bool upwards = false)
    {
        if (text.Length == 0) return;
        string name = anchor switch { TextAnchor.Left => "start", TextAnchor.Middle => "middle", _ => "end" };
        string place = upwards
            ? FormattableString.Invariant($"transform=\"translate({at.X + size:0.##} {at.Y:0.##}) rotate(-90)\"")
            : FormattableString.Invariant($"x=\"{at.X:0.##}\" y=\"{at.Y + size:0.##}\"");
        string shown = new([.. text.Select(character => char.IsControl(character) ? ' ' : character)]); // XML has no room for control characters
        Add($"<text {place} font-size=\"{size / CapitalHeight:0.##}\" fill=\"{Hex(colour)}\" text-anchor=\"{name}\">{SecurityElement.Escape(shown)}</text>");
    }

    /// <summary>The document.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{Height}" viewBox="0 0 {Width} {Height}" font-family="Helvetica, Arial, sans-serif">
        {_shapes}</svg>

        """).ReplaceLineEndings("\n");

    private void Add(FormattableString shape) => _shapes.Append(shape.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Hex(Rgb colour) => FormattableString.Invariant($"#{colour.R:x2}{colour.G:x2}{colour.B:x2}");

    private static string Opacity(double opacity) => opacity < 1 ? FormattableString.Invariant($" opacity=\"{opacity:0.##}\"") : "";
}

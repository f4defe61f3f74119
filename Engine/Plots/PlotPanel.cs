namespace GenEngine.Plots;

/// <summary>A rectangle of whole pixels: left and top are inside, right and bottom are not.</summary>
internal readonly record struct Box(int Left, int Top, int Right, int Bottom)
{
    public int Width => Right - Left;

    public int Height => Bottom - Top;
}

/// <summary>How the ticks of a panel's axis show.</summary>
internal enum TickStyle
{
    /// <summary>Lines across the panel, with labels.</summary>
    Grid,

    /// <summary>Short marks outside it, with labels: where a picture fills the panel.</summary>
    Marks,

    /// <summary>Lines without labels: a neighbour with the same scale has them.</summary>
    GridOnly,

    /// <summary>Marks without labels.</summary>
    MarksOnly,
}

/// <summary>The inside of a plot with its two axes, anywhere on a canvas.</summary>
internal sealed class PlotPanel
{
    public const double TextSize = 9;

    private readonly Axis _x, _y;

    /// <summary>Draws the axes; <paramref name="yTicks"/> is about how many the upright one has, 0 what suits its height.</summary>
    public PlotPanel(
        ICanvas canvas, Box inside, Axis x, Axis y, TickStyle xStyle = TickStyle.Grid, TickStyle yStyle = TickStyle.Grid, int yTicks = 0)
    {
        (Canvas, Inside, _x, _y) = (canvas, inside, x, y);
        foreach ((double value, string label) in y.Ticks(yTicks > 0 ? yTicks : YTicks(inside.Height)))
        {
            double at = At(0, value).Y;
            double from = Lines(yStyle) ? inside.Left : inside.Left - 4, to = Lines(yStyle) ? inside.Right : inside.Left;
            canvas.Line([new Vec2(from, at), new Vec2(to, at)], 0.5, Tone(yStyle));
            if (Labels(yStyle)) canvas.Text(new Vec2(inside.Left - 7, at - TextSize / 2), label, TextSize, Rgb.Ink, TextAnchor.Right);
        }
        int room = (int)(StrokeFont.Width("0000.00", TextSize) + 20);
        foreach ((double value, string label) in x.Ticks(Math.Max(2, inside.Width / room)))
        {
            double at = At(value, 0).X;
            double from = Lines(xStyle) ? inside.Top : inside.Bottom + 4, to = inside.Bottom;
            canvas.Line([new Vec2(at, from), new Vec2(at, to)], 0.5, Tone(xStyle));
            if (Labels(xStyle)) canvas.Text(new Vec2(at, inside.Bottom + 8), label, TextSize, Rgb.Ink, TextAnchor.Middle);
        }
        canvas.Line(
            [new Vec2(inside.Left, inside.Top), new Vec2(inside.Left, inside.Bottom), new Vec2(inside.Right, inside.Bottom)], 0.6, Rgb.Grey(110));
    }

    public ICanvas Canvas { get; }

    public Box Inside { get; }

    /// <summary>Where a pair of values lies on the canvas; NaN coordinates where it lies nowhere.</summary>
    public Vec2 At(double x, double y) => new(Inside.Left + Inside.Width * _x.Place(x), Inside.Bottom - Inside.Height * _y.Place(y));

    /// <summary>About how many ticks an upright axis of this height has.</summary>
    public static int YTicks(int height) => Math.Max(2, height / 55);

    /// <summary>How wide the widest label of an upright axis is, in pixels.</summary>
    public static double YLabels(Axis y, int ticks) =>
        y.Ticks(ticks).Select(t => StrokeFont.Width(t.Label, TextSize)).DefaultIfEmpty(0).Max();

    private static bool Lines(TickStyle style) => style is TickStyle.Grid or TickStyle.GridOnly;

    private static bool Labels(TickStyle style) => style is TickStyle.Grid or TickStyle.Marks;

    private static Rgb Tone(TickStyle style) => Lines(style) ? Rgb.Grey(228) : Rgb.Grey(110);
}

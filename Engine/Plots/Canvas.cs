using GenEngine.Files;

namespace GenEngine.Plots;

/// <summary>A colour, 8 bits a channel.</summary>
public readonly record struct Rgb(byte R, byte G, byte B)
{
    /// <summary>What plots are drawn on.</summary>
    public static Rgb White { get; } = new(255, 255, 255);

    /// <summary>Dark grey: titles and labels.</summary>
    public static Rgb Ink { get; } = new(50, 50, 50);

    /// <summary>A grey.</summary>
    public static Rgb Grey(byte level) => new(level, level, level);
}

/// <summary>Where a text's given point lies.</summary>
public enum TextAnchor
{
    /// <summary>At its left end; at its lower end where it runs upwards.</summary>
    Left,

    /// <summary>In the middle of its length.</summary>
    Middle,

    /// <summary>At its right end; at its upper end where it runs upwards.</summary>
    Right,
}

/// <summary>
/// Draws anti-aliased lines, dots and text onto a bitmap. A pixel's centre lies at .5. On a grey bitmap a colour's green stands for all three.
/// </summary>
public sealed class Canvas : ICanvas
{
    private readonly float[] _coverage; // all zero between calls
    private (int Left, int Top, int Right, int Bottom) _touched = Nothing;

    public Canvas(int width, int height, Rgb background) : this(new Bitmap(width, height, 3)) => Fill(0, 0, width, height, background);

    public Canvas(Bitmap bitmap)
    {
        Bitmap = bitmap;
        _coverage = new float[bitmap.Width * bitmap.Height];
        Clip = (0, 0, bitmap.Width, bitmap.Height);
    }

    /// <summary>What is drawn on: each call changes it at once.</summary>
    public Bitmap Bitmap { get; }

    public int Width => Bitmap.Width;

    public int Height => Bitmap.Height;

    public (int Left, int Top, int Right, int Bottom) Clip { get; set; }

    public void Line(ReadOnlySpan<Vec2> points, double radius, Rgb colour, double opacity = 1)
    {
        if (points.Length == 1) Cover(points[0], points[0], radius);
        for (int i = 1; i < points.Length; i++) Cover(points[i - 1], points[i], radius);
        Blend(Clip, colour, opacity);
    }

    public void Dot(Vec2 centre, double radius, Rgb colour, double opacity = 1) => Line([centre], radius, colour, opacity);

    public void Fill(int x, int y, int width, int height, Rgb colour)
    {
        for (int row = Math.Max(0, y); row < Math.Min(Bitmap.Height, y + height); row++)
            for (int column = Math.Max(0, x); column < Math.Min(Bitmap.Width, x + width); column++) Put(Bitmap[column, row], colour);
    }

    public void Text(Vec2 at, string text, double size, Rgb colour, TextAnchor anchor = TextAnchor.Left, bool upwards = false)
    {
        double start = anchor switch
        {
            TextAnchor.Left => 0,
            TextAnchor.Middle => -StrokeFont.Width(text, size) / 2,
            _ => -StrokeFont.Width(text, size),
        };
        double radius = Math.Max(0.45, size * 0.065);
        foreach (Segment s in StrokeFont.Outline(text, size)) Cover(Place(s.From), Place(s.To), radius);
        Blend((0, 0, Bitmap.Width, Bitmap.Height), colour, 1);

        Vec2 Place(Vec2 p) => upwards ? new Vec2(at.X + p.Y, at.Y - start - p.X) : new Vec2(at.X + start + p.X, at.Y + p.Y);
    }

    private static (int Left, int Top, int Right, int Bottom) Nothing => (int.MaxValue, int.MaxValue, 0, 0);

    /// <summary>Points beyond this many pixels are no longer drawn, only cut off: far enough to be out of sight at any slope.</summary>
    internal const double Far = 1e6;

    private void Cover(Vec2 from, Vec2 to, double radius)
    {
        if (!(Math.Abs(from.X) < Far && Math.Abs(from.Y) < Far && Math.Abs(to.X) < Far && Math.Abs(to.Y) < Far)) return;
        Pen.Draw(_coverage, Bitmap.Width, Bitmap.Height, from, to, radius, radius);
        double reach = radius + 2;
        _touched.Left = Math.Min(_touched.Left, (int)Math.Max(0, Math.Min(from.X, to.X) - reach));
        _touched.Top = Math.Min(_touched.Top, (int)Math.Max(0, Math.Min(from.Y, to.Y) - reach));
        _touched.Right = Math.Max(_touched.Right, (int)Math.Min(Bitmap.Width, Math.Max(from.X, to.X) + reach));
        _touched.Bottom = Math.Max(_touched.Bottom, (int)Math.Min(Bitmap.Height, Math.Max(from.Y, to.Y) + reach));
    }

    /// <summary>Lays the covered pixels over the bitmap, inside the clip only, and clears the coverage.</summary>
    private void Blend((int Left, int Top, int Right, int Bottom) clip, Rgb colour, double opacity)
    {
        for (int y = _touched.Top; y < _touched.Bottom; y++)
        {
            for (int x = _touched.Left; x < _touched.Right; x++)
            {
                ref float covered = ref _coverage[y * Bitmap.Width + x];
                if (covered > 0 && x >= clip.Left && x < clip.Right && y >= clip.Top && y < clip.Bottom)
                    Mix(Bitmap[x, y], colour, covered * opacity);
                covered = 0;
            }
        }
        _touched = Nothing;
    }

    private static void Mix(Span<byte> pixel, Rgb colour, double share)
    {
        if (pixel.Length == 1) pixel[0] = Between(pixel[0], colour.G);
        else Put(pixel, new Rgb(Between(pixel[0], colour.R), Between(pixel[1], colour.G), Between(pixel[2], colour.B)));

        byte Between(byte old, byte full) => (byte)(old + (full - old) * share + 0.5);
    }

    private static void Put(Span<byte> pixel, Rgb colour)
    {
        if (pixel.Length == 1) pixel[0] = colour.G;
        else (pixel[0], pixel[1], pixel[2]) = (colour.R, colour.G, colour.B);
    }
}

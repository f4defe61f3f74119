using System.Globalization;
using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Plots;

/// <summary>How much each input pixel matters to one output: a claim, or what was measured.</summary>
/// <param name="Caption">Shown above.</param>
/// <param name="Influence">[Height * Width]; 0 is none, the sign does not matter.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Row">Of the output.</param>
/// <param name="Column">Of the output.</param>
public sealed record InfluenceMap(string Caption, float[] Influence, int Height, int Width, int Row, int Column)
{
    /// <summary>Does the pixel matter at all?</summary>
    public bool Matters(int position) => Influence[position] != 0;

    internal void Check()
    {
        if (Height < 1 || Width < 1 || Influence.Length != Height * Width || Row < 0 || Row >= Height || Column < 0 || Column >= Width)
            throw new ArgumentException($"'{Caption}': {Influence.Length} values are no map of {Height}x{Width} around pixel ({Row}, {Column}).");
        int bad = Array.FindIndex(Influence, v => !float.IsFinite(v));
        if (bad >= 0) throw new ArgumentException($"'{Caption}': the influence of pixel ({bad / Width}, {bad % Width}) is {Influence[bad]}.");
    }
}

/// <summary>
/// Receptive fields as grids, the claimed and the measured one beside each other: inputs that matter are blue (the darker the more, by
/// decades), the output's own place is framed, what differs is framed red. A blind spot shows as a hole among the pixels above.
/// </summary>
public static class BlindSpotPicture
{
    private const double TextSize = 9;
    private const int Margin = 14;
    private const int Between = 28;
    private const int Line = 18;

    /// <summary>Influence this much smaller than the greatest has the lightest blue; so has what is smaller still.</summary>
    private const double Decades = 4;

    private const int KeyWidth = 312;

    private static readonly Rgb None = Rgb.Grey(243), Later = Rgb.Grey(226), Seam = Rgb.White;
    private static readonly Rgb Weak = new(190, 215, 238), Strong = new(0, 70, 130), Own = new(230, 159, 0), Wrong = new(200, 20, 30);

    /// <summary>How many pixels matter in one map and not in the other.</summary>
    /// <exception cref="ArgumentException">The maps are about different images or outputs, or no maps.</exception>
    public static int Differences(InfluenceMap claimed, InfluenceMap measured)
    {
        claimed.Check();
        measured.Check();
        if ((claimed.Height, claimed.Width, claimed.Row, claimed.Column) != (measured.Height, measured.Width, measured.Row, measured.Column))
        {
            throw new ArgumentException($"'{claimed.Caption}' is about ({claimed.Row}, {claimed.Column}) of {claimed.Height}x{claimed.Width}, "
                + $"'{measured.Caption}' about ({measured.Row}, {measured.Column}) of {measured.Height}x{measured.Width}.");
        }
        return Enumerable.Range(0, claimed.Influence.Length).Count(p => claimed.Matters(p) != measured.Matters(p));
    }

    /// <summary>Both maps, with what differs between them.</summary>
    /// <exception cref="ArgumentException">As in <see cref="Differences"/>.</exception>
    public static Bitmap Draw(InfluenceMap claimed, InfluenceMap measured, string title = "")
    {
        int differences = Differences(claimed, measured);
        int cell = Math.Clamp(300 / Math.Max(claimed.Height, claimed.Width), 3, 30);
        int cellHeight = claimed.Height == 1 ? 24 : cell; // a sequence is a ribbon
        int side = Math.Max(claimed.Width * cell, 170), high = claimed.Height * cellHeight;
        bool below = side > 500; // two long ribbons stand below each other
        int top = Margin + (title.Length > 0 ? 26 : 0) + Line, step = below ? high + 2 * Line + Between : 0, under = top + step + high + 10;
        int width = Math.Max(2 * Margin + (below ? side : 2 * side + Between), 2 * Margin + KeyWidth);
        var canvas = new Canvas(width, under + 3 * Line + Margin, Rgb.White);
        canvas.Text(new Vec2(width / 2.0, Margin), title, 11, Rgb.Ink, TextAnchor.Middle);
        int x = (width - (below ? side : 2 * side + Between)) / 2, y = top;
        foreach (InfluenceMap map in (InfluenceMap[])[claimed, measured])
        {
            Label(map.Caption, x + side / 2.0, y - Line + 4);
            Grid(canvas, map, ReferenceEquals(map, claimed) ? measured : claimed, x + (side - map.Width * cell) / 2, y, cell, cellHeight);
            Label(Inputs(Enumerable.Range(0, map.Influence.Length).Count(map.Matters), "matters", "matter"), x + side / 2.0, y + high + 8);
            (x, y) = (below ? x : x + side + Between, y + step);
        }
        string verdict = differences == 0 ? "they agree everywhere" : "they differ: " + Inputs(differences, "", "").TrimEnd();
        canvas.Text(new Vec2(width / 2.0, under + Line), verdict, TextSize, differences == 0 ? Rgb.Ink : Wrong, TextAnchor.Middle);
        Key(canvas, (width - KeyWidth) / 2, under + 2 * Line + 6);
        return canvas.Bitmap;

        void Label(string text, double middle, double at)
        {
            double size = Math.Min(TextSize, TextSize * side / Math.Max(1, StrokeFont.Width(text, TextSize)));
            canvas.Text(new Vec2(middle, at), text, size, Rgb.Ink, TextAnchor.Middle);
        }

        static string Inputs(int count, string one, string more) =>
            count == 1 ? $"1 input {one}" : $"{count.ToString(CultureInfo.InvariantCulture)} inputs {more}";
    }

    /// <summary>The picture as a PNG.</summary>
    /// <exception cref="EngineException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">As in <see cref="Differences"/>.</exception>
    public static void Save(string path, InfluenceMap claimed, InfluenceMap measured, string title = "") =>
        Png.Write(path, Draw(claimed, measured, title));

    /// <summary>What the colours mean, in one line.</summary>
    private static void Key(Canvas canvas, int x, int y)
    {
        for (int i = 0; i < 24; i++) canvas.Fill(x + i, y, 1, 10, Blue(Math.Pow(10, -Decades * (1 - i / 23.0))));
        Text(30, "matters");
        canvas.Fill(x + 94, y, 10, 10, None);
        Text(110, "does not");
        canvas.Fill(x + 178, y, 10, 10, Later);
        Text(194, "later");
        Frame(canvas, x + 242, y, 10, 10, Own);
        Text(258, "output");

        void Text(int at, string text) => canvas.Text(new Vec2(x + at, y + 1), text, 8, Rgb.Ink);
    }

    private static void Grid(Canvas canvas, InfluenceMap map, InfluenceMap other, int left, int top, int cell, int cellHeight)
    {
        double greatest = map.Influence.Max(Math.Abs);
        int own = map.Row * map.Width + map.Column, seam = cell >= 5 ? 1 : 0;
        canvas.Fill(left, top, map.Width * cell, map.Height * cellHeight, Seam);
        for (int p = 0; p < map.Influence.Length; p++)
        {
            (int row, int column) = Math.DivRem(p, map.Width);
            Rgb tone = map.Matters(p) ? Blue(Math.Abs(map.Influence[p]) / greatest) : p > own ? Later : None;
            canvas.Fill(left + column * cell, top + row * cellHeight, cell - seam, cellHeight - seam, tone);
        }
        for (int p = 0; p < map.Influence.Length; p++)
            if (map.Matters(p) != other.Matters(p)) Outline(p, Wrong);
        Outline(own, map.Matters(own) != other.Matters(own) ? Wrong : Own);

        void Outline(int p, Rgb colour) =>
            Frame(canvas, left + p % map.Width * cell, top + p / map.Width * cellHeight, cell - seam, cellHeight - seam, colour);
    }

    private static Rgb Blue(double share)
    {
        double place = Math.Clamp(1 + Math.Log10(share) / Decades, 0, 1);
        return new Rgb(Between(Weak.R, Strong.R), Between(Weak.G, Strong.G), Between(Weak.B, Strong.B));

        byte Between(byte weak, byte strong) => (byte)(weak + (strong - weak) * place + 0.5);
    }

    /// <summary>An outline inside a cell, so that neighbours' outlines do not cover each other.</summary>
    private static void Frame(Canvas canvas, int x, int y, int width, int height, Rgb colour)
    {
        int thick = Math.Min(width, height) >= 8 ? 2 : 1;
        canvas.Fill(x, y, width, thick, colour);
        canvas.Fill(x, y + height - thick, width, thick, colour);
        canvas.Fill(x, y, thick, height, colour);
        canvas.Fill(x + width - thick, y, thick, height, colour);
    }
}

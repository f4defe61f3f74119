using System.Globalization;
using System.Text;
using GenEngine.Models;

namespace GenEngine.Bench.Commands;

/// <summary>A row of samples above the progress line, two pixels a character, in terminals with 24-bit colour; redrawn in its place.</summary>
internal sealed class SamplePreview(GenerativeModel model, int width)
{
    /// <summary>Pixels a side of a sample, at most: larger ones are averaged down.</summary>
    private const int Side = 16;

    private const int Most = 8;
    private const ulong Stream = 0x9E01;

    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(10);

    private TimeSpan _next = TimeSpan.FromSeconds(2);
    private int _above;

    /// <summary>What to write before the progress line, where it is time for another row; empty otherwise. Each line ends with a line break.</summary>
    public string Next(TimeSpan elapsed)
    {
        if (elapsed < _next) return "";
        _next = elapsed + s_between;
        var shape = model.Data;
        int count = Math.Clamp(width / (Math.Min(Side, shape.Width) + 1), 1, Most);
        int[]? labels = model.IsConditional ? [.. Enumerable.Range(0, count).Select(i => i % shape.Classes)] : null;
        float[] images;
        using (new AsideRandom(model.Context, Stream)) images = ModelRuns.Images(model, count, ModelRuns.DrawCodes(model, count), labels);
        var lines = Draw(images, shape, count, Side);
        var text = new StringBuilder(_above > 0 ? string.Create(CultureInfo.InvariantCulture, $"\r\e[{_above}A") : "\r");
        foreach (string line in lines) text.Append(line).Append("\e[K\n");
        _above = lines.Count;
        return text.ToString();
    }

    /// <summary>Something else was written below the row: the next one begins anew.</summary>
    public void Leave() => _above = 0;

    /// <summary>Images side by side as lines of upper half blocks: the colour of the letter is the upper pixel, that of the ground the lower.</summary>
    /// <param name="images">[count, height*width*channels], pixels in [0, 1].</param>
    /// <param name="side">Pixels a side, at most.</param>
    internal static IReadOnlyList<string> Draw(float[] images, DataShape shape, int count, int side)
    {
        int columns = Math.Min(side, shape.Width), rows = Math.Min(side, shape.Height);
        var lines = new List<string>();
        for (int row = 0; row < rows; row += 2)
        {
            var line = new StringBuilder();
            for (int image = 0; image < count; image++)
            {
                if (image > 0) line.Append("\e[0m ");
                for (int column = 0; column < columns; column++)
                {
                    line.Append("\e[38;2;").Append(Colour(images, shape, image, column, row, columns, rows));
                    line.Append("m\e[48;2;").Append(row + 1 < rows ? Colour(images, shape, image, column, row + 1, columns, rows) : "0;0;0").Append("m▀");
                }
            }

            lines.Add(line.Append("\e[0m").ToString());
        }

        return lines;
    }

    /// <summary>Mean of the pixels that a cell stands for, "r;g;b".</summary>
    private static string Colour(float[] images, DataShape shape, int image, int column, int row, int columns, int rows)
    {
        int left = column * shape.Width / columns, right = Math.Max(left + 1, (column + 1) * shape.Width / columns);
        int top = row * shape.Height / rows, bottom = Math.Max(top + 1, (row + 1) * shape.Height / rows);
        Span<int> parts = stackalloc int[3];
        for (int c = 0; c < 3; c++)
        {
            double sum = 0;
            for (int y = top; y < bottom; y++)
            {
                for (int x = left; x < right; x++) sum += images[((((long)image * shape.Height) + y) * shape.Width + x) * shape.Channels + (shape.Channels == 1 ? 0 : c)];
            }

            parts[c] = (int)Math.Round(255 * Math.Clamp(sum / ((bottom - top) * (right - left)), 0, 1));
        }

        return string.Create(CultureInfo.InvariantCulture, $"{parts[0]};{parts[1]};{parts[2]}");
    }
}

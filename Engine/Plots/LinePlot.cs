using System.Runtime.InteropServices;
using GenEngine.Files;

namespace GenEngine.Plots;

/// <summary>One curve. A NaN or infinite value, or on a logarithmic axis one that is not positive, leaves a gap.</summary>
public sealed record LineSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y);

/// <summary>Curves over a common axis: losses, metrics.</summary>
public sealed class LinePlot
{
    /// <summary>Above the curves; empty leaves them its room.</summary>
    public string Title { get; init; } = "";

    /// <summary>Under the x axis: quantity and unit.</summary>
    public string XLabel { get; init; } = "";

    /// <summary>Beside the y axis, read upwards: quantity and unit. A single series of the same name has no legend.</summary>
    public string YLabel { get; init; } = "";

    /// <summary>Decades on the x axis; values that are not positive leave gaps.</summary>
    public bool LogX { get; init; }

    /// <summary>Decades on the y axis; values that are not positive leave gaps.</summary>
    public bool LogY { get; init; }

    /// <summary>The part of the y axis to show; null shows all values.</summary>
    public (double Low, double High)? YRange { get; init; }

    /// <summary>A dot at every value as well: for curves of few points.</summary>
    public bool Dots { get; init; }

    /// <summary>Where the x axis has its ticks; null: at round values.</summary>
    public IReadOnlyList<double>? XTicks { get; init; }

    /// <summary>Drawn in this order, so the last lies on top.</summary>
    public IReadOnlyList<LineSeries> Series { get; init; } = [];

    /// <summary>Draws the plot in so many pixels, on white.</summary>
    /// <exception cref="ArgumentException">A series has unlike many x and y.</exception>
    public Bitmap Render(int width = 800, int height = 500)
    {
        var canvas = new Canvas(width, height, Rgb.White);
        Draw(canvas);
        return canvas.Bitmap;
    }

    /// <summary>The same plot as an SVG document.</summary>
    /// <exception cref="ArgumentException">As in <see cref="Render"/>.</exception>
    public string RenderSvg(int width = 800, int height = 500)
    {
        var canvas = new SvgCanvas(width, height, Rgb.White);
        Draw(canvas);
        return canvas.ToString();
    }

    /// <summary>Renders into a PNG.</summary>
    public void Save(string path, int width = 800, int height = 500) => Png.Write(path, Render(width, height));

    private void Draw(ICanvas canvas)
    {
        if (Series.FirstOrDefault(s => s.X.Count != s.Y.Count) is { } odd)
            throw new ArgumentException($"'{odd.Name}' has {odd.X.Count} x and {odd.Y.Count} y.");
        var x = new Axis(Series.SelectMany(s => s.X), LogX) { Marked = XTicks };
        var y = new Axis(Series.SelectMany(s => s.Y), LogY, YRange);
        bool named = Series.Count > 1 || Series.Any(s => s.Name.Length > 0 && s.Name != YLabel);
        (string, Rgb)[] legend = named ? [.. Series.Select((s, i) => (s.Name, Palette.Colour(i)))] : [];
        var frame = new PlotFrame(canvas, Title, XLabel, YLabel, x, y, legend);
        for (int i = 0; i < Series.Count; i++) Draw(frame, Series[i], Palette.Colour(i), Dots);
    }

    private static void Draw(PlotFrame frame, LineSeries series, Rgb colour, bool dots)
    {
        var run = new List<Vec2>();
        for (int i = 0; i <= series.X.Count; i++)
        {
            Vec2 at = i < series.X.Count ? frame.At(series.X[i], series.Y[i]) : new Vec2(double.NaN, double.NaN);
            if (double.IsFinite(at.X) && double.IsFinite(at.Y))
            {
                run.Add(at);
                if (dots) frame.Canvas.Dot(at, 3, colour);
                continue;
            }
            // a single point between two gaps would be invisible as a line
            if (run.Count == 1) frame.Canvas.Dot(run[0], 2, colour);
            else frame.Canvas.Line(CollectionsMarshal.AsSpan(run), 0.9, colour);
            run.Clear();
        }
    }
}

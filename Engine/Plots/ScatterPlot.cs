using System.Globalization;
using GenEngine.Files;

namespace GenEngine.Plots;

/// <summary>Points in the plane coloured by class: codes of a two-dimensional latent space.</summary>
public sealed class ScatterPlot
{
    /// <summary>Above the points; empty leaves them its room.</summary>
    public string Title { get; init; } = "";

    /// <summary>Under the x axis.</summary>
    public string XLabel { get; init; } = "";

    /// <summary>Beside the y axis, read upwards.</summary>
    public string YLabel { get; init; } = "";

    /// <summary>[points]; a point with NaN or infinity is left out.</summary>
    public IReadOnlyList<double> X { get; init; } = [];

    /// <summary>[points], as many as <see cref="X"/>.</summary>
    public IReadOnlyList<double> Y { get; init; } = [];

    /// <summary>The class of each point; null draws all alike.</summary>
    public IReadOnlyList<int>? Classes { get; init; }

    /// <summary>Names for the legend, by class.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>Half a dot's width in pixels; null takes one that suits the number of points.</summary>
    public double? DotRadius { get; init; }

    /// <summary>Draws the plot in so many pixels, on white.</summary>
    /// <exception cref="ArgumentException">X, Y and classes differ in number, or a class is negative.</exception>
    public Bitmap Render(int width = 720, int height = 620)
    {
        if (X.Count != Y.Count || (Classes is not null && Classes.Count != X.Count))
            throw new ArgumentException($"{X.Count} x, {Y.Count} y and {Classes?.Count ?? X.Count} classes do not belong together.");
        if (Classes is not null && Classes.Any(c => c < 0)) throw new ArgumentException("A class is negative.");

        int classes = Math.Max(ClassNames.Count, Classes is { Count: > 0 } ? Classes.Max() + 1 : 0);
        (string, Rgb)[] legend = Classes is null ? [] : [.. Enumerable.Range(0, classes).Select(c => (Name(c), Palette.Colour(c)))];
        var canvas = new Canvas(width, height, Rgb.White);
        var frame = new PlotFrame(canvas, Title, XLabel, YLabel, new Axis(X, false), new Axis(Y, false), legend);
        double radius = DotRadius ?? (X.Count <= 500 ? 3.5 : X.Count <= 5000 ? 2.2 : 1.5);
        for (int i = 0; i < X.Count; i++)
            frame.Canvas.Dot(frame.At(X[i], Y[i]), radius, Palette.Colour(Classes?[i] ?? 0), 0.75);
        return canvas.Bitmap;
    }

    /// <summary>Renders into a PNG.</summary>
    public void Save(string path, int width = 720, int height = 620) => Png.Write(path, Render(width, height));

    private string Name(int c) => c < ClassNames.Count ? ClassNames[c] : c.ToString(CultureInfo.InvariantCulture);
}

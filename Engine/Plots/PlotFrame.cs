using GenEngine.Files;

namespace GenEngine.Plots;

/// <summary>What line and scatter plots share: title, axes with ticks and grid, and a legend beside them.</summary>
internal sealed class PlotFrame
{
    private const double TextSize = PlotPanel.TextSize;
    private const int Margin = 14;

    private readonly PlotPanel _panel;

    public PlotFrame(
        ICanvas canvas, string title, string xLabel, string yLabel, Axis x, Axis y, IReadOnlyList<(string Name, Rgb Colour)> legend)
    {
        Canvas = canvas;
        (int width, int height) = (canvas.Width, canvas.Height);
        int yTicks = Math.Max(2, height / 60);
        int top = title.Length > 0 ? 40 : Margin;
        int bottom = Math.Max(top + 10, height - Margin - (int)(xLabel.Length > 0 ? 4 * TextSize : 2 * TextSize));
        double names = legend.Select(l => StrokeFont.Width(l.Name, TextSize) + 30).DefaultIfEmpty(0).Max();
        int left = (int)(Margin + PlotPanel.YLabels(y, yTicks) + 10 + (yLabel.Length > 0 ? 2 * TextSize : 0));
        int right = Math.Max(left + 10, (int)(width - Margin - (legend.Count > 0 ? Math.Min(names, width / 3.0) : 6)));

        _panel = new PlotPanel(Canvas, new Box(left, top, right, bottom), x, y, yTicks: yTicks);
        Canvas.Text(new Vec2((left + right) / 2.0, 14), title, 11, Rgb.Ink, TextAnchor.Middle);
        Canvas.Text(new Vec2((left + right) / 2.0, height - Margin - TextSize), xLabel, TextSize, Rgb.Ink, TextAnchor.Middle);
        Canvas.Text(new Vec2(Margin, (top + bottom) / 2.0), yLabel, TextSize, Rgb.Ink, TextAnchor.Middle, upwards: true);
        DrawLegend(legend);
        Canvas.Clip = (left, top, right, bottom);
    }

    /// <summary>Clipped to the plot's inside.</summary>
    public ICanvas Canvas { get; }

    /// <summary>Where a pair of values lies on the canvas; NaN coordinates where it lies nowhere.</summary>
    public Vec2 At(double x, double y) => _panel.At(x, y);

    private void DrawLegend(IReadOnlyList<(string Name, Rgb Colour)> legend)
    {
        const int line = 20;
        for (int i = 0; i < legend.Count; i++)
        {
            int y = _panel.Inside.Top + 10 + i * line;
            Canvas.Fill(_panel.Inside.Right + 12, y - 4, 9, 9, legend[i].Colour);
            Canvas.Text(new Vec2(_panel.Inside.Right + 27, y + 0.5 - TextSize / 2), legend[i].Name, TextSize, Rgb.Ink);
        }
    }
}

/// <summary>Colours that stay apart, for most colour-blind readers too (the first eight after Okabe and Ito).</summary>
internal static class Palette
{
    private static readonly Rgb[] Colours =
    [
        new(0, 114, 178), new(230, 159, 0), new(0, 158, 115), new(213, 94, 0), new(204, 121, 167),
        new(86, 180, 233), new(140, 90, 43), new(150, 160, 20), new(120, 120, 120), new(30, 30, 30),
    ];

    /// <summary>The i-th colour; after the tenth they come again, each time lighter.</summary>
    public static Rgb Colour(int i)
    {
        Rgb full = Colours[i % Colours.Length];
        int round = i / Colours.Length % 3;
        byte Lighter(byte c) => (byte)(c + (255 - c) * round / 4);
        return new Rgb(Lighter(full.R), Lighter(full.G), Lighter(full.B));
    }
}

using GenEngine.Files;
using GenEngine.Kernels;

namespace GenEngine.Plots;

/// <summary>
/// A sampling to look at: the image as it grows, how uncertain each pixel was when it was drawn, and the distribution that the next
/// value is drawn from. As a contact sheet of a few moments, and as an animation.
/// </summary>
public static class SamplingTracePicture
{
    private const double TextSize = SamplingTracePanels.TextSize;
    private const int Margin = 14;
    private const int Between = 16;
    private const int Line = 18;
    private const int KeyWidth = 78;

    /// <summary>
    /// Moments side by side: the image, under it the entropies, under them the next value's distribution. The moments lie evenly, but each
    /// gives way to the least certain step nearby whose distribution was kept: what a network is sure of is dull, and most of an image is that.
    /// </summary>
    /// <exception cref="ArgumentException">No step was recorded, or less than one column asked for.</exception>
    public static Bitmap ContactSheet(SamplingTrace trace, SamplingTraceOptions? options = null)
    {
        options ??= new SamplingTraceOptions();
        int[] moments = Telling(trace, SamplingTrace.Moments(Count(trace), options.Columns));
        var panels = new SamplingTracePanels(trace, options.Bits);
        int scale = Scale(trace, 140), tileWidth = trace.Width * scale, tileHeight = trace.Height * scale;
        int each = Math.Max(tileWidth, 128), left = Margin + 22, chart = 120;
        int images = Margin + (options.Title.Length > 0 ? 26 : 0) + Line, entropies = images + tileHeight + Between + 4;
        int charts = entropies + tileHeight + Between, bottom = charts + chart;
        var canvas = new Canvas(left + moments.Length * (each + Between) + KeyWidth + Margin, bottom + Margin, Rgb.White);

        canvas.Text(new Vec2((left + canvas.Bitmap.Width - KeyWidth) / 2.0, Margin), options.Title, 11, Rgb.Ink, TextAnchor.Middle);
        Side("image", images, tileHeight);
        Side("entropy", entropies, tileHeight);
        Side("next value", charts, chart - 20);
        for (int i = 0; i < moments.Length; i++)
        {
            int x = left + i * (each + Between), tile = x + (each - tileWidth) / 2;
            SamplingTracePanels.Fitted(canvas, x + each / 2.0, images - Line + 3, Progress(trace, moments[i]), each);
            panels.Image(canvas, tile, images, scale, moments[i]);
            panels.Entropies(canvas, tile, entropies, scale, moments[i]);
            panels.Distribution(canvas, new Box(x, charts, x + each, bottom), moments[i]);
        }
        int right = left + moments.Length * (each + Between);
        panels.Key(canvas, right, images);
        panels.EntropyLegend(canvas, right, entropies, tileHeight);
        return canvas.Bitmap;

        void Side(string text, int top, int height) =>
            canvas.Text(new Vec2(Margin, top + height / 2.0), text, TextSize, Rgb.Ink, TextAnchor.Middle, upwards: true);
    }

    /// <summary>The contact sheet as a PNG.</summary>
    /// <exception cref="EngineException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">As in <see cref="ContactSheet"/>.</exception>
    public static void SaveContactSheet(string path, SamplingTrace trace, SamplingTraceOptions? options = null, params (string Key, string Text)[] notes) =>
        Png.Write(path, ContactSheet(trace, options), notes);

    /// <summary>An animated PNG of the sampling; a reader without animation shows the finished image.</summary>
    /// <exception cref="EngineException">The file cannot be written.</exception>
    /// <exception cref="ArgumentException">No step was recorded, or less than one frame asked for.</exception>
    public static void SaveAnimation(string path, SamplingTrace trace, SamplingTraceOptions? options = null, params (string Key, string Text)[] notes)
    {
        options ??= new SamplingTraceOptions();
        int[] moments = SamplingTrace.Moments(Count(trace), options.Frames);
        var panels = new SamplingTracePanels(trace, options.Bits);
        AnimatedPng.Write(
            path, moments.Length,
            i => new AnimationFrame(Frame(trace, panels, options, moments[i]), i == moments.Length - 1 ? 2000 : options.FrameMilliseconds),
            still: Frame(trace, panels, options, trace.Steps.Count), text: notes);
    }

    /// <summary>One picture of the animation: the state after <paramref name="moment"/> steps.</summary>
    /// <exception cref="ArgumentException">No step was recorded, or there is no such moment.</exception>
    public static Bitmap Frame(SamplingTrace trace, int moment, SamplingTraceOptions? options = null)
    {
        Count(trace);
        options ??= new SamplingTraceOptions();
        return Frame(trace, new SamplingTracePanels(trace, options.Bits), options, moment);
    }

    private static Bitmap Frame(SamplingTrace trace, SamplingTracePanels panels, SamplingTraceOptions options, int moment)
    {
        int scale = Scale(trace, 224), tileWidth = trace.Width * scale, tileHeight = trace.Height * scale, chartWidth = 224;
        int each = Math.Max(tileWidth, 128), body = Math.Max(tileHeight, 150), top = Margin + (options.Title.Length > 0 ? 26 : 0) + Line;
        int second = Margin + each + Between + 8, third = second + each + KeyWidth + Between;
        var canvas = new Canvas(third + chartWidth + Margin, top + body + Margin + Line, Rgb.White);
        canvas.Text(new Vec2(canvas.Bitmap.Width / 2.0, Margin), options.Title, 11, Rgb.Ink, TextAnchor.Middle);

        int inset = (each - tileWidth) / 2, drop = (body - tileHeight) / 2;
        Heading(Margin + each / 2.0, "image");
        Heading(second + each / 2.0, "entropy");
        Heading(third + chartWidth / 2.0, "next value");
        panels.Image(canvas, Margin + inset, top + drop, scale, moment);
        panels.Entropies(canvas, second + inset, top + drop, scale, moment);
        panels.EntropyLegend(canvas, second + each + 10, top + 2, body - 58);
        panels.Key(canvas, second + each + 10, top + body - 40);
        panels.Distribution(canvas, new Box(third, top, third + chartWidth, top + body), moment);
        SamplingTracePanels.Fitted(canvas, Margin + each / 2.0, top + body + 8, Progress(trace, moment), each);
        return canvas.Bitmap;

        void Heading(double middle, string text) => canvas.Text(new Vec2(middle, top - Line + 3), text, TextSize, Rgb.Ink, TextAnchor.Middle);
    }

    private static int Count(SamplingTrace trace) =>
        trace.Steps.Count > 0 ? trace.Steps.Count : throw new ArgumentException("A trace without steps cannot be drawn.");

    /// <summary>Whole squares for pixels, so that the longer side has about so many pixels.</summary>
    private static int Scale(SamplingTrace trace, int side) => Math.Max(1, side / Math.Max(trace.Height, trace.Width));

    private static string Progress(SamplingTrace trace, int moment) =>
        $"{moment} of {trace.Steps.Count} {(trace.Channels == 1 ? "pixels" : "values")}";

    private static int[] Telling(SamplingTrace trace, int[] moments)
    {
        int near = trace.Steps.Count / Math.Max(1, 3 * (moments.Length - 1));
        return [.. moments.Select(m => m == 0 || m == trace.Steps.Count ? m : Nearby(m)).Distinct()];

        int Nearby(int moment)
        {
            IEnumerable<int> kept = Enumerable.Range(Math.Max(0, moment - near), 2 * near + 1)
                .Where(m => m < trace.Steps.Count && trace.Steps[m].Probabilities is not null);
            return kept.OrderByDescending(m => trace.Steps[m].Entropy).ThenBy(m => Math.Abs(m - moment)).FirstOrDefault(moment);
        }
    }
}

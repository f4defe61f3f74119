using System.Globalization;
using GenEngine.Files;

namespace GenEngine.Plots;

/// <summary>The three views of one moment of a trace, and the key to them. All draw into boxes that the caller lays out.</summary>
internal sealed class SamplingTracePanels
{
    public const double TextSize = 8;

    private static readonly Rgb NotDrawn = new(214, 224, 236), NotDrawnEdge = new(203, 214, 228), GivenTone = Rgb.Grey(170);
    private static readonly Rgb Next = new(213, 94, 0), Bar = new(0, 114, 178);

    private readonly SamplingTrace _trace;
    private readonly double _unit; // what one nat is in the unit shown
    private readonly Axis _axis;

    public SamplingTracePanels(SamplingTrace trace, bool bits)
    {
        (_trace, _unit, Unit) = (trace, bits ? 1 / Math.Log(2) : 1, bits ? "bits" : "nats");
        double possible = trace.Channels * Math.Log(trace.Values) * _unit;
        double seen = trace.Replay(trace.Steps.Count).Entropy.Max() * _unit;
        // two levels: the whole range, so that a yellow pixel is a coin's flip; of many levels the most is never reached
        double highest = trace.Values == 2 && trace.Channels == 1 ? possible : Math.Min(possible, seen > 1 ? Math.Ceiling(seen) : 1);
        _axis = new Axis([], false, (0, highest));
    }

    public string Unit { get; }

    public string Amount(double nats, string format = "0.00") => (nats * _unit).ToString(format, CultureInfo.InvariantCulture);

    /// <summary>The image at a moment, its pixels squares of <paramref name="scale"/>; the next one is framed.</summary>
    public void Image(Canvas canvas, int left, int top, int scale, int moment)
    {
        (byte[] image, _, int[] drawn) = _trace.Replay(moment);
        int channels = _trace.Channels;
        Cells(canvas, left, top, scale, moment, p => drawn[p] == 0 ? null
            : channels == 1 ? Rgb.Grey(image[p]) : new Rgb(image[3 * p], image[3 * p + 1], image[3 * p + 2]));
    }

    /// <summary>How uncertain each pixel was when it was drawn.</summary>
    public void Entropies(Canvas canvas, int left, int top, int scale, int moment)
    {
        (_, double[] entropy, int[] drawn) = _trace.Replay(moment);
        Cells(canvas, left, top, scale, moment, p => drawn[p] == 0 ? null
            : _trace.IsGiven(p) ? GivenTone : ColourMap.Viridis.At(_axis.Place(entropy[p] * _unit)));
    }

    public void EntropyLegend(Canvas canvas, int left, int top, int height) =>
        ColourMap.Viridis.DrawLegend(canvas, left, top, 12, height, _axis, Unit, TextSize);

    /// <summary>What the colours that are no values mean, one below the other.</summary>
    public void Key(Canvas canvas, int left, int top)
    {
        int y = top;
        Swatch(NotDrawn, "not drawn");
        if (Enumerable.Range(0, _trace.Height * _trace.Width).Any(_trace.IsGiven)) Swatch(GivenTone, "given");
        canvas.Line(Frame(left + 0.5, y + 0.5, 9), 0.8, Next);
        canvas.Text(new Vec2(left + 15, y + 1), "next", TextSize, Rgb.Ink);

        void Swatch(Rgb colour, string text)
        {
            canvas.Fill(left, y, 10, 10, colour);
            canvas.Text(new Vec2(left + 15, y + 1), text, TextSize, Rgb.Ink);
            y += 18;
        }
    }

    /// <summary>The distribution that the next value is drawn from, with the value drawn; once there is none, what it was in all.</summary>
    public void Distribution(Canvas canvas, Box box, int moment)
    {
        double middle = (box.Left + box.Right) / 2.0;
        int line = (int)TextSize + 6, bottom = box.Bottom - 2 * line - 3, top = box.Top + line + 2;
        if (moment == _trace.Steps.Count)
        {
            double whole = _trace.Steps.Sum(s => (double)s.Entropy);
            Caption((box.Top + bottom) / 2 - line, "complete");
            Caption((box.Top + bottom) / 2, $"sum of entropies {Amount(whole, "0.0")} {Unit}");
            return;
        }
        SamplingStep step = _trace.Steps[moment];
        (int row, int column) = Math.DivRem(step.Position, _trace.Width);
        string colour = _trace.Channels == 1 ? "" : step.Colour switch { 0 => ", red", 1 => ", green", _ => ", blue" };
        Caption(box.Top, $"row {row}, column {column}{colour}");
        string drew = step.Probabilities is { } kept ? $"drew {step.Value}, p = {Share(kept[step.Value])}" : $"drew {step.Value}";
        Caption(bottom + line + 3, $"{Amount(step.Entropy)} {Unit}: {drew}");
        if (step.Probabilities is null)
        {
            Caption((box.Top + bottom) / 2, "not kept");
            return;
        }
        Bars(canvas, new Box(box.Left, top, box.Right, bottom), step);
        void Caption(int y, string text) => Fitted(canvas, middle, y, text, box.Width + 8);
    }

    /// <summary>Text no wider than its place: smaller when it must be.</summary>
    internal static void Fitted(Canvas canvas, double middle, double top, string text, double room)
    {
        double size = Math.Min(TextSize, TextSize * room / Math.Max(1, StrokeFont.Width(text, TextSize)));
        canvas.Text(new Vec2(middle, top + (TextSize - size) / 2), text, size, Rgb.Ink, TextAnchor.Middle);
    }

    private void Bars(Canvas canvas, Box box, SamplingStep step)
    {
        float[] p = step.Probabilities!;
        int each = (p.Length + box.Width - 1) / box.Width, bars = (p.Length + each - 1) / each; // levels a bar
        var heights = new double[bars];
        for (int v = 0; v < p.Length; v++) heights[v / each] += p[v];
        double tallest = _trace.Values == 2 ? 1 : heights.Max(), room = box.Height - 12; // room for the number above
        for (int b = 0; b < bars; b++)
        {
            int left = box.Left + b * box.Width / bars, right = box.Left + (b + 1) * box.Width / bars;
            int gap = right - left > 40 ? (right - left) / 4 : right - left > 4 ? 1 : 0;
            int height = (int)Math.Round(heights[b] / tallest * room);
            bool drawn = b == step.Value / each;
            if (drawn) height = Math.Max(height, 1);
            canvas.Fill(left + gap, box.Bottom - height, Math.Max(1, right - left - 2 * gap), height, drawn ? Next : Bar);
            if (drawn && bars > 4) Pointer((left + right) / 2.0); // few bars have their number there, and show their colour
            if (heights[b] == heights.Max() && (b == 0 || heights[..b].Max() < heights[b]))
            {
                string text = Share(heights[b]);
                double half = StrokeFont.Width(text, 7) / 2, at = Math.Clamp((left + right) / 2.0, box.Left + half, box.Right - half);
                canvas.Text(new Vec2(at, box.Bottom - height - 11), text, 7, Rgb.Ink, TextAnchor.Middle);
            }
        }
        canvas.Line([new Vec2(box.Left, box.Bottom + 0.5), new Vec2(box.Right, box.Bottom + 0.5)], 0.5, Rgb.Grey(110));
        bool few = bars <= 4;
        foreach (int v in few ? Enumerable.Range(0, p.Length) : [0, p.Length - 1])
        {
            double at = few ? box.Left + (v + 0.5) * box.Width / bars : v == 0 ? box.Left : box.Right;
            TextAnchor anchor = few ? TextAnchor.Middle : v == 0 ? TextAnchor.Left : TextAnchor.Right;
            canvas.Text(new Vec2(at, box.Bottom + (few ? 5 : 9)), v.ToString(CultureInfo.InvariantCulture), 7, Rgb.Ink, anchor);
        }

        void Pointer(double x)
        {
            for (int i = 0; i < 4; i++)
                canvas.Line([new Vec2(x - i * 0.8, box.Bottom + 3 + i), new Vec2(x + i * 0.8, box.Bottom + 3 + i)], 0.6, Next);
        }
    }

    private void Cells(Canvas canvas, int left, int top, int scale, int moment, Func<int, Rgb?> colour)
    {
        for (int y = 0; y < _trace.Height; y++)
        {
            for (int x = 0; x < _trace.Width; x++)
            {
                Rgb? tone = colour(y * _trace.Width + x);
                canvas.Fill(left + x * scale, top + y * scale, scale, scale, tone ?? NotDrawn);
                if (tone is null && scale >= 4) // a seam, so that one sees pixels that are to come
                {
                    canvas.Fill(left + (x + 1) * scale - 1, top + y * scale, 1, scale, NotDrawnEdge);
                    canvas.Fill(left + x * scale, top + (y + 1) * scale - 1, scale, 1, NotDrawnEdge);
                }
            }
        }
        if (moment >= _trace.Steps.Count) return;
        (int row, int column) = Math.DivRem(_trace.Steps[moment].Position, _trace.Width);
        int grow = Math.Max(0, 5 - scale) / 2 + 1; // a frame around the pixel, five pixels wide at least
        canvas.Line(Frame(left + column * scale - grow + 0.5, top + row * scale - grow + 0.5, scale + 2 * grow - 1), 0.8, Next);
    }

    private static Vec2[] Frame(double x, double y, double side) =>
        [new(x, y), new(x + side, y), new(x + side, y + side), new(x, y + side), new(x, y)];

    private static string Share(double p) => p.ToString(p >= 0.01 ? "0.00" : "0.0e0", CultureInfo.InvariantCulture);
}

using System.Globalization;
using GenEngine.Files;

namespace GenEngine.Plots;

/// <summary>A sound to look at.</summary>
/// <param name="Name">Shown above it.</param>
/// <param name="Samples">Mono, about -1 to 1.</param>
/// <param name="SampleRate">Samples a second.</param>
public sealed record SoundClip(string Name, float[] Samples, int SampleRate)
{
    /// <summary>In seconds.</summary>
    public double Duration => (double)Samples.Length / SampleRate;
}

/// <summary>Waveforms and, under them, spectrograms. Clips beside each other share all scales: time, amplitude, frequency, loudness.</summary>
public static class SoundPicture
{
    private const double TextSize = PlotPanel.TextSize;
    private const int Margin = 14;
    private const int Between = 16;
    private const int LegendWidth = 14;

    /// <summary>From the loudest place of all clips downwards, in decibels: what a listener can tell from silence beside it.</summary>
    private const int Range = 80;

    /// <summary>One clip. For the parameters see <see cref="SideBySide"/>.</summary>
    /// <exception cref="ArgumentException">As in <see cref="SideBySide"/>.</exception>
    public static Bitmap Draw(SoundClip clip, int width = 900, int height = 560) => SideBySide([clip], "", width, height);

    /// <summary>Clips beside each other, such as a recording and one that a model made.</summary>
    /// <param name="clips">One to eight.</param>
    /// <param name="title">Above all; may be empty.</param>
    /// <param name="width">Pixels of the picture; grows where the clips would become too narrow.</param>
    /// <param name="height">Pixels of the picture; 300 at least.</param>
    /// <exception cref="ArgumentException">None or too many clips, one without samples or with one that is not finite, or a rate below 1.</exception>
    public static Bitmap SideBySide(IReadOnlyList<SoundClip> clips, string title = "", int width = 1200, int height = 560)
    {
        if (clips.Count is 0 or > 8) throw new ArgumentException($"{clips.Count} clips cannot stand beside each other: 1 to 8 can.");
        foreach (SoundClip clip in clips) Waveform.Check(clip.Samples, clip.SampleRate);
        int nyquist = clips.Max(c => c.SampleRate) / 2;
        bool kilo = nyquist >= 2000;
        double peak = Ladder(1.02 * clips.Max(c => c.Samples.Max(Math.Abs)));
        var time = new Axis([], false, (0, clips.Max(c => c.Duration)));
        var amplitude = new Axis([], false, (-peak, peak));
        var frequency = new Axis([], false, (0, Math.Max(1, nyquist) / (kilo ? 1000.0 : 1)));

        int top = Margin + (title.Length > 0 ? 26 : 0) + 22;
        height = Math.Max(300, height);
        int bottom = height - Margin - (int)(4 * TextSize), waveBottom = top + (int)((bottom - top) * 0.32), spectrumTop = waveBottom + 20;
        double labels = Math.Max(
            PlotPanel.YLabels(amplitude, PlotPanel.YTicks(waveBottom - top)), PlotPanel.YLabels(frequency, PlotPanel.YTicks(bottom - spectrumTop)));
        int left = (int)(Margin + 2 * TextSize + 10 + labels);
        int legend = LegendWidth + 16 + (int)StrokeFont.Width("-120", TextSize);
        int each = Math.Max(120, (width - left - legend - Margin - clips.Count * Between) / clips.Count);
        width = left + clips.Count * (each + Between) + legend + Margin;

        var canvas = new Canvas(width, height, Rgb.White);
        Spectrogram[] spectra = [.. clips.Select(c => Transform(c, time, each, bottom - spectrumTop))];
        double loudest = spectra.Max(s => s.Levels.Max());
        double high = Math.Max(-40, 10 * Math.Ceiling(loudest / 10)); // what is quieter than -40 dB stays dark
        var loudness = new Axis([], false, (high - Range, high));
        for (int i = 0; i < clips.Count; i++)
        {
            int x = left + i * (each + Between);
            canvas.Text(new Vec2(x, top - 17), Heading(clips[i]), TextSize, Rgb.Ink);
            var wave = new PlotPanel(
                canvas, new Box(x, top, x + each, waveBottom), time, amplitude, TickStyle.GridOnly, i == 0 ? TickStyle.Grid : TickStyle.GridOnly);
            Waveform.Draw(wave, clips[i].Samples, clips[i].SampleRate, Palette.Colour(i));
            var spectrum = new PlotPanel(
                canvas, new Box(x, spectrumTop, x + each, bottom), time, frequency, TickStyle.Marks, i == 0 ? TickStyle.Marks : TickStyle.MarksOnly);
            Fill(spectrum, spectra[i], clips[i].Duration, loudness, Math.Max(1, nyquist));
            canvas.Text(new Vec2(x + each / 2.0, bottom + 8 + 2 * TextSize), "time (s)", TextSize, Rgb.Ink, TextAnchor.Middle);
        }
        canvas.Text(new Vec2((left + width - legend - Margin) / 2.0, Margin), title, 11, Rgb.Ink, TextAnchor.Middle);
        canvas.Text(new Vec2(Margin, (top + waveBottom) / 2.0), "amplitude", TextSize, Rgb.Ink, TextAnchor.Middle, upwards: true);
        string unit = kilo ? "frequency (kHz)" : "frequency (Hz)";
        canvas.Text(new Vec2(Margin, (spectrumTop + bottom) / 2.0), unit, TextSize, Rgb.Ink, TextAnchor.Middle, upwards: true);
        ColourMap.Magma.DrawLegend(canvas, width - legend - Margin, spectrumTop, LegendWidth, bottom - spectrumTop, loudness, "dB", TextSize);
        return canvas.Bitmap;
    }

    /// <summary>The next of 1, 2, 5, 10, ... or a tenth of it, and so on; 1 for silence.</summary>
    private static double Ladder(double peak)
    {
        if (peak <= 0) return 1;
        double power = Math.Pow(10, Math.Floor(Math.Log10(peak)));
        return power * (peak / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }

    private static string Heading(SoundClip clip)
    {
        string length = clip.Duration >= 0.1 ? $"{clip.Duration.ToString("0.00", CultureInfo.InvariantCulture)} s"
            : clip.Samples.Length == 1 ? "1 sample" : $"{clip.Samples.Length} samples";
        return $"{clip.Name}   {length}, {(clip.SampleRate / 1000.0).ToString("0.###", CultureInfo.InvariantCulture)} kHz".TrimStart();
    }

    /// <summary>With a frame for every column and a bin for every row of the picture, as far as that makes sense.</summary>
    private static Spectrogram Transform(SoundClip clip, Axis time, int columns, int rows)
    {
        int window = Spectrogram.UsualWindow(clip.SampleRate);
        int shown = Math.Max(1, (int)(columns * time.Place(clip.Duration)));
        int hop = Math.Clamp(clip.Samples.Length / shown, 1, Math.Max(1, window / 4));
        int transform = Math.Max(window, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(2 * rows)));
        return Spectrogram.Of(clip.Samples, clip.SampleRate, window, hop, transform);
    }

    /// <summary>A pixel shows the loudest of the frames and bins that fall into it, or the nearest of each.</summary>
    private static void Fill(PlotPanel panel, Spectrogram spectrum, double duration, Axis loudness, double highest)
    {
        Box inside = panel.Inside;
        double end = Math.Max(inside.Left + 1, panel.At(duration, 0).X);
        double perColumn = duration / (end - inside.Left) * spectrum.SampleRate / spectrum.Hop, perRow = highest / inside.Height / spectrum.Frequency(1);
        panel.Canvas.Fill(inside.Left, inside.Top, inside.Width, inside.Height, Rgb.Grey(238)); // where a clip has ended already
        for (int x = inside.Left; x < Math.Min(inside.Right, Math.Round(end)); x++)
        {
            (int firstFrame, int lastFrame) = Covered(x - inside.Left, perColumn, spectrum.Frames);
            for (int y = inside.Bottom - 1; y >= inside.Top; y--)
            {
                double from = (inside.Bottom - 1 - y) * perRow;
                if (from > spectrum.Bins - 1) break; // above what this clip's rate can hold
                (int firstBin, int lastBin) = Covered(inside.Bottom - 1 - y, perRow, spectrum.Bins);
                float level = Spectrogram.Floor;
                for (int frame = firstFrame; frame <= lastFrame; frame++)
                    for (int bin = firstBin; bin <= lastBin; bin++) level = Math.Max(level, spectrum.Levels[frame * spectrum.Bins + bin]);
                panel.Canvas.Fill(x, y, 1, 1, ColourMap.Magma.At(loudness.Place(level)));
            }
        }
    }

    private static (int First, int Last) Covered(int pixel, double each, int count)
    {
        int first = (int)Math.Ceiling(pixel * each), last = (int)Math.Ceiling((pixel + 1) * each) - 1;
        if (last < first) first = last = (int)Math.Round((pixel + 0.5) * each);
        return (Math.Clamp(first, 0, count - 1), Math.Clamp(last, 0, count - 1));
    }
}

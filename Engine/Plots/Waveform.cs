namespace GenEngine.Plots;

/// <summary>The shape of a sound.</summary>
public static class Waveform
{
    /// <summary>
    /// The least and the greatest sample of each column of a picture. A column also sees the last sample of the one before it, so that
    /// columns drawn as upright strokes join. With more columns than samples some see no other than that.
    /// </summary>
    /// <exception cref="ArgumentException">No sample, one that is not finite, or no column.</exception>
    public static (float Min, float Max)[] Envelope(ReadOnlySpan<float> samples, int columns)
    {
        Check(samples, 1);
        if (columns < 1) throw new ArgumentException($"{columns} columns cannot show a sound.");
        var envelope = new (float, float)[columns];
        for (int c = 0; c < columns; c++)
        {
            int from = (int)((long)c * samples.Length / columns), to = (int)((c + 1L) * samples.Length / columns);
            from = Math.Max(0, from - 1);
            (float min, float max) = (samples[from], samples[from]);
            foreach (float sample in samples[from..Math.Max(to, from + 1)]) (min, max) = (Math.Min(min, sample), Math.Max(max, sample));
            envelope[c] = (min, max);
        }
        return envelope;
    }

    internal static void Check(ReadOnlySpan<float> samples, int sampleRate)
    {
        if (samples.IsEmpty) throw new ArgumentException("A clip without samples cannot be drawn.");
        if (sampleRate < 1) throw new ArgumentException($"A clip cannot have {sampleRate} samples a second.");
        for (int i = 0; i < samples.Length; i++)
            if (!float.IsFinite(samples[i])) throw new ArgumentException($"Sample {i} of the clip is {samples[i]}.");
    }

    /// <summary>Draws a clip from time 0 on: upright strokes where samples are dense, a line where they are not, dots where they are few.</summary>
    internal static void Draw(PlotPanel panel, ReadOnlySpan<float> samples, int sampleRate, Rgb colour)
    {
        ICanvas canvas = panel.Canvas;
        Box inside = panel.Inside;
        double end = panel.At((double)samples.Length / sampleRate, 0).X;
        canvas.Clip = (inside.Left - 3, inside.Top - 3, inside.Right + 3, inside.Bottom + 3); // a dot at the edge is whole
        double spacing = (end - inside.Left) / samples.Length;
        if (spacing > 0.5)
        {
            var points = new Vec2[samples.Length];
            for (int i = 0; i < points.Length; i++) points[i] = panel.At((double)i / sampleRate, samples[i]);
            canvas.Line(points, 0.8, colour);
            for (int i = 0; i < points.Length && spacing > 6; i++) canvas.Dot(points[i], 2.2, colour);
        }
        else
        {
            (float Min, float Max)[] envelope = Envelope(samples, Math.Max(1, (int)Math.Round(end) - inside.Left));
            for (int c = 0; c < envelope.Length; c++)
            {
                double x = inside.Left + c + 0.5;
                canvas.Line([new Vec2(x, panel.At(0, envelope[c].Max).Y), new Vec2(x, panel.At(0, envelope[c].Min).Y)], 0.5, colour);
            }
        }
        if (end - inside.Left < 3) canvas.Dot(panel.At(0, samples[0]), 2.2, colour); // beside a much longer clip
        canvas.Clip = (0, 0, canvas.Width, canvas.Height);
    }
}

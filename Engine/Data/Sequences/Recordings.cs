using GenEngine.Files;
using NAudio.Dsp;

namespace GenEngine.Data;

/// <summary>What is done to recordings before they become codes.</summary>
public static class Recordings
{
    private const double FrameSeconds = 0.01;
    private const int FilterTaps = 64, Phases = 64;

    /// <summary>Brought to the rate asked for, silence at the ends cut if asked for.</summary>
    public static float[] Prepare(WavSound sound, SequenceOptions options)
    {
        int rate = options.SampleRate ?? sound.SampleRate;
        float[] samples = Resample(sound.Samples, sound.SampleRate, rate);
        return options.Trim > 0 ? Trim(samples, rate, options.Trim) : samples;
    }

    /// <summary>By a windowed sinc below the lower rate's band; as long as before in seconds.</summary>
    public static float[] Resample(float[] samples, int from, int to)
    {
        if (from == to || samples.Length == 0) return samples;
        var resampler = new WdlResampler();
        resampler.SetMode(interp: true, filtercnt: 0, sinc: true, sinc_size: FilterTaps, sinc_interpsize: Phases);
        resampler.SetFeedMode(true);
        resampler.SetRates(from, to);
        int length = (int)Math.Max(1, Math.Round((double)samples.Length * to / from));
        var result = new List<float>(length + FilterTaps);
        const int Block = 4096;
        var output = new float[(int)(((long)Block * to / from) + 2)];
        int latency = 0;
        for (int at = 0; result.Count < length + latency; at += Block)
        {
            int ready = resampler.ResamplePrepare(Block, 1, out Span<float> input);
            int given = Math.Clamp(samples.Length - at, 0, ready);
            input[..ready].Clear(); // behind the end comes silence, until what the filter holds back is out
            if (given > 0) samples.AsSpan(at, given).CopyTo(input);
            int made = resampler.ResampleOut(output, ready, output.Length, 1);
            result.AddRange(output.AsSpan(0, made));
        }

        return [.. result.Take(length)];
    }

    /// <summary>Without the frames before the first and behind the last whose root mean square reaches a share of the loudest frame's.</summary>
    public static float[] Trim(float[] samples, int rate, double share)
    {
        int frame = Math.Max(1, (int)(rate * FrameSeconds)), frames = (samples.Length + frame - 1) / frame;
        var power = new double[frames];
        for (int i = 0; i < samples.Length; i++) power[i / frame] += (double)samples[i] * samples[i];
        double least = power.Length == 0 ? 0 : power.Max() * share * share;
        int first = Array.FindIndex(power, p => p >= least && p > 0), last = Array.FindLastIndex(power, p => p >= least && p > 0);
        return first < 0 ? [] : samples[(first * frame)..Math.Min(samples.Length, (last + 1) * frame)];
    }
}

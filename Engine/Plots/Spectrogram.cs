using GenEngine.Numerics;

namespace GenEngine.Plots;

/// <summary>
/// How loud which frequency is at which time: the short-time Fourier transform with Hann windows, in decibels of a full-scale sine.
/// Frames are centred on samples 0, hop, 2 hop, ...; beyond the clip's ends it is silent, so that a clip of any length has a picture.
/// </summary>
public sealed class Spectrogram
{
    /// <summary>Nothing is quieter, silence included.</summary>
    public const float Floor = -120;

    private readonly int _transform;

    private Spectrogram(int frames, int sampleRate, int window, int hop, int transform)
    {
        (Frames, Bins, SampleRate, Window, Hop, _transform) = (frames, transform / 2 + 1, sampleRate, window, hop, transform);
        Levels = new float[frames * Bins];
    }

    /// <summary>Moments that it looks at: (samples - 1) / hop + 1, rounded down.</summary>
    public int Frames { get; }

    /// <summary>Frequencies from 0 to half the sample rate, both included.</summary>
    public int Bins { get; }

    /// <summary>Samples a second of the clip.</summary>
    public int SampleRate { get; }

    /// <summary>Samples a frame looks at.</summary>
    public int Window { get; }

    /// <summary>Samples from one frame to the next.</summary>
    public int Hop { get; }

    /// <summary>[Frames * Bins], decibels; a sine from -1 to 1 has 0.</summary>
    public float[] Levels { get; }

    /// <summary>The middle of a frame, in seconds.</summary>
    public double Time(int frame) => (double)frame * Hop / SampleRate;

    /// <summary>In Hz.</summary>
    public double Frequency(int bin) => (double)bin * SampleRate / _transform;

    /// <summary>The power of two that is next to 32 ms: harmonics of a voice stand apart, and so do its sounds.</summary>
    public static int UsualWindow(int sampleRate) => 1 << (int)Math.Round(Math.Log2(Math.Max(8, 0.032 * sampleRate)));

    /// <summary>Transforms a clip.</summary>
    /// <param name="samples">About -1 to 1.</param>
    /// <param name="sampleRate">Samples a second.</param>
    /// <param name="window">Samples in a frame; 0 takes the usual window.</param>
    /// <param name="hop">Samples from frame to frame; 0 takes a quarter of a window.</param>
    /// <param name="transform">Points of the transform, a power of two that holds a window; more only draw the bins closer. 0: the least.</param>
    /// <exception cref="ArgumentException">No sample, one that is not finite, or numbers that are no window.</exception>
    public static Spectrogram Of(ReadOnlySpan<float> samples, int sampleRate, int window = 0, int hop = 0, int transform = 0)
    {
        Waveform.Check(samples, sampleRate);
        if (window == 0) window = UsualWindow(sampleRate);
        if (hop == 0) hop = Math.Max(1, window / 4);
        if (transform == 0) transform = (int)uint.Max(2, System.Numerics.BitOperations.RoundUpToPowerOf2((uint)window));
        if (window < 1 || hop < 1 || transform < Math.Max(2, window))
            throw new ArgumentException($"A window of {window} samples, hop {hop}, transform {transform} is no short-time transform.");

        var result = new Spectrogram((samples.Length - 1) / hop + 1, sampleRate, window, hop, transform);
        var fft = new Fft(transform);
        var hann = new double[window];
        for (int i = 0; i < window; i++)
        {
            double s = Math.Sin(Math.PI * (i + 0.5) / window); // half a sample in, so that even a window of one sample sees it
            hann[i] = s * s;
        }
        double whole = hann.Sum();
        double[] real = new double[transform], imaginary = new double[transform];
        for (int frame = 0; frame < result.Frames; frame++)
        {
            Array.Clear(real);
            Array.Clear(imaginary);
            int first = frame * hop - window / 2;
            for (int i = Math.Max(0, -first); i < Math.Min(window, samples.Length - first); i++) real[i] = hann[i] * samples[first + i];
            fft.Transform(real, imaginary);
            for (int bin = 0; bin < result.Bins; bin++)
            {
                // a sine's amplitude is split between two bins that mirror each other; the first and the last have no mirror
                double scale = (bin == 0 || bin == transform / 2 ? 1 : 2) / whole;
                double power = scale * scale * (real[bin] * real[bin] + imaginary[bin] * imaginary[bin]);
                result.Levels[frame * result.Bins + bin] = power > 1e-12 ? (float)(10 * Math.Log10(power)) : Floor;
            }
        }
        return result;
    }
}

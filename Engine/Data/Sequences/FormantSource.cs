using GenEngine.Numerics;

namespace GenEngine.Data;

/// <summary>
/// The built-in set <c>formants</c>: vowels a, e, i, o, u as a pulse train of a gliding pitch through three resonances (Peterson and Barney 1952's mean formants of men), half a second at 8 kHz each.
/// </summary>
public sealed class FormantSource : ISequenceSource
{
    private const int SampleRate = 8000, Length = 4000, TrainClips = 500, TestClips = 50;
    private const ulong Kind = 0x564F_5745;

    private static readonly string[] s_names = ["a", "e", "i", "o", "u"];
    private static readonly double[][] s_formants = [[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240]];
    private static readonly double[] s_bandwidths = [60, 90, 150];

    public string Name => "formants";

    public string Summary => "vowel-like sounds of five classes, 500 + 50 half seconds at 8 kHz, built in";

    public bool BuiltIn => true;

    public SequenceDataset Load(string split, SequenceOptions options)
    {
        bool train = split == "train";
        var clips = new byte[train ? TrainClips : TestClips][];
        Parallel.For(0, clips.Length, i => clips[i] = MuLaw.Encode(Draw(i % s_names.Length, SplitMix64.Stream(options.Seed, Kind + (train ? 0UL : 1UL), (ulong)i))));
        return new SequenceDataset(Name, split, SequenceKind.Audio, clips, [.. Enumerable.Range(0, clips.Length).Select(i => i % s_names.Length)], s_names) { SampleRate = SampleRate };
    }

    private static float[] Draw(int vowel, SplitMix64 random)
    {
        double pitch = random.NextDouble(100, 180), glide = random.NextDouble(0.85, 1.15), loudness = random.NextDouble(0.4, 0.8), tract = random.NextDouble(0.94, 1.06);
        var sound = new double[Length];
        double phase = random.NextDouble();
        for (int i = 0; i < Length; i++)
        {
            phase += pitch * (1 + ((glide - 1) * i / Length)) / SampleRate;
            sound[i] = 0.02 * random.NextBell();
            if (phase < 1) continue;
            phase -= 1;
            sound[i] += 1;
        }

        for (int f = 0; f < s_bandwidths.Length; f++) Resonate(sound, s_formants[vowel][f] * tract, s_bandwidths[f]);
        return Sounds.Shaped(sound, loudness, attack: 0.02 * SampleRate);
    }

    /// <summary>y_t = g x_t + 2 r cos(w) y_(t-1) - r^2 y_(t-2), of gain 1 at 0 Hz (Klatt 1980).</summary>
    private static void Resonate(double[] sound, double frequency, double bandwidth)
    {
        double radius = Math.Exp(-Math.PI * bandwidth / SampleRate), b = 2 * radius * Math.Cos(2 * Math.PI * frequency / SampleRate), c = -radius * radius, last = 0, before = 0;
        for (int i = 0; i < sound.Length; i++)
        {
            double y = ((1 - b - c) * sound[i]) + (b * last) + (c * before);
            (before, last, sound[i]) = (last, y, y);
        }
    }
}

/// <summary>The built-in set <c>pluck</c>: a plucked string (Karplus and Strong 1983), eight notes of a scale as classes, three quarters of a second at 8 kHz each.</summary>
public sealed class PluckSource : ISequenceSource
{
    private const int SampleRate = 8000, Length = 6000, TrainClips = 400, TestClips = 40;
    private const ulong Kind = 0x504C_554B;

    private static readonly string[] s_names = ["C3", "D3", "E3", "F3", "G3", "A3", "B3", "C4"];
    private static readonly double[] s_frequencies = [130.81, 146.83, 164.81, 174.61, 196.00, 220.00, 246.94, 261.63];

    public string Name => "pluck";

    public string Summary => "a plucked string, eight notes as classes, 400 + 40 sounds at 8 kHz, built in";

    public bool BuiltIn => true;

    public SequenceDataset Load(string split, SequenceOptions options)
    {
        bool train = split == "train";
        var clips = new byte[train ? TrainClips : TestClips][];
        for (int i = 0; i < clips.Length; i++) clips[i] = MuLaw.Encode(Draw(s_frequencies[i % s_names.Length], SplitMix64.Stream(options.Seed, Kind + (train ? 0UL : 1UL), (ulong)i)));
        return new SequenceDataset(Name, split, SequenceKind.Audio, clips, [.. Enumerable.Range(0, clips.Length).Select(i => i % s_names.Length)], s_names) { SampleRate = SampleRate };
    }

    // the string is a delay line of a period, half a sample less for the filter's own delay; a mean of two neighbours is what its bridge takes away
    private static float[] Draw(double frequency, SplitMix64 random)
    {
        int period = (int)Math.Round((SampleRate / frequency) - 0.5);
        double decay = random.NextDouble(0.985, 0.998), loudness = random.NextDouble(0.4, 0.9);
        var sound = new double[Length];
        for (int i = 0; i < Length; i++)
            sound[i] = i < period ? random.NextDouble(-1, 1) : 0.5 * decay * (sound[i - period] + (i > period ? sound[i - period - 1] : sound[period - 1]));
        return Sounds.Shaped(sound, loudness, attack: 0);
    }
}

/// <summary>What made sounds share.</summary>
internal static class Sounds
{
    /// <summary>Scaled to a peak, the beginning and the end faded so that they do not click.</summary>
    /// <param name="attack">Samples of each fade; 0 leaves the beginning and fades nothing.</param>
    public static float[] Shaped(double[] sound, double peak, double attack)
    {
        double greatest = Math.Max(sound.Max(Math.Abs), 1e-9);
        var shaped = new float[sound.Length];
        for (int i = 0; i < shaped.Length; i++)
        {
            double fade = attack > 0 ? Math.Min(1, Math.Min(i + 1, sound.Length - i) / attack) : 1;
            shaped[i] = (float)(sound[i] / greatest * peak * fade);
        }

        return shaped;
    }
}

using GenEngine.Numerics;

namespace GenEngine.Data;

/// <summary>
/// The built-in set <c>tones</c>: a damped resonance of 400 Hz driven by noise, a second-order autoregression that feeds back its own
/// dequantised values, so that the law of each symbol given the two before it is known exactly.
/// </summary>
public sealed class ToneSource : ISequenceSource
{
    /// <summary>Samples a second.</summary>
    public const int SampleRate = 8000;

    private const int TrainLength = 1_000_000, TestLength = 100_000;
    private const ulong Kind = 0x544F_4E45;

    public string Name => "tones";

    public string Summary => "a noisy resonance of 400 Hz, 1,000,000 + 100,000 samples at 8 kHz whose law is known exactly, built in";

    public bool BuiltIn => true;

    public SequenceDataset Load(string split, SequenceOptions options)
    {
        bool train = split == "train";
        byte[] codes = ToneProcess.Standard.Draw(train ? TrainLength : TestLength, SplitMix64.Stream(options.Seed, Kind, train ? 0UL : 1UL));
        return new SequenceDataset(Name, split, SequenceKind.Audio, [codes]) { SampleRate = SampleRate, Law = ToneProcess.Standard };
    }
}

/// <summary>
/// x_t = Q(a1 x^_(t-1) + a2 x^_(t-2) + sigma e): e is standard normal, Q the mu-law quantiser of 256 levels and x^ a symbol's dequantised value. A symbol's
/// probability is that of the quantiser's cell under a normal law around a1 x^_(t-1) + a2 x^_(t-2), the outermost cells taking the tails; there is nothing else to know.
/// </summary>
public sealed class ToneProcess : ISequenceLaw
{
    /// <summary>Symbols before the first of a drawn sequence that are thrown away.</summary>
    private const int Settling = 1000;

    // of the entropy rate: length of the run, blocks of its standard error, and points at which the conditional entropy is tabulated
    private const int RunLength = 4_000_000, Blocks = 200, Points = 4096;

    private static readonly double[] s_edges = [double.NegativeInfinity, .. Enumerable.Range(1, 255).Select(MuLaw.LowerEdge), double.PositiveInfinity];

    private static readonly double[] s_levels = [.. Enumerable.Range(0, 256).Select(code => MuLaw.Decode((byte)code))];

    private readonly double _a1, _a2, _sigma;
    private readonly Lazy<EntropyRate> _rate;

    public ToneProcess(double a1, double a2, double sigma)
    {
        (_a1, _a2, _sigma) = (a1, a2, sigma);
        _rate = new Lazy<EntropyRate>(Rate);
    }

    /// <summary>Poles of radius 0.9 at 400 Hz of 8 kHz; the sound's deviation is about 0.29.</summary>
    public static ToneProcess Standard { get; } = new(2 * 0.9 * Math.Cos(2 * Math.PI * 400 / ToneSource.SampleRate), -0.9 * 0.9, 0.055);

    /// <summary>The mean of exact conditional entropies over a long seeded run, with the standard error of that mean by blocks of the run.</summary>
    public EntropyRate EntropyRate => _rate.Value;

    /// <summary>log p(symbol | last, the one before it), in nats.</summary>
    public double LogProbability(byte symbol, byte last, byte before) => Math.Log(Math.Max(Probability(symbol, Mean(last, before)), double.Epsilon));

    /// <summary>As the other; symbols before the clip's first count as silence (code 128).</summary>
    public double LogProbability(ReadOnlySpan<byte> past, byte symbol) =>
        LogProbability(symbol, past.Length > 0 ? past[^1] : (byte)128, past.Length > 1 ? past[^2] : (byte)128);

    /// <summary>A sequence from the middle of the process.</summary>
    public byte[] Draw(int length, SplitMix64 random)
    {
        var codes = new byte[length];
        byte last = 128, before = 128;
        for (int i = -Settling; i < length; i++)
        {
            byte next = Next(last, before, ref random);
            if (i >= 0) codes[i] = next;
            (last, before) = (next, last);
        }

        return codes;
    }

    private double Mean(byte last, byte before) => (_a1 * s_levels[last]) + (_a2 * s_levels[before]);

    private double Probability(int symbol, double mean) => NormalDistribution.Between((s_edges[symbol] - mean) / _sigma, (s_edges[symbol + 1] - mean) / _sigma);

    private byte Next(byte last, byte before, ref SplitMix64 random) => MuLaw.Encode(Mean(last, before) + (_sigma * InverseNormal.Cdf(random.NextDouble() + (1.0 / (1UL << 54)))));

    private double Entropy(double mean)
    {
        double sum = 0;
        for (int symbol = 0; symbol < 256; symbol++)
        {
            double p = Probability(symbol, mean);
            if (p > 0) sum -= p * Math.Log(p);
        }

        return sum;
    }

    // the conditional entropy depends on the mean alone and smoothly, so a table with straight lines between its points is exact to a millionth
    private EntropyRate Rate()
    {
        double reach = Math.Abs(_a1) + Math.Abs(_a2), step = 2 * reach / (Points - 1);
        var table = new double[Points + 1];
        Parallel.For(0, Points, i => table[i] = Entropy((i * step) - reach));
        table[Points] = table[Points - 1];
        var random = SplitMix64.Stream(0, 0x5241_5445, 0);
        byte last = 128, before = 128;
        for (int i = 0; i < Settling; i++) (last, before) = (Next(last, before, ref random), last);
        var means = new double[Blocks];
        for (int block = 0; block < Blocks; block++)
        {
            double sum = 0;
            for (int i = 0; i < RunLength / Blocks; i++)
            {
                double at = (Mean(last, before) + reach) / step;
                int cell = (int)at;
                sum += table[cell] + ((at - cell) * (table[cell + 1] - table[cell]));
                (last, before) = (Next(last, before, ref random), last);
            }

            means[block] = sum / (RunLength / Blocks);
        }

        double mean = means.Average(), variance = means.Sum(m => (m - mean) * (m - mean)) / (Blocks - 1);
        return new EntropyRate(mean, Math.Sqrt(variance / Blocks));
    }
}

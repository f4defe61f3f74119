namespace GenEngine.Plots;

/// <summary>One value that a sampler drew.</summary>
/// <param name="Position">Row * width + column of its pixel.</param>
/// <param name="Colour">Its channel.</param>
/// <param name="Value">The level drawn.</param>
/// <param name="Entropy">Of the distribution it was drawn from, in nats.</param>
/// <param name="Probabilities">That distribution, one number a level; null where it was not kept.</param>
public readonly record struct SamplingStep(int Position, int Colour, int Value, float Entropy, float[]? Probabilities);

/// <summary>
/// How one image came about, value by value, in the order in which it was drawn: what a sampler records and
/// <see cref="SamplingTracePicture"/> shows. Not for hot paths: a sampler fills one for the one image that is looked at.
/// </summary>
public sealed class SamplingTrace
{
    private readonly List<SamplingStep> _steps = [];
    private readonly bool[] _seen; // [height * width * channels]
    private readonly byte[]? _start;
    private readonly bool[]? _given;

    /// <summary>An empty trace.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <param name="values">Levels of a value, 2 to 256: level 0 is black, the last one white.</param>
    /// <param name="imageIndex">Which image of the batch it is.</param>
    /// <param name="start">Completion: the image whose given pixels are kept, bytes [height * width * channels].</param>
    /// <param name="given">Completion: which pixels are given, [height * width].</param>
    /// <exception cref="ArgumentException">No such image, or start and given do not belong to it.</exception>
    public SamplingTrace(int height, int width, int channels, int values, int imageIndex = 0, byte[]? start = null, bool[]? given = null)
    {
        if (height < 1 || width < 1 || channels is not (1 or 3) || values is < 2 or > 256)
            throw new ArgumentException($"{height}x{width}x{channels} with {values} levels is no image that can be traced.");
        if ((start is null) != (given is null)) throw new ArgumentException("A completion needs both an image and a mask of what is given.");
        if (start is not null && (start.Length != height * width * channels || given!.Length != height * width))
            throw new ArgumentException($"An image of {start.Length} and a mask of {given!.Length} bytes do not fit {height}x{width}x{channels}.");
        (Height, Width, Channels, Values, ImageIndex, _start, _given) = (height, width, channels, values, imageIndex, start, given);
        _seen = new bool[height * width * channels];
    }

    /// <summary>Rows of pixels.</summary>
    public int Height { get; }

    /// <summary>Columns of pixels.</summary>
    public int Width { get; }

    /// <summary>Values of a pixel: 1 (grey) or 3 (RGB).</summary>
    public int Channels { get; }

    /// <summary>Levels of a value, 2 to 256: level 0 is black, the last one white.</summary>
    public int Values { get; }

    /// <summary>Which image of its batch it is, from 0.</summary>
    public int ImageIndex { get; }

    /// <summary>In the order of drawing.</summary>
    public IReadOnlyList<SamplingStep> Steps => _steps;

    /// <summary>Was the pixel there before sampling began?</summary>
    public bool IsGiven(int position) => _given is not null && _given[position];

    /// <summary>
    /// <paramref name="count"/> moments spread evenly over a sampling of so many steps, the first before any and the last after all.
    /// A moment m is the state after m steps; what it shows as next is step m, so that is the one whose probabilities are worth keeping.
    /// </summary>
    public static int[] Moments(int steps, int count)
    {
        if (steps < 0 || count < 1) throw new ArgumentException($"{count} moments of {steps} steps cannot be chosen.");
        if (count == 1) return [steps];
        return [.. Enumerable.Range(0, count).Select(i => (int)(((long)i * steps + (count - 1) / 2) / (count - 1))).Distinct()];
    }

    /// <summary>Entropy of a distribution, in nats.</summary>
    public static double EntropyOf(ReadOnlySpan<float> probabilities)
    {
        double entropy = 0;
        foreach (float p in probabilities) entropy -= p > 0 ? p * Math.Log(p) : 0;
        return Math.Max(0, entropy);
    }

    /// <summary>Records a step whose distribution is at hand, [Values]; <paramref name="keep"/> keeps a copy of it.</summary>
    /// <exception cref="ArgumentException">No such value, one that is there already, or no distribution.</exception>
    public void Add(int position, int colour, int value, ReadOnlySpan<float> probabilities, bool keep)
    {
        double sum = 0;
        foreach (float p in probabilities) sum += p >= 0 ? p : double.NaN;
        if (probabilities.Length != Values || !(Math.Abs(sum - 1) < 1e-3))
        {
            throw new ArgumentException($"Step {_steps.Count}: {probabilities.Length} probabilities that add up to {sum} are no distribution "
                + $"over {Values} levels.");
        }
        Record(new SamplingStep(position, colour, value, (float)EntropyOf(probabilities), keep ? probabilities.ToArray() : null));
    }

    /// <summary>Records a step of which only the entropy is known, in nats.</summary>
    /// <exception cref="ArgumentException">No such value, one that is there already, or no entropy.</exception>
    public void Add(int position, int colour, int value, float entropy)
    {
        if (!(entropy >= 0 && float.IsFinite(entropy))) throw new ArgumentException($"Step {_steps.Count}: {entropy} is no entropy.");
        Record(new SamplingStep(position, colour, value, entropy, null));
    }

    /// <summary>The image after so many steps, bytes [height * width * channels]; what is not drawn yet is black.</summary>
    /// <exception cref="ArgumentException">More steps than there are.</exception>
    public byte[] ImageAfter(int steps) => Replay(steps).Image;

    /// <summary>After so many steps: the image, each pixel's entropy in nats (its colours' added), and how many of its colours are there.</summary>
    internal (byte[] Image, double[] Entropy, int[] Drawn) Replay(int steps)
    {
        if (steps < 0 || steps > _steps.Count) throw new ArgumentException($"There is no moment {steps}: the trace has {_steps.Count} steps.");
        var image = new byte[Height * Width * Channels];
        var entropy = new double[Height * Width];
        var drawn = new int[Height * Width];
        for (int p = 0; p < drawn.Length && _given is not null; p++)
        {
            if (!_given[p]) continue;
            _start.AsSpan(p * Channels, Channels).CopyTo(image.AsSpan(p * Channels));
            drawn[p] = Channels;
        }
        for (int i = 0; i < steps; i++)
        {
            SamplingStep step = _steps[i];
            image[step.Position * Channels + step.Colour] = (byte)((step.Value * 255 + (Values - 1) / 2) / (Values - 1));
            entropy[step.Position] += step.Entropy;
            drawn[step.Position]++;
        }
        return (image, entropy, drawn);
    }

    private void Record(SamplingStep step)
    {
        if (!Below(step.Position, Height * Width) || !Below(step.Colour, Channels) || !Below(step.Value, Values))
        {
            throw new ArgumentException($"Step {_steps.Count}: pixel {step.Position}, colour {step.Colour}, level {step.Value} is outside "
                + $"{Height}x{Width}x{Channels}, {Values} levels.");
        }
        ref bool seen = ref _seen[step.Position * Channels + step.Colour];
        if (seen || IsGiven(step.Position))
            throw new ArgumentException($"Step {_steps.Count}: pixel {step.Position}, colour {step.Colour} is there already.");
        seen = true;
        _steps.Add(step);

        static bool Below(int value, int end) => value >= 0 && value < end;
    }
}

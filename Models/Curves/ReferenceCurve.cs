using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenEngine.Kernels;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// What the first loss of a model does over its steps, from runs of several seeds: mean and deviation of each window of steps. Losses that fall to a bound have one; those of an
/// adversarial pair answer each other and go nowhere, so there are no curves of them.
/// </summary>
public sealed record ReferenceCurve
{
    /// <summary>Deviations that a run of another seed stays within.</summary>
    private const double Deviations = 4;

    /// <summary>Windows on either side that a deviation is pooled over: of three seeds alone it is hardly known.</summary>
    private const int Pooled = 5;

    /// <summary>Windows at the beginning that nothing is said of: there the loss falls too fast for a window's mean.</summary>
    private const int Skipped = 2;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly Lazy<IReadOnlyList<ReferenceCurve>> s_all = new(LoadAll);

    /// <summary>Console name.</summary>
    public required string Model { get; init; }

    /// <summary>The set, by its name in the runs' files.</summary>
    public required string Data { get; init; }

    /// <summary>Content hash of the training data.</summary>
    public required string? TrainHash { get; init; }

    /// <summary>Images or windows a step.</summary>
    public required int Batch { get; init; }

    /// <summary>Of sequences: codes of a window; else the width of the images.</summary>
    public required int Width { get; init; }

    /// <summary>Of sequences: joined or apart, see <see cref="RunConfig.Clips"/>; null for images.</summary>
    public string? Clips { get; init; }

    /// <summary>none or dynamic, see <see cref="RunConfig.Binarize"/>.</summary>
    public required string Binarize { get; init; }

    /// <summary>The model's options, as runs keep them.</summary>
    public required ModelOptions Options { get; init; }

    /// <summary>Name of the loss.</summary>
    public required string Loss { get; init; }

    /// <summary>Seeds of the runs, and where they were made.</summary>
    public required string Made { get; init; }

    /// <summary>Steps of a window.</summary>
    public required long Window { get; init; }

    /// <summary>Mean over the seeds, a window each.</summary>
    public required IReadOnlyList<double> Mean { get; init; }

    /// <summary>Standard deviation of a window's mean between seeds.</summary>
    public required IReadOnlyList<double> Deviation { get; init; }

    /// <summary>Those that come with the program.</summary>
    public static IReadOnlyList<ReferenceCurve> All => s_all.Value;

    /// <summary>Steps that it covers.</summary>
    [JsonIgnore]
    public long Steps => Window * Mean.Count;

    /// <summary>The curve of a run with these options; null when there is none of just these, whatever the seed and the number of steps.</summary>
    public static ReferenceCurve? Find(RunConfig run) =>
        run.Schedule == "constant" ? All.FirstOrDefault(curve => curve.Model == run.Model && curve.Data == run.Data && curve.IsOf(run)) : null;

    /// <summary>Whether a run is of these options and this data.</summary>
    public bool IsOf(RunConfig run) =>
        run.TrainHash == TrainHash && run.Batch == Batch && run.ImageWidth == Width && run.Clips == Clips && run.Binarize == Binarize && Text(run) == Text(Options);

    /// <summary>A curve from finished runs that differ in their seeds alone.</summary>
    /// <exception cref="EngineException">Fewer than three runs, or they differ in more, or have no metrics, or a schedule that depends on the number of steps.</exception>
    public static ReferenceCurve Of(IReadOnlyList<RunFolder> runs)
    {
        if (runs.Count < 3) throw new EngineException("A reference curve needs runs of at least three seeds.");
        var first = runs[0].Config;
        var metrics = runs.Select(run => run.Metrics()).ToList();
        long window = metrics[0].Points is [var begin, ..] ? begin.Step : throw new EngineException($"'{runs[0].Path}' has no metrics yet.");
        if (first.Schedule != "constant") throw new EngineException("A reference curve holds for any number of steps, so it needs the constant schedule.");
        int count = (int)(metrics[0].Points.Count(point => point.Step % window == 0));
        var curve = new ReferenceCurve
        {
            Model = first.Model,
            Data = first.Data,
            TrainHash = first.TrainHash,
            Batch = first.Batch,
            Width = first.ImageWidth,
            Clips = first.Clips,
            Binarize = first.Binarize,
            Options = JsonSerializer.Deserialize<ModelOptions>(Text(first), s_json)!,
            Loss = metrics[0].Names[0],
            Made = string.Create(CultureInfo.InvariantCulture, $"seeds {string.Join(", ", runs.Select(run => run.Config.Seed))}, {first.Device}"),
            Window = window,
            Mean = [.. Enumerable.Range(0, count).Select(i => Rounded(Values(i).Average()))],
            Deviation = [.. Enumerable.Range(0, count).Select(i => Rounded(StandardDeviation(Values(i))))],
        };
        foreach (var run in runs)
        {
            if (!curve.IsOf(run.Config) || run.Config.Model != curve.Model) throw new EngineException($"'{run.Path}' differs from '{runs[0].Path}' in more than its seed; 'runs' shows in what.");
        }

        if (runs.Select(run => run.Config.Seed).Distinct().Count() < runs.Count) throw new EngineException("Two of the runs have the same seed, and so the same losses.");
        if (metrics.Any(other => other.Points.Count < count || other.Points[0].Step != window)) throw new EngineException("The runs are not of one length.");
        return curve;

        double[] Values(int i) => [.. metrics.Select(one => one.Points[i].Losses[0])];
    }

    /// <summary>What the mean of the loss over some steps is expected to be, and the band that runs of other seeds stay in; null before the first windows are over and behind the last.</summary>
    /// <param name="from">The first of the steps, from 1.</param>
    /// <param name="to">The last of them.</param>
    public (double Mean, double Low, double High)? Band(long from, long to)
    {
        if (from <= Skipped * Window || to > Steps || to < from) return null;
        double sum = 0, variance = 0;
        for (long step = from; step <= to; step++)
        {
            sum += At(step);
            variance += Math.Pow(Spread((int)((step - 1) / Window)), 2);
        }

        long count = to - from + 1;
        // fewer steps than a window's scatter more; more steps are taken to scatter as a window does, since what seeds differ in does not average out
        double mean = sum / count, half = Deviations * Math.Sqrt(variance / count * Math.Max(1, (double)Window / count));
        return (mean, mean - half, mean + half);
    }

    /// <summary>As a file of Models/Curves.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json) + "\n";

    /// <summary>What <see cref="ToJson"/> wrote.</summary>
    public static ReferenceCurve FromJson(string json) => JsonSerializer.Deserialize<ReferenceCurve>(json, s_json)!;

    /// <summary>Between the middles of the windows.</summary>
    private double At(long step)
    {
        double place = (step - 0.5) / Window - 0.5;
        int i = Math.Clamp((int)Math.Floor(place), 0, Mean.Count - 2);
        return Mean[i] + ((Mean[i + 1] - Mean[i]) * (place - i));
    }

    private double Spread(int window)
    {
        int low = Math.Max(Skipped, window - Pooled), high = Math.Min(Deviation.Count - 1, window + Pooled);
        double sum = 0;
        for (int i = low; i <= high; i++) sum += Deviation[i] * Deviation[i];
        return Math.Sqrt(sum / Math.Max(1, high - low + 1));
    }

    private static double StandardDeviation(double[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }

    private static double Rounded(double value) => double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Text(ModelOptions options) => JsonSerializer.Serialize<ModelOptions>(options with { Steps = 0 }, s_json); // as the base record: a run's other properties are compared on their own

    private static List<ReferenceCurve> LoadAll()
    {
        const string Prefix = "curves/";
        var assembly = typeof(ReferenceCurve).Assembly;
        var all = new List<ReferenceCurve>();
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            all.Add(FromJson(reader.ReadToEnd()));
        }

        return all;
    }
}

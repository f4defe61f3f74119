using System.Globalization;
using GenEngine.Data;
using GenEngine.Metrics;

namespace GenEngine.Models;

/// <summary>
/// Watches an adversarial model while it trains for the two ways in which it goes wrong without its losses saying so: a discriminator that is never wrong teaches the generator nothing
/// (Arjovsky and Bottou 2017), and a generator that makes the same image of every code has collapsed. It looks between steps and changes no bit of the run. Each is said once, and again only
/// when it has been better in between.
/// </summary>
public sealed class GanWatch
{
    /// <summary>Steps that the discriminator's loss is averaged over.</summary>
    public const int Window = 200;

    /// <summary>Below this mean loss the discriminator is as good as always right: a loss of 0.05 nats over both kinds is a probability of 0.975 on the right answer.</summary>
    public const double Saturated = 0.05;

    /// <summary>Below this share of the data's variance the images are one image.</summary>
    public const double Collapsed = 0.05;

    /// <summary>Below this share of the classes' entropy whole classes are missing.</summary>
    public const double Narrow = 0.5;

    private const double Recovered = 2;
    private const int Count = 200, Real = 2000;
    private const ulong Stream = 0x6A4E;

    private static readonly string[] s_names = ["discriminator", "L_D"];

    private readonly GenerativeModel _model;
    private readonly Judge? _judge;
    private readonly int _loss;
    private readonly double _variance;
    private readonly int[]? _labels;
    private double _sum;
    private int _steps;
    private long _looked;
    private bool _saturated, _collapsed, _narrow;

    /// <param name="model">One that <see cref="Watches"/>.</param>
    /// <param name="train">What it learns from: what diversity is measured against.</param>
    /// <param name="judge">Names the classes of made images, where there is one already; null leaves the classes out.</param>
    public GanWatch(GenerativeModel model, ImageDataset train, Judge? judge = null)
    {
        (_model, _judge) = (model, judge);
        _loss = Index(model);
        int count = Math.Min(Real, train.Count), pixels = model.Data.Pixels;
        float[] real = Array.ConvertAll(train.Items[..(count * pixels)], value => value / 255f);
        int[]? labels = model.IsConditional ? train.Labels![..count] : null;
        _variance = Variance(real, labels, pixels);
        if (model.IsConditional) _labels = [.. Enumerable.Range(0, Count).Select(i => i % model.Data.Classes)];
    }

    /// <summary>Steps between two looks at images; the first is after twice as many, when a generator should be good for something.</summary>
    public long Every { get; init; } = 500;

    /// <summary>Variance of made images as a share of the data's when they were last looked at; NaN before.</summary>
    public double Diversity { get; private set; } = double.NaN;

    /// <summary>Whether there is a discriminator of images to watch.</summary>
    public static bool Watches(IModel model) => model is GenerativeModel && Index(model) >= 0;

    /// <summary>Takes in the losses of the steps since the last call and looks at images when it is time.</summary>
    /// <param name="step">The last of them.</param>
    /// <param name="rows">Losses of each step.</param>
    /// <returns>Warnings, each with the step and what to try; mostly none.</returns>
    public IReadOnlyList<string> Look(long step, double[][] rows)
    {
        var warnings = new List<string>();
        foreach (double[] row in rows) _sum += row[_loss];
        _steps += rows.Length;
        if (_steps >= Window)
        {
            double mean = _sum / _steps;
            if (Begins(ref _saturated, mean, Saturated))
                warnings.Add(Text($"step {step:N0}: the discriminator is never wrong ({_model.LossNames[_loss]} {mean:F3} over {_steps} steps), so the generator learns little; try {OtherLosses()}a smaller --learning-rate or a larger --batch."));
            (_sum, _steps) = (0, 0);
        }

        if (step < 2 * Every || step - _looked < Every) return warnings;
        _looked = step;
        float[] images;
        using (new AsideRandom(_model.Context, Stream)) images = ModelRuns.Images(_model, Count, ModelRuns.DrawCodes(_model, Count), _labels);
        Diversity = Variance(images, _labels, _model.Data.Pixels) / _variance;
        if (Begins(ref _collapsed, Diversity, Collapsed))
            warnings.Add(Text($"step {step:N0}: the samples look all alike (variance {Diversity:F3} of the data's): the generator has collapsed; go back to a checkpoint or begin again with {OtherLosses()}a smaller --learning-rate, a larger --batch or another --seed."));
        if (_judge is null || _model.IsConditional) return warnings;
        double entropy = Entropy(images), most = Math.Log(_judge.Data.Classes);
        if (Begins(ref _narrow, entropy / most, Narrow))
            warnings.Add(Text($"step {step:N0}: the samples are of about {Math.Exp(entropy):F1} of {_judge.Data.Classes} classes: modes are missing; try {OtherLosses()}a larger --batch, a smaller --learning-rate or another --seed."));
        return warnings;
    }

    /// <summary>Mean variance of a pixel, within the classes where there are some: half the mean squared distance of two images.</summary>
    internal static double Variance(float[] images, int[]? labels, int pixels)
    {
        int count = images.Length / pixels, classes = labels is null ? 1 : labels.Max() + 1;
        double total = 0;
        long freedom = 0;
        for (int c = 0; c < classes; c++)
        {
            int[] members = [.. Enumerable.Range(0, count).Where(i => labels is null || labels[i] == c)];
            if (members.Length < 2) continue;
            freedom += members.Length - 1;
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                double sum = 0, squares = 0;
                foreach (int i in members)
                {
                    double value = images[((long)i * pixels) + pixel];
                    sum += value;
                    squares += value * value;
                }

                total += squares - (sum * sum / members.Length);
            }
        }

        return freedom == 0 ? 0 : Math.Max(0, total) / freedom / pixels;
    }

    /// <summary>Of the mean distribution over classes that the judge sees, in nats.</summary>
    private double Entropy(float[] images)
    {
        var probabilities = _judge!.Of(new FeatureMatrix(images, Count, _model.Data.Pixels)).Probabilities;
        var mean = new double[_judge.Data.Classes];
        for (int i = 0; i < probabilities.Values.Length; i++) mean[i % mean.Length] += probabilities.Values[i] / Count;
        return -mean.Where(p => p > 0).Sum(p => p * Math.Log(p));
    }

    private string OtherLosses() => _model.Options.Loss is { } own ? $"--loss {string.Join(" or ", AdversarialLoss.Names.Where(name => name != own))}, " : "";

    /// <summary>True where it has just fallen below the bound; it must rise to twice the bound before it can again.</summary>
    private static bool Begins(ref bool state, double value, double bound)
    {
        bool before = state;
        state = value < bound || (state && value < Recovered * bound);
        return state && !before;
    }

    private static int Index(IModel model) => model.LossNames.Select((name, i) => s_names.Contains(name) ? i : -1).Append(-1).Max();

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

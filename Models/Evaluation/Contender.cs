using GenEngine.Data;
using GenEngine.Metrics;

namespace GenEngine.Models;

/// <summary>What one model brings to a comparison: a row of its images, one a class, the images that it should be most ashamed of, and its figures.</summary>
/// <param name="Name">As the sheet shows it.</param>
/// <param name="Images">[columns, pixels]: the first image of each class in turn.</param>
/// <param name="Worst">[columns, pixels]: those that the judge believes least.</param>
/// <param name="Sharpness">Over real images'.</param>
/// <param name="Frechet">Classifier-feature Frechet distance over the trace.</param>
/// <param name="Recognised">Share with a class above 0.9.</param>
/// <param name="Top1">Share of conditional samples that are of the class asked for; null for an unconditional model.</param>
/// <param name="GrossErrors">Share of another class or of none above 0.5; for an unconditional model of none above 0.5.</param>
public sealed record Contender(string Name, float[] Images, float[] Worst, double Sharpness, double Frechet, double Recognised, double? Top1, double GrossErrors)
{
    private const double Believed = 0.5;

    /// <summary>Draws <paramref name="count"/> images and measures them. With one seed, models of equal code size are shown on the same codes and classes.</summary>
    /// <param name="test">Real images, as many as are drawn or more.</param>
    /// <param name="columns">Images in a row of the sheet.</param>
    public static Contender Of(string name, ZooModel model, Judge judge, ImageDataset test, int count, int columns, CancellationToken stop = default)
    {
        int classes = model.Data.Classes, pixels = model.Data.Pixels;
        int[] cycle = [.. Enumerable.Range(0, count).Select(i => i % classes)];
        int[]? asked = model.IsConditional ? cycle : null;
        var made = new FeatureMatrix(ModelRuns.Images(model, count, null, asked), count, pixels);
        var real = FeatureMatrix.Of(test.Take(count));
        var (verdict, truth) = (judge.Of(made, stop), judge.Of(real, stop));
        int[] seen = ClassifierScores.Classes(verdict.Probabilities);
        double[] belief = [.. Enumerable.Range(0, count).Select(i => Belief(verdict.Probabilities.Row(i), asked?[i]))];
        int[] shown = [.. Enumerable.Range(0, columns).Select(column => First(asked ?? seen, column % classes, column / classes))];
        int[] worst = [.. Enumerable.Range(0, count).OrderBy(i => belief[i]).Take(columns)];
        return new Contender(
            name, made.Pick(shown).Values, made.Pick(worst).Values,
            ImageScores.RelativeSharpness(made, real, model.Data.Height, model.Data.Width, model.Data.Channels), FrechetDistance.Relative(truth.Features, verdict.Features),
            ClassifierScores.Recognised(verdict.Probabilities), asked is null ? null : ClassifierScores.Top1(verdict.Probabilities, asked),
            asked is null ? 1 - ClassifierScores.Recognised(verdict.Probabilities, Believed) : ClassifierScores.GrossErrors(verdict.Probabilities, asked, Believed));
    }

    /// <summary>How sure the judge is of the class asked for, or of any.</summary>
    private static double Belief(ReadOnlySpan<float> probabilities, int? label)
    {
        if (label is { } asked) return probabilities[asked];
        float greatest = 0;
        foreach (float probability in probabilities) greatest = Math.Max(greatest, probability);
        return greatest;
    }

    /// <summary>The n-th image of a class, or of the set where the class has too few.</summary>
    private static int First(int[] classes, int wanted, int n)
    {
        int left = n;
        for (int i = 0; i < classes.Length; i++)
        {
            if (classes[i] == wanted && left-- == 0) return i;
        }

        return (wanted + n) % classes.Length;
    }
}

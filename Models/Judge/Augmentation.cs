using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Metrics;

namespace GenEngine.Models;

/// <summary>Test accuracies of one classifier recipe on one training set, a seed each.</summary>
/// <param name="Accuracies">In the order of the seeds.</param>
public sealed record AugmentationResult(IReadOnlyList<double> Accuracies)
{
    /// <summary>Over the seeds; a share, 0 to 1.</summary>
    public double Mean => Accuracies.Average();

    /// <summary>Of the mean: the sample deviation (N - 1) over sqrt(N); NaN for one seed.</summary>
    public double StandardError => Accuracies.Count < 2
        ? double.NaN
        : Math.Sqrt(Accuracies.Sum(a => (a - Mean) * (a - Mean)) / (Accuracies.Count - 1) / Accuracies.Count);
}

/// <summary>
/// What generated images are worth as training data (the classification accuracy score of Ravuri and Vinyals 2019, and its mixtures): one
/// classifier, a fixed number of steps whatever the size of the set, judged on real test images.
/// </summary>
public static class Augmentation
{
    /// <summary>Trains the recipe on all images of the sets together, once a seed.</summary>
    /// <param name="device">Where.</param>
    /// <param name="sets">Real, generated, or both: labelled, alike in shape and classes. Names need not be equal.</param>
    /// <param name="test">Real and labelled.</param>
    /// <param name="recipe"><see cref="JudgeRecipe.Steps"/> must be set, so that a larger set is not trained longer; the seed is replaced.</param>
    /// <param name="seeds">One training each.</param>
    /// <param name="finished">Seed and accuracy of each training as it ends.</param>
    /// <param name="stop">Ends by an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="EngineException">Nothing to train on, sets that do not fit each other, no fixed number of steps.</exception>
    public static AugmentationResult Run(
        Device device, IReadOnlyList<ImageDataset> sets, ImageDataset test, JudgeRecipe recipe, IReadOnlyList<ulong> seeds, Action<ulong, double>? finished = null,
        CancellationToken stop = default)
    {
        if (recipe.Steps < 1) throw new EngineException("Sets of different size are compared at equal steps: give the recipe a number of steps.");
        if (seeds.Count == 0) throw new EngineException("No seeds: nothing would be trained.");
        var train = Together(sets);
        var accuracies = new List<double>();
        foreach (ulong seed in seeds)
        {
            using var judge = Judge.Load(device, train, test, recipe with { Seed = seed }, cached: false, stop: stop);
            accuracies.Add(judge.TestAccuracy);
            finished?.Invoke(seed, judge.TestAccuracy);
        }

        return new AugmentationResult(accuracies);
    }

    /// <summary>All images of the sets, one set after another.</summary>
    /// <exception cref="EngineException">No set, no labels, or other shapes.</exception>
    public static ImageDataset Together(IReadOnlyList<ImageDataset> sets)
    {
        if (sets.Count == 0) throw new EngineException("No images to train the classifier on.");
        var first = sets[0];
        foreach (var set in sets)
        {
            if (set.Labels is null) throw new EngineException($"'{set.Name}' has no labels; a classifier cannot learn from it.");
            if (DataShape.Of(set) != DataShape.Of(first))
                throw new EngineException($"'{set.Name}' is {DataShape.Of(set)}, '{first.Name}' is {DataShape.Of(first)}: they cannot be trained on together.");
        }

        return new ImageDataset(
            string.Join(" + ", sets.Select(set => set.Name)), first.Split, first.Height, first.Width, first.Channels, [.. sets.SelectMany(set => set.Items)],
            [.. sets.SelectMany(set => set.Labels!)], first.ClassNames);
    }

    /// <summary>Generated images as a labelled set: pixels in [0, 1] rounded to bytes, values outside cut off.</summary>
    public static ImageDataset FromGenerated(FeatureMatrix images, IReadOnlyList<int> labels, ImageDataset like) => new(
        $"{like.Name} (generated)", "train", like.Height, like.Width, like.Channels, Array.ConvertAll(images.Values, value => (byte)Math.Round(255 * Math.Clamp(value, 0f, 1f))),
        [.. labels], like.ClassNames);
}

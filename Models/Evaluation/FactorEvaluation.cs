using GenEngine.Data;
using GenEngine.Metrics;

namespace GenEngine.Models;

/// <summary>
/// What a class swap keeps and changes, on images whose factors of variation are known (pose, expression, light, ...): each image gets another class while its code is held. Identity is for
/// the judge ("top-1 of swapped images"); here a regressor trained on real images reads the source's factors from the swapped image, and the swap is held against the true drawing.
/// </summary>
public static class FactorEvaluation
{
    /// <summary>Finer than a judge: the brow of a small face is a matter of pixels.</summary>
    public static JudgeRecipe RegressorRecipe { get; } = new() { Epochs = 8 };

    /// <summary>True when the swap of this model on these images can be measured.</summary>
    public static bool Applies(ZooModel model, ImageDataset test) => test.Factors is not null && test.Labels is not null && model is IEncoder && model.IsConditional;

    /// <summary>R^2 of each factor, read from swapped images against what the source had; the reference is the same regressor on the real test images.</summary>
    /// <param name="swaps">Of the first test images.</param>
    /// <param name="test">With labels and factors.</param>
    /// <param name="regressor">Trained on real images of the same set.</param>
    /// <param name="stop">Stops between measurements.</param>
    internal static IReadOnlyList<Score> Of(ClassSwaps swaps, ImageDataset test, FactorRegressor regressor, CancellationToken stop)
    {
        var scores = new List<Score>();
        double[] found = RidgeRegression.R2(regressor.Predict(swaps.Images, stop), Factors(test, swaps.Count));
        for (int i = 0; i < found.Length; i++)
            scores.Add(new Score($"{test.FactorNames[i]} of swapped images", "R^2 with the source's", found[i], regressor.TestR2[i], "real test images", "higher"));
        if (test.Name == AvatarSource.SetName) scores.Add(AgainstTruth(test, swaps));
        return scores;
    }

    /// <summary>[count, factors] of the first images.</summary>
    public static FeatureMatrix Factors(ImageDataset set, int? count = null)
    {
        int rows = count ?? set.Count, width = set.FactorNames.Count;
        return new FeatureMatrix(set.Factors!.AsSpan(0, rows * width).ToArray(), rows, width);
    }

    /// <summary>Squared error to the person asked for, drawn in the source's pose and light; the reference leaves the image as it was.</summary>
    private static Score AgainstTruth(ImageDataset test, ClassSwaps swaps)
    {
        byte[] truth = UserPictures.Avatars(swaps.Given, Factors(test, swaps.Count).Values, test.Height, test.Channels).Items;
        double error = 0, unchanged = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            double wanted = truth[i] / 255.0, made = swaps.Images.Values[i] - wanted, before = (test.Items[i] / 255.0) - wanted;
            error += made * made;
            unchanged += before * before;
        }

        return new Score("squared error to the true drawing", "an image", error / swaps.Count, unchanged / swaps.Count, "the source unchanged", "lower");
    }
}

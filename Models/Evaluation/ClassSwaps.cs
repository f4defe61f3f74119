using GenEngine.Data;
using GenEngine.Kernels.Layout;
using GenEngine.Metrics;

namespace GenEngine.Models;

/// <summary>Test images decoded as another class than their own, their codes held; all classes come in turn.</summary>
/// <param name="Images">[count, pixels].</param>
/// <param name="Given">The class that each was given.</param>
internal sealed record ClassSwaps(FeatureMatrix Images, int[] Given)
{
    public int Count => Given.Length;

    /// <summary>Swaps the first <paramref name="count"/> images.</summary>
    public static ClassSwaps Of(GenerativeModel model, ImageDataset test, int count, Binarization binarization)
    {
        count = Math.Min(count, test.Count);
        int classes = test.ClassNames.Count;
        using var data = new DeviceDataset(model.Context, test, binarization);
        int[] given = [.. Enumerable.Range(0, count).Select(i => (test.Labels![i] + 1 + (i % (classes - 1))) % classes)]; // never the image's own
        return new ClassSwaps(new FeatureMatrix(ModelRuns.Images(model, count, ModelRuns.Codes(model, data, count), given), count, model.Data.Pixels), given);
    }
}

using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Kernels.Sampling;
using GenEngine.Models;
using GenEngine.Plots;
using GenEngine.Runs;

namespace GenEngine.Bench.Commands;

/// <summary>The pictures that training leaves in the run folder when it is done. Each begins with the seed's random numbers from the start, so that it can be drawn again from the weights alone.</summary>
internal static class TrainPictures
{
    public const string Reconstructions = "reconstructions.png", Samples = "samples.png", Manifold = "manifold.png", Codes = "codes.png", Loss = "loss.png", LossLines = "loss.svg";

    private const int SampleRows = 8; // of a pixel model

    /// <summary>Those that a model has something to show on, the losses left out.</summary>
    public static IEnumerable<string> Of(IModel model, ImageDataset test)
    {
        if (model is GenerativeModel generative)
        {
            if (model is IEncoder) yield return Reconstructions;
            yield return Samples;
            if (generative.Latent != 2) yield break;
            yield return Manifold;
            if (test.Labels is not null && model is IEncoder) yield return Codes;
        }
        else if (model is PixelModel)
        {
            yield return Samples;
        }
    }

    /// <summary>One of <see cref="Of"/>.</summary>
    /// <param name="config">Of the run.</param>
    /// <param name="testSet">Asked for only by pictures of test images.</param>
    /// <param name="test">The same on the device.</param>
    public static Bitmap Draw(string name, ZooModel model, RunConfig config, Func<ImageDataset> testSet, Func<DeviceDataset> test)
    {
        var context = model.Context;
        context.RestoreRandom(new RandomState(context.Seed, 0));
        if (name == Samples && model is PixelModel pixels) return FixedSamples.Pixels(pixels, SampleRows);
        var generative = (GenerativeModel)model;
        if (name == Samples) return generative.IsConditional ? LatentPictures.ClassTable(generative, config.ClassNames ?? testSet().ClassNames) : LatentPictures.Samples(generative);
        if (name == Manifold) return LatentPictures.Manifold(generative);
        return name == Codes ? LatentPictures.Scatter(generative, test(), testSet()) : LatentPictures.Reconstructions(generative, test());
    }

    /// <summary>The losses over the steps.</summary>
    /// <param name="unit">Of the losses.</param>
    public static LinePlot Losses(IReadOnlyList<string> names, IReadOnlyList<MetricsPoint> points, string unit)
    {
        double[] steps = [.. points.Select(point => (double)point.Step)];
        return new LinePlot
        {
            Title = "training loss",
            XLabel = "step",
            YLabel = unit,
            Series = [.. names.Select((name, i) => new LineSeries(name, steps, [.. points.Select(point => point.Losses[i])]))],
        };
    }
}

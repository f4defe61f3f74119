using GenEngine.Data;
using GenEngine.Export;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Metrics;

namespace GenEngine.Models;

/// <summary>What a judge says of images.</summary>
/// <param name="Features">[count, features], after ReLU: what Frechet distance, precision and recall compare.</param>
/// <param name="Probabilities">[count, classes], each row adds up to 1.</param>
/// <param name="Logits">[count, classes].</param>
public sealed record Verdict(FeatureMatrix Features, FeatureMatrix Probabilities, FeatureMatrix Logits);

/// <summary>
/// A small convolutional classifier that the tool trains itself, on training data only, to judge generated images by: its seed, the
/// hash of its weights and its test accuracy stand beside every figure. It has its own context: judging changes no random state of a model.
/// </summary>
public sealed class Judge : IDisposable
{
    private readonly Context _context;
    private readonly JudgeNetwork _network;

    private Judge(Context context, JudgeNetwork network, DataShape data, JudgeRecipe recipe) =>
        (_context, _network, Data, Recipe) = (context, network, data, recipe);

    /// <summary>Images it can judge.</summary>
    public DataShape Data { get; }

    /// <summary>How it was trained, its seed included.</summary>
    public JudgeRecipe Recipe { get; }

    /// <summary>SHA-256 of the training data (<see cref="ImageDataset.ContentHash"/>).</summary>
    public string DataHash { get; private init; } = "";

    /// <summary>SHA-256 of the weights.</summary>
    public string WeightHash { get; private init; } = "";

    /// <summary>Share of the test images that it names right.</summary>
    public double TestAccuracy { get; private set; }

    /// <summary>True when the weights came from the cache.</summary>
    public bool WasCached { get; private init; }

    /// <summary>A trained judge: from the cache if it is there, else trained now and cached.</summary>
    /// <param name="device">Where it works.</param>
    /// <param name="train">Labelled; nothing else is trained on.</param>
    /// <param name="test">Labelled, for <see cref="TestAccuracy"/> only.</param>
    /// <param name="recipe">Default: two epochs, seed 1.</param>
    /// <param name="cached">False: neither read nor write the cache.</param>
    /// <param name="report">Steps done and steps in all.</param>
    /// <param name="stop">Ends training by an <see cref="OperationCanceledException"/>; nothing is cached.</param>
    /// <exception cref="EngineException">No labels, one class only, sets that do not fit each other, a recipe that is none.</exception>
    public static Judge Load(
        Device device, ImageDataset train, ImageDataset test, JudgeRecipe? recipe = null, bool cached = true, Action<long, long>? report = null, CancellationToken stop = default)
    {
        recipe ??= new JudgeRecipe();
        recipe.Check();
        Check(train, test);
        var context = new Context(device, DType.Float32, recipe.Seed);
        try
        {
            var shape = DataShape.Of(train);
            string key = recipe.Key("classifier", train.ContentHash, shape.Classes);
            var (network, found, notes) = JudgeTraining.Obtain(key, cached, () => new JudgeNetwork(context, "judge", shape, shape.Classes, recipe), fresh =>
            {
                using var data = new DeviceDataset(context, train);
                JudgeTraining.Train(fresh, data, recipe, batch => fresh.Forward(batch.Images).Outputs.SoftmaxCrossEntropyMean(batch.Labels!), report, stop);
            });
            var judge = new Judge(context, network, shape, recipe) { DataHash = train.ContentHash, WeightHash = network.WeightHash(), WasCached = found };
            double[]? scores = found ? JudgeCache.Scores(notes, test.ContentHash) : null;
            judge.TestAccuracy = scores is [double known] ? known : ClassifierScores.Top1(judge.Of(test, stop).Probabilities, test.Labels!);
            if (cached && scores is null) JudgeCache.Save(key, network, recipe.Seed, test.ContentHash, [judge.TestAccuracy], new Dictionary<string, string> { ["data.sha256"] = train.ContentHash });
            return judge;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>The judge of these images if one has been trained and cached; null rather than to train one.</summary>
    public static Judge? Find(Device device, ImageDataset train, ImageDataset test)
    {
        if (train.Labels is null || test.Labels is null || train.ClassNames.Count < 2) return null;
        try
        {
            return Load(device, train, test, stop: new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Judges all images of a set.</summary>
    public Verdict Of(ImageDataset images, CancellationToken stop = default)
    {
        if ((images.Height, images.Width, images.Channels) != (Data.Height, Data.Width, Data.Channels))
            throw new EngineException($"The judge was trained on {Describe(Data)} images; '{images.Name}' has {Describe(DataShape.Of(images))}.");
        return Of(images.Count, (start, rows) =>
        {
            var bytes = images.Items.AsSpan(start * Data.Pixels, rows.Length);
            for (int i = 0; i < rows.Length; i++) rows[i] = bytes[i] / 255f;
        }, stop);
    }

    /// <summary>Judges generated images: [count, height*width*channels], pixels in [0, 1].</summary>
    public Verdict Of(FeatureMatrix images, CancellationToken stop = default)
    {
        if (images.Width != Data.Pixels)
            throw new EngineException($"The judge was trained on {Describe(Data)} images, {Data.Pixels} values each; these have {images.Width}.");
        return Of(images.Count, (start, rows) =>
        {
            var values = images.Values.AsSpan(start * Data.Pixels, rows.Length);
            for (int i = 0; i < rows.Length; i++) rows[i] = values[i];
        }, stop);
    }

    internal Context Context => _context;

    /// <summary>Images to features and logits.</summary>
    internal NetworkPart Classifier => new("classifier", [Data.Images()], [Port.Rows("features", _network.Features, "what the Frechet distance compares"), Port.Rows("logits", Data.Classes, "of the classes")], x =>
    {
        var (features, logits) = _network.Forward(x[0]);
        return [features, logits];
    });

    public void Dispose() => _context.Dispose();

    internal static void Check(ImageDataset train, ImageDataset test)
    {
        if (train.Labels is null || test.Labels is null)
            throw new EngineException($"A judge learns classes, and '{(train.Labels is null ? train : test).Name}' has none. Give a folder a class, or leave out the figures that need a judge.");
        if (train.ClassNames.Count < 2) throw new EngineException($"'{train.Name}' has one class only; a judge needs two at least.");
        if (DataShape.Of(train) != DataShape.Of(test))
            throw new EngineException($"Training images are {Describe(DataShape.Of(train))}, test images {Describe(DataShape.Of(test))}.");
        if (train.Count == 0 || test.Count == 0) throw new EngineException("A judge needs training images and test images; one of the sets is empty.");
    }

    private static string Describe(DataShape data) => $"{data.Height}x{data.Width}x{data.Channels} ({data.Classes} classes)";

    private Verdict Of(int count, Action<int, Span<double>> fill, CancellationToken stop)
    {
        var (features, logits) = JudgeTraining.Run(_network, count, Data.Pixels, fill, stop);
        return new Verdict(
            new FeatureMatrix(features, count, _network.Features), new FeatureMatrix(ClassifierScores.Softmax(logits, Data.Classes), count, Data.Classes),
            new FeatureMatrix(logits, count, Data.Classes));
    }
}

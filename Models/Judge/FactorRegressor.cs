using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Metrics;

namespace GenEngine.Models;

/// <summary>
/// The judge's trunk with continuous outputs: recovers known factors (pose, light, ...) from an image. Squared error over factors
/// standardised by the training set; predictions come in the factors' own units.
/// </summary>
public sealed class FactorRegressor : IDisposable
{
    private readonly Context _context;
    private readonly JudgeNetwork _network;
    private readonly double[] _mean, _scale;

    private FactorRegressor(Context context, JudgeNetwork network, DataShape data, double[] mean, double[] scale) =>
        (_context, _network, Data, _mean, _scale) = (context, network, data, mean, scale);

    /// <summary>The images that it was trained on; others need as many values an image.</summary>
    public DataShape Data { get; }

    /// <summary>SHA-256 of the weights.</summary>
    public string WeightHash { get; private init; } = "";

    /// <summary>R^2 of each factor on the test set: 1 is perfect, 0 no better than the mean.</summary>
    public IReadOnlyList<double> TestR2 { get; private set; } = [];

    /// <summary>True when the weights came from the cache.</summary>
    public bool WasCached { get; private init; }

    /// <summary>A trained regressor: from the cache if it is there, else trained now and cached.</summary>
    /// <param name="device">Where it works.</param>
    /// <param name="train">Images; labels, if any, are not looked at.</param>
    /// <param name="trainFactors">[images, factors].</param>
    /// <param name="test">For <see cref="TestR2"/> only.</param>
    /// <param name="testFactors">[images, factors].</param>
    /// <param name="recipe">Default: two epochs, seed 1.</param>
    /// <param name="cached">False: neither read nor write the cache.</param>
    /// <param name="report">Steps done and steps in all.</param>
    /// <param name="stop">Ends training by an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="EngineException">Sets that do not fit each other.</exception>
    public static FactorRegressor Load(
        Device device, ImageDataset train, FeatureMatrix trainFactors, ImageDataset test, FeatureMatrix testFactors, JudgeRecipe? recipe = null, bool cached = true,
        Action<long, long>? report = null, CancellationToken stop = default)
    {
        recipe ??= new JudgeRecipe();
        recipe.Check();
        if (trainFactors.Count != train.Count || testFactors.Count != test.Count || trainFactors.Width != testFactors.Width || (train.Height, train.Width, train.Channels) != (test.Height, test.Width, test.Channels))
        {
            throw new EngineException(
                $"Factors do not fit the images: {trainFactors.Count}x{trainFactors.Width} for {train.Count} training images, {testFactors.Count}x{testFactors.Width} for {test.Count} test images.");
        }

        var context = new Context(device, DType.Float32, recipe.Seed);
        try
        {
            int factors = trainFactors.Width;
            var shape = DataShape.Of(train);
            var (mean, scale) = Moments.Standardisation(trainFactors);
            string key = recipe.Key("regressor", Hash(train, trainFactors), factors), testHash = Hash(test, testFactors);
            var (network, found, notes) = JudgeTraining.Obtain(
                key, cached, () => new JudgeNetwork(context, "regressor", shape, factors, recipe), fresh => Train(context, fresh, train, trainFactors, mean, scale, recipe, report, stop));
            var result = new FactorRegressor(context, network, shape, mean, scale) { WeightHash = network.WeightHash(), WasCached = found };
            double[]? scores = found ? JudgeCache.Scores(notes, testHash) : null;
            result.TestR2 = scores?.Length == factors ? scores : RidgeRegression.R2(result.Predict(test, stop), testFactors);
            if (cached && scores is null) JudgeCache.Save(key, network, recipe.Seed, testHash, result.TestR2, new Dictionary<string, string>());
            return result;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Factors of all images of a set: [count, factors].</summary>
    public FeatureMatrix Predict(ImageDataset images, CancellationToken stop = default) => (images.Height, images.Width, images.Channels) == (Data.Height, Data.Width, Data.Channels)
        ? Predict(FeatureMatrix.Of(images), stop)
        : throw new EngineException($"The regressor was trained on images of {Data.Height}x{Data.Width}x{Data.Channels}; those of {images.Name} are {images.Height}x{images.Width}x{images.Channels}.");

    /// <summary>Factors of generated images [count, height*width*channels], pixels in [0, 1].</summary>
    public FeatureMatrix Predict(FeatureMatrix images, CancellationToken stop = default)
    {
        if (images.Width != Data.Pixels) throw new EngineException($"The regressor was trained on images of {Data.Pixels} values; these have {images.Width}.");
        var (_, outputs) = JudgeTraining.Run(_network, images.Count, Data.Pixels, (start, rows) =>
        {
            var values = images.Values.AsSpan(start * Data.Pixels, rows.Length);
            for (int i = 0; i < rows.Length; i++) rows[i] = values[i];
        }, stop);
        int width = _network.Outputs;
        for (int i = 0; i < outputs.Length; i++) outputs[i] = (float)((outputs[i] * _scale[i % width]) + _mean[i % width]);
        return new FeatureMatrix(outputs, images.Count, width);
    }

    public void Dispose() => _context.Dispose();

    private static void Train(
        Context context, JudgeNetwork network, ImageDataset train, FeatureMatrix factors, double[] mean, double[] scale, JudgeRecipe recipe, Action<long, long>? report,
        CancellationToken stop)
    {
        var targets = new double[factors.Values.Length];
        for (int i = 0; i < targets.Length; i++) targets[i] = (factors.Values[i] - mean[i % factors.Width]) / scale[i % factors.Width];
        var table = context.FromHost(targets, new Shape(factors.Count, factors.Width), "factors");
        // the label of an image is its own number: the batch then finds its rows of the table on the device
        string[] names = new string[train.Count];
        Array.Fill(names, "");
        var numbered = new ImageDataset(train.Name, train.Split, train.Height, train.Width, train.Channels, train.Items, [.. Enumerable.Range(0, train.Count)], names);
        using var data = new DeviceDataset(context, numbered);
        JudgeTraining.Train(network, data, recipe, batch => network.Forward(batch.Images).Outputs.SquaredErrorMean(table.Embedding(batch.Labels!)), report, stop);
    }

    private static string Hash(ImageDataset images, FeatureMatrix factors) => string.Create(
        CultureInfo.InvariantCulture, $"{images.ContentHash} {Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(factors.Values)))}");
}

using System.Globalization;
using GenEngine.Data;
using GenEngine.Kernels.Layout;
using GenEngine.Metrics;
using GenEngine.Numerics;

namespace GenEngine.Models;

/// <summary>
/// Every metric that applies to a model, each beside real data's or a baseline's figure. What is measured on generated images takes as many as there are test images,
/// at most <see cref="Count"/>, with the classes of the test set for a conditional model.
/// </summary>
public sealed class ModelEvaluation
{
    /// <summary>Images generated at most, where <see cref="Count"/> is left alone.</summary>
    public const int StandardCount = 10_000;

    private const int ProbeImages = 10_000, PairsAClass = 100, MemorisationImages = 2_000, MixtureImages = 1_000, ManifoldSide = 20;

    private readonly ZooModel _model;
    private readonly ImageDataset _train, _test;
    private readonly Binarization _binarization;
    private ClassSwaps? _swapped;

    /// <param name="model">With its weights.</param>
    /// <param name="train">What it was trained on; for probes, baselines and memorisation.</param>
    /// <param name="test">What it has not seen.</param>
    /// <param name="binarization">As in training.</param>
    public ModelEvaluation(ZooModel model, ImageDataset train, ImageDataset test, Binarization binarization = Binarization.None) =>
        (_model, _train, _test, _binarization) = (model, train, test, binarization);

    /// <summary>Generated images.</summary>
    public int Count { get; init; } = StandardCount;

    /// <summary>Of pairs, of thinning, and of the codes' classes where the test set has none.</summary>
    public ulong Seed { get; init; }

    /// <summary>Stops between measurements.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Losses on the test set, and the importance-weighted bound when samples are asked for.</summary>
    /// <param name="importanceSamples">An image; 0 leaves the bound out.</param>
    public IReadOnlyList<Score> Losses(int importanceSamples = 0)
    {
        using var test = new DeviceDataset(_model.Context, _test, _binarization);
        var scores = new List<Score>();
        if (_model is PixelModel { IsExact: true } pixels) Likelihood(pixels, test, scores);
        else if (_model.RowLossNames.Count > 0)
        {
            double[] losses = Evaluator.MeanLosses(_model, test, stop: Stop);
            for (int i = 0; i < losses.Length; i++)
            {
                bool error = _model.RowLossNames[i] == "squared error";
                scores.Add(error
                    ? new Score("squared error", "an image", losses[i], Pca(), "PCA of as many dimensions", "lower")
                    : new Score(_model.RowLossNames[i], _model.LossUnit, losses[i], Better: _model.RowLossNames[i] == "kl" ? "" : "lower"));
            }
        }

        if (_model is PixelGanAe { IsCategorical: true } mixture) Mixture(mixture, test, scores);
        if (importanceSamples > 0)
        {
            if (_model is not ILikelihoodBound bounded) throw new Kernels.EngineException($"The importance-weighted bound needs a model with a likelihood; '{_model.Name}' has none.");
            double bound = Evaluator.ImportanceBound(_model, test, importanceSamples, bounded.LogWeight, stop: Stop);
            scores.Add(new Score(string.Create(CultureInfo.InvariantCulture, $"-log p(x), IWAE-{importanceSamples}"), "nats per image", -bound, Better: "lower"));
        }

        return scores;
    }

    /// <summary>An exact likelihood, its standard error over images, and bits a dimension beside those of the training set's histogram.</summary>
    private void Likelihood(PixelModel model, DeviceDataset test, List<Score> scores)
    {
        var losses = new List<double>();
        for (int start = 0; start < test.Count; start += Evaluator.StandardBatch)
        {
            Stop.ThrowIfCancellationRequested();
            using var step = new EvaluationStep(model);
            losses.AddRange(model.RowLosses(test.EvaluationBatch(start, Evaluator.StandardBatch))[0].ToDoubles().Take(test.Count - start));
        }

        Likelihood(model, losses, scores);
    }

    /// <summary>The likelihood under a categorical prior, every code counted: a pass of the decoder each, so of the first images only.</summary>
    private void Mixture(PixelGanAe model, DeviceDataset test, List<Score> scores)
    {
        const int Rows = 100;
        var losses = new List<double>();
        for (int start = 0; start < Math.Min(test.Count, MixtureImages); start += Rows)
        {
            Stop.ThrowIfCancellationRequested();
            using var step = new EvaluationStep(model);
            losses.AddRange(model.Mixture(test.EvaluationBatch(start, Rows).Images).Take(test.Count - start));
        }

        Likelihood(model, losses, scores);
    }

    private void Likelihood(PixelModel model, List<double> losses, List<Score> scores)
    {
        double mean = losses.Average(), deviation = Math.Sqrt(losses.Sum(loss => (loss - mean) * (loss - mean)) / Math.Max(losses.Count - 1, 1));
        string data = _binarization == Binarization.Dynamic ? "dynamically binarised, drawn once" : model.Levels == 2 ? "static bits" : "bytes";
        scores.Add(new Score("nll", model.LossUnit, mean, Better: "lower"));
        scores.Add(new Score("standard error of the nll", $"nats, over {losses.Count.ToString("N0", CultureInfo.InvariantCulture)} images, {data}", deviation / Math.Sqrt(losses.Count)));
        scores.Add(new Score("bits per dimension", "", mean / model.Data.Pixels / Math.Log(2), Histogram(model), "histogram of each channel", "lower"));
    }

    /// <summary>Bits a value of the test set under the training set's histogram of its channel, one added to each count.</summary>
    private double Histogram(PixelModel model)
    {
        int channels = model.Data.Channels, levels = model.Levels;
        var counts = new double[channels, levels];
        void Each(ImageDataset set, Action<int, int, double> visit)
        {
            for (int i = 0; i < set.Items.Length; i++)
            {
                if (levels > 2) visit(i % channels, set.Items[i], 1);
                else
                {
                    visit(i % channels, 1, set.Items[i] / 255.0); // a grey pixel is a bit with this probability
                    visit(i % channels, 0, 1 - (set.Items[i] / 255.0));
                }
            }
        }

        for (int c = 0; c < channels; c++) for (int level = 0; level < levels; level++) counts[c, level] = 1;
        Each(_train, (channel, level, weight) => counts[channel, level] += weight);
        double all = counts.Cast<double>().Sum() / channels, bits = 0;
        Each(_test, (channel, level, weight) => bits -= weight * Math.Log2(counts[channel, level] / all));
        return bits / _test.Items.Length;
    }

    /// <summary>What the code holds: its active units, the class as a linear probe reads it; empty for a model that reads no images.</summary>
    public IReadOnlyList<Score> Codes()
    {
        var scores = new List<Score>();
        if (_model is not (ZooModel coded and IEncoder)) return scores;
        using var test = new DeviceDataset(_model.Context, _test, _binarization);
        FeatureMatrix Matrix(DeviceDataset images) => FeatureMatrix.Of(ModelRuns.Codes(coded, images), coded.Latent);
        var testCodes = Matrix(test);
        if (_model is ILikelihoodBound)
            scores.Add(new Score("active units", $"of {coded.Latent}", LatentScores.ActiveUnits(testCodes).Count(active => active)));
        if (_train.Labels is null || _test.Labels is null || _train.ClassNames.Count < 2) return scores;
        using var train = new DeviceDataset(_model.Context, _train.Take(ProbeImages), _binarization);
        int[] labels = _train.Labels[..Math.Min(ProbeImages, _train.Count)];
        var probe = SoftmaxProbe.Fit(Matrix(train), labels, _train.ClassNames.Count);
        scores.Add(new Score("class read from the code", "share, linear probe", probe.Accuracy(testCodes, _test.Labels), Chance(_test.Labels), "the largest class", _model.IsConditional ? "lower" : "higher"));
        return scores;
    }

    /// <summary>Images given another class while their code is held: how many the judge takes for the class that they were given.</summary>
    private Score Swaps(Judge judge)
    {
        return new("top-1 of swapped images", "share", ClassifierScores.Top1(judge.Of(Swapped.Images, Stop).Probabilities, Swapped.Given), Better: "higher");
    }

    private ClassSwaps Swapped => _swapped ??= ClassSwaps.Of((GenerativeModel)_model, _test, Count, _binarization);

    /// <summary>How the categories that a model has found agree with the classes that it was not told; empty for a model without categories, and where the test set has no classes.</summary>
    public IReadOnlyList<Score> Categories()
    {
        const int Rows = 250;
        if (_model is not ICategories { Categories: > 0 } model || _test.Labels is not { } truth) return [];
        using var test = new DeviceDataset(_model.Context, _test, _binarization);
        var logits = new float[_test.Count * model.Categories];
        for (int start = 0; start < _test.Count; start += Rows)
        {
            using var step = new EvaluationStep(_model);
            double[] values = model.CategoryLogits(test.EvaluationBatch(start, Rows).Images).ToDoubles();
            for (int i = 0; i < Math.Min(Rows, _test.Count - start) * model.Categories; i++) logits[(start * model.Categories) + i] = (float)values[i];
        }

        var probabilities = new FeatureMatrix(ClassifierScores.Softmax(logits, model.Categories), _test.Count, model.Categories);
        int[] found = ClassifierScores.Classes(probabilities);
        List<Score> scores =
        [
            new("class of the category code", "share, majority", ClassifierScores.CodeAccuracy(found, truth), Chance(truth), "the largest class", "higher"),
            new("clustering error", "share, each code named by its surest image", 1 - Clustering.SurestAccuracy(probabilities, truth), 1 - Chance(truth), "the largest class", "lower"),
            new("mutual information of code and class", "normalised", Clustering.MutualInformation(found, truth), Better: "higher"),
            new("categories used", $"of {model.Categories}, by at least one image in a thousand", found.GroupBy(code => code).Count(group => group.Count() * 1000 >= found.Length)),
        ];
        if (model.Labelled > 0)
            scores.Add(new("semi-supervised error", $"share, category i is class i, taught by {model.Labelled} labels", 1 - ClassifierScores.Top1(probabilities, truth), 1 - Chance(truth), "the largest class", "lower"));

        return scores;
    }

    private static double Chance(int[] labels) => labels.GroupBy(label => label).Max(group => group.Count()) / (double)labels.Length;

    /// <summary>What generated images look like to the judge and to themselves.</summary>
    /// <param name="judge">Trained on real images of the same set.</param>
    public IReadOnlyList<Score> Samples(Judge judge)
    {
        int count = Math.Min(Count, _test.Count);
        int classes = _test.ClassNames.Count;
        var realSet = _test.Take(count);
        int[]? labels = _model.IsConditional ? realSet.Labels : null;
        var real = FeatureMatrix.Of(realSet);
        var made = new FeatureMatrix(ModelRuns.Images(_model, count, null, labels), count, _model.Data.Pixels);
        Stop.ThrowIfCancellationRequested();
        var (realVerdict, verdict) = (judge.Of(real, Stop), judge.Of(made, Stop));
        var scores = new List<Score>
        {
            new("classifier-feature Frechet distance / trace", "", FrechetDistance.Relative(realVerdict.Features, verdict.Features), FrechetDistance.Floor(realVerdict.Features), "halves of the real images", "lower"),
            new("inception-style score", $"1 to {classes}", ClassifierScores.InceptionStyle(verdict.Probabilities).Mean, ClassifierScores.InceptionStyle(realVerdict.Probabilities).Mean, "real test images", "higher"),
            new("recognised above 0.9", "share", ClassifierScores.Recognised(verdict.Probabilities), ClassifierScores.Recognised(realVerdict.Probabilities), "real test images", "higher"),
            new("class entropy", "nats", ClassifierScores.ClassEntropy(verdict.Probabilities), ClassifierScores.ClassEntropy(realVerdict.Probabilities), "real test images", "near the reference"),
            new("rarest class", "share", ClassifierScores.RarestClass(verdict.Probabilities), ClassifierScores.RarestClass(realVerdict.Probabilities), "real test images", "near the reference"),
        };
        if (labels is not null)
        {
            scores.Add(new("top-1 of conditional samples", "share", ClassifierScores.Top1(verdict.Probabilities, labels), ClassifierScores.Top1(realVerdict.Probabilities, labels), "real test images", "higher"));
            scores.Add(new("gross errors", "share: another class, or none above 0.5", ClassifierScores.GrossErrors(verdict.Probabilities, labels), ClassifierScores.GrossErrors(realVerdict.Probabilities, realSet.Labels!), "real test images", "lower"));
        }

        if (labels is not null && _model is IEncoder) scores.Add(Swaps(judge));
        Stop.ThrowIfCancellationRequested();
        var similarity = new MsSsim(_model.Data.Height, _model.Data.Width, _model.Data.Channels);
        int[] kinds = labels ?? ClassifierScores.Classes(verdict.Probabilities);
        scores.Add(new(
            "MS-SSIM within a class", $"{similarity.Scales} scales", Mean(similarity.WithinClass(made, kinds, classes, PairsAClass, Seed)), Mean(similarity.WithinClass(real, realSet.Labels, classes, PairsAClass, Seed)),
            "real test images", "near the reference"));
        scores.Add(new("sharpness over real images'", "", ImageScores.RelativeSharpness(made, real, _model.Data.Height, _model.Data.Width, _model.Data.Channels), 1, "real test images", "near the reference"));
        Stop.ThrowIfCancellationRequested();
        var neighbours = PrecisionRecall.Of(realVerdict.Features, verdict.Features);
        scores.Add(new("precision", "share, k = 5", neighbours.Precision, Better: "higher"));
        scores.Add(new("recall", "share, k = 5", neighbours.Recall, Better: "higher"));
        scores.Add(new("density", "k = 5", neighbours.Density, 1, "the same distribution", "higher"));
        scores.Add(new("coverage", "share, k = 5", neighbours.Coverage, Better: "higher"));
        scores.Add(Memorisation(made));
        if (_model is GenerativeModel { Latent: 2 } flat) scores.Add(ManifoldScore(flat, judge));
        return scores;
    }

    /// <summary>What swapped images keep of their sources' known factors; empty where images have none or the model cannot swap.</summary>
    /// <param name="regressor">Trained on real images of the same set.</param>
    public IReadOnlyList<Score> Factors(FactorRegressor regressor) => FactorEvaluation.Applies(_model, _test) ? FactorEvaluation.Of(Swapped, _test, regressor, Stop) : [];

    private Score Memorisation(FeatureMatrix made)
    {
        Stop.ThrowIfCancellationRequested();
        var few = made.Slice(0, Math.Min(MemorisationImages, made.Count));
        var (ratio, _) = NearestNeighbours.Memorisation(few, FeatureMatrix.Of(_train.Take(_test.Count)), FeatureMatrix.Of(_test), Seed);
        return new("distance to training over distance to test images", "", ratio, 1, "nothing repeated", "near the reference");
    }

    private Score ManifoldScore(GenerativeModel model, Judge judge)
    {
        int cells = ManifoldSide * ManifoldSide;
        double[] codes = LatentPictures.ManifoldCodes(model, ManifoldSide);
        var seen = new List<double>();
        foreach (int label in Enumerable.Range(0, _model.IsConditional ? _model.Data.Classes : 1))
        {
            int[]? labels = _model.IsConditional ? [.. Enumerable.Repeat(label, cells)] : null;
            float[] images = ModelRuns.Images(model, cells, codes, labels);
            seen.Add(ClassifierScores.Recognised(judge.Of(new FeatureMatrix(images, cells, _model.Data.Pixels), Stop).Probabilities));
        }

        return new("manifold cells recognised above 0.9", "share", seen.Average(), Better: "higher");
    }

    private double? Pca()
    {
        if (_binarization != Binarization.None || _model.Data.Pixels > 28 * 28 || _model is not GenerativeModel coded) return null; // of colour images the eigenvectors take minutes
        return PrincipalComponents.Of(FeatureMatrix.Of(_train)).ReconstructionError(FeatureMatrix.Of(_test), Math.Min(coded.Latent, _model.Data.Pixels));
    }

    private static double Mean(double[] values) => values.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();
}

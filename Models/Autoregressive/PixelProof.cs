using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Devices;
using GenEngine.Numerics;
using GenEngine.Plots;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>One claim of a proof card.</summary>
/// <param name="Claim">What is claimed.</param>
/// <param name="Holds">Whether it was found so.</param>
/// <param name="Found">What was found.</param>
public sealed record ProofLine(string Claim, bool Holds, string Found)
{
    /// <summary>The line on the gradient of a model's first phase.</summary>
    public static ProofLine OfGradient(ModelDescription description, Device device)
    {
        var report = ModelCheck.Gradients(description, device, entries: 8).First();
        return new ProofLine("the gradient is the loss's, by central differences in float64", report.Passed, FormattableString.Invariant($"worst error {report.WorstError:E1} of the greatest entry"));
    }
}

/// <summary>
/// What a pixel model claims, shown on a small copy of it with the weights that it begins with: nothing sees itself or what comes later, everything before is seen (or the paper's blind spot is there),
/// probabilities are probabilities, the incremental sampler is the full pass, the gradient is the loss's.
/// </summary>
public static class PixelProof
{
    private const int Side = 9, Row = 6, Column = 3;

    /// <summary>The lines of the card.</summary>
    /// <param name="description">A model of images, pixel by pixel.</param>
    public static IEnumerable<ProofLine> Card(ModelDescription description, Device device)
    {
        yield return Causality(description, device);
        yield return Sum(description, device);
        yield return Incremental(description, device);
        yield return ProofLine.OfGradient(description, device);
    }

    /// <summary>Which pixels the logits at row 6, column 3 of 9x9 depend on: as the paper says, and as perturbation finds it.</summary>
    public static (InfluenceMap Claimed, InfluenceMap Measured) Field(ModelDescription description, Device device)
    {
        using var context = new Context(device, seed: 3);
        using var model = Small(description, context, Side, layers: 8);
        double[] image = Pixels(model, 1);
        double[] before = Logits(model, image, 1);
        var measured = new float[Side * Side];
        int outputs = before.Length / (Side * Side), at = ((Row * Side) + Column) * outputs;
        for (int i = 0; i < measured.Length; i++)
        {
            double[] other = (double[])image.Clone();
            other[i] = 1 - other[i];
            double[] after = Logits(model, other, 1);
            for (int k = 0; k < outputs; k++) measured[i] = Math.Max(measured[i], (float)Math.Abs(after[at + k] - before[at + k]));
        }

        float[] claimed = [.. Enumerable.Range(0, Side * Side).Select(i => Claims(description.Name, Row - (i / Side), (i % Side) - Column) ? 1f : 0f)];
        return (new InfluenceMap("claimed", claimed, Side, Side, Row, Column), new InfluenceMap("measured", measured, Side, Side, Row, Column));
    }

    /// <summary>
    /// What the papers say that a pixel sees, here with a first kernel of 7x7: PixelCNN not the wedge that masks of 3x3 leave behind the first kernel's reach; Row LSTM a triangle that widens by
    /// a column a row and layer; a diagonal one everything but, where the first kernel does not bring it in, the last pixel of the row above; the gated one everything.
    /// </summary>
    private static bool Claims(string model, int up, int right)
    {
        if (up < 0 || (up == 0 && right >= 0)) return false;
        const int Reach = 3;
        return model switch
        {
            "pixelcnn" => right <= up + Reach - 1 || (up <= Reach && right <= Reach),
            "row-lstm" => right <= up + Reach - 1 || (up <= Reach && right <= Reach),
            "diagonal-bilstm" => !(up == 1 && right == Side - 1 - Column && right > Reach),
            _ => true,
        };
    }

    private static ProofLine Causality(ModelDescription description, Device device)
    {
        using var context = new Context(device, seed: 3);
        using var model = Small(description, context, 5);
        double[] image = Pixels(model, 1), before = Logits(model, image, 1);
        int each = before.Length / image.Length, leaks = 0;
        for (int changed = 0; changed < image.Length; changed++)
        {
            double[] other = (double[])image.Clone();
            other[changed] = 1 - other[changed];
            if (!Logits(model, other, 1).AsSpan(0, (changed + 1) * each).SequenceEqual(before.AsSpan(0, (changed + 1) * each))) leaks++;
        }

        return new ProofLine("no pixel's logits see itself or what comes later", leaks == 0, $"{image.Length} pixels changed one by one, {leaks} noticed too early (bit for bit)");
    }

    private static ProofLine Sum(ModelDescription description, Device device)
    {
        const int Count = 512;
        using var context = new Context(device, seed: 3);
        using var model = Small(description, context, 3);
        double[] images = [.. Enumerable.Range(0, Count).SelectMany(bits => Enumerable.Range(0, 9).Select(pixel => (double)((bits >> pixel) & 1)))];
        using var step = new EvaluationStep(model);
        double sum = model.Nll(context.Transient(images, new Shape(Count, 9)), PixelRuns.Rows(model, Count, Told(model, Count, apart: false))).ToDoubles().Sum(nll => Math.Exp(-nll));
        return new ProofLine("the probabilities of all 512 images of 3x3 bits sum to one", Math.Abs(sum - 1) < 1e-5, FormattableString.Invariant($"{sum:F7}"));
    }

    private static ProofLine Incremental(ModelDescription description, Device device)
    {
        const int Batch = 7;
        using var context = new Context(device, seed: 3);
        using var model = Small(description, context, 7);
        using var sampler = PixelRuns.Sampler(model, Batch, Told(model, Batch));
        int[] values = [.. Enumerable.Repeat(-1, Batch * model.Data.Pixels)];
        sampler.Run(values, seed: 1, new SamplingOptions { KeepLogits = true });
        float[] kept = sampler.Logits();
        double[] full = Logits(model, Array.ConvertAll(values, value => (double)value), Batch);
        int unlike = Enumerable.Range(0, kept.Length).Count(i => kept[i] != (float)full[i]);
        return new ProofLine("the incremental sampler looks at the full pass's logits", unlike == 0, $"{kept.Length} logits of {Batch} images, {unlike} differ by any bit");
    }

    private static PixelModel Small(ModelDescription description, Context context, int side, int layers = 2) =>
        (PixelModel)description.Build(context, new DataShape(side, side, 1, 0), new ModelOptions { Width = 6, Layers = layers, Loss = "bernoulli" });

    private static double[] Pixels(PixelModel model, int n)
    {
        var random = new SplitMix64(1);
        return [.. Enumerable.Range(0, n * model.Data.Pixels).Select(_ => (double)random.Next(2))];
    }

    /// <summary>What the images of a model that has codes are told: image i the category i, or all the first.</summary>
    private static double[]? Told(PixelModel model, int n, bool apart = true) =>
        model.ConditionWidth == 0 ? null : ModelRuns.OneHot([.. Enumerable.Range(0, n).Select(i => apart ? i % model.ConditionWidth : 0)], model.ConditionWidth);

    private static double[] Logits(PixelModel model, double[] images, int n)
    {
        using var step = new EvaluationStep(model);
        return model.Logits(model.Context.Transient(images, new Shape(n, model.Data.Height, model.Data.Width, 1)), PixelRuns.Rows(model, n, Told(model, n))).ToDoubles();
    }
}

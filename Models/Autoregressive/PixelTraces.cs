using GenEngine.Kernels;
using GenEngine.Kernels.Columns;
using GenEngine.Plots;

namespace GenEngine.Models;

/// <summary>How one image came about: what each of its values was drawn from.</summary>
public static class PixelTraces
{
    /// <summary>Draws one image and records every draw.</summary>
    /// <param name="label">Its class, for a conditional model; else null. A code is drawn from the prior.</param>
    /// <param name="moments">Pictures that will be made of it: the distributions shown in them are kept.</param>
    public static SamplingTrace Of(PixelModel model, int? label, IReadOnlyList<int> moments)
    {
        int pixels = model.Data.Pixels, channels = model.Data.Channels;
        using var sampler = PixelRuns.Sampler(model, 1, label is { } given ? ModelRuns.OneHot([given], model.Data.Classes) : model.Latent > 0 ? ModelRuns.DrawCodes(model, 1) : null);
        int[] values = [.. Enumerable.Repeat(-1, pixels)];
        sampler.Run(values, model.Context.Seed, new SamplingOptions { KeepLogits = true });
        float[] logits = sampler.Logits();
        int each = sampler.Program.Logits;
        var trace = new SamplingTrace(model.Data.Height, model.Data.Width, channels, model.Levels);
        var kept = moments.SelectMany(count => SamplingTrace.Moments(pixels, count)).ToHashSet();
        for (int i = 0; i < pixels; i++)
        {
            int colour = i % channels;
            // a mixture draws a pixel's colours together, of parameters that stand with the first
            float[] law = model.Law == ColumnLaw.LogisticMixture
                ? MixtureLevels.Probabilities(logits.AsSpan((i - colour) * each, each), channels, values.AsSpan(i - colour, colour))
                : Probabilities(model.Law, logits.AsSpan(i * each, each));
            trace.Add(i / channels, colour, values[i], law, kept.Contains(i));
        }

        return trace;
    }

    private static float[] Probabilities(ColumnLaw law, ReadOnlySpan<float> logits)
    {
        if (law == ColumnLaw.Bernoulli)
        {
            double one = 1 / (1 + Math.Exp(-logits[0]));
            return [(float)(1 - one), (float)one];
        }

        var weights = new double[logits.Length];
        double largest = logits[0], sum = 0;
        foreach (float logit in logits) largest = Math.Max(largest, logit);
        for (int k = 0; k < weights.Length; k++) sum += weights[k] = Math.Exp(logits[k] - largest);
        return Array.ConvertAll(weights, weight => (float)(weight / sum));
    }
}

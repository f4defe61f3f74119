using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Plots;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// What a model of sequences claims, shown on a small copy of it with the weights that it begins with: as <see cref="PixelProof"/>, along one line. Two stacks of dilations 1 and 2, so that the field is counted over a repeat.
/// </summary>
public static class SequenceProof
{
    private const int Alphabet = 4, Length = 24, At = 20;

    /// <inheritdoc cref="PixelProof.Card"/>
    /// <param name="description">A model of sequences.</param>
    public static IEnumerable<ProofLine> Card(ModelDescription description, Device device)
    {
        yield return Causality(description, device);
        yield return Sum(description, device);
        yield return Incremental(description, device);
        yield return ProofLine.OfGradient(description, device);
    }

    /// <summary>Which codes the logits at position 20 of 24 depend on: its receptive field as computed, and as perturbation finds it.</summary>
    public static (InfluenceMap Claimed, InfluenceMap Measured) Field(ModelDescription description, Device device)
    {
        using var context = new Context(device, seed: 3);
        using var model = Small(description, context, smooth: true); // a ReLU may be dead to all that is heard
        int[] codes = Codes(1);
        double[] before = Logits(model, codes, 1);
        var measured = new float[Length];
        for (int i = 0; i < Length; i++)
        {
            double[] after = Logits(model, Changed(codes, i), 1);
            for (int k = 0; k < Alphabet; k++) measured[i] = Math.Max(measured[i], (float)Math.Abs(after[(At * Alphabet) + k] - before[(At * Alphabet) + k]));
        }

        float[] claimed = [.. Enumerable.Range(0, Length).Select(i => i <= At && At - i < model.Field ? 1f : 0f)];
        return (new InfluenceMap("claimed", claimed, 1, Length, 0, At), new InfluenceMap("measured", measured, 1, Length, 0, At));
    }

    private static ProofLine Causality(ModelDescription description, Device device)
    {
        using var context = new Context(device, seed: 3);
        using var model = Small(description, context);
        int[] codes = Codes(1);
        double[] before = Logits(model, codes, 1);
        int leaks = Enumerable.Range(0, Length).Count(i => !Logits(model, Changed(codes, i), 1).AsSpan(0, i * Alphabet).SequenceEqual(before.AsSpan(0, i * Alphabet)));
        return new ProofLine("no code's law sees itself or what comes later", leaks == 0, $"{Length} codes changed one by one, {leaks} noticed too early (bit for bit)");
    }

    private static ProofLine Sum(ModelDescription description, Device device)
    {
        const int Drawn = 5;
        using var context = new Context(device, seed: 3);
        using var model = Small(description, context);
        int count = (int)Math.Pow(Alphabet, Drawn);
        var (heard, next) = (new int[count * Drawn], new int[count * Drawn]);
        for (int sequence = 0; sequence < count; sequence++)
        {
            int last = 2; // every sequence begins with the same code
            for (int t = 0, rest = sequence; t < Drawn; t++, rest /= Alphabet)
            {
                (heard[(sequence * Drawn) + t], next[(sequence * Drawn) + t]) = (last, rest % Alphabet);
                last = rest % Alphabet;
            }
        }

        var shape = new Shape(count, 1, Drawn);
        using Tensor codes = context.FromLabels(heard, shape), targets = context.FromLabels(next, shape);
        using var step = new EvaluationStep(model);
        double[] losses = model.PositionLosses(new Batch(codes, null) { Targets = targets }).ToDoubles();
        double sum = Enumerable.Range(0, count).Sum(sequence => Math.Exp(-losses.AsSpan(sequence * Drawn, Drawn).ToArray().Sum()));
        return new ProofLine($"the probabilities of all {count} sequences of {Drawn} codes sum to one", Math.Abs(sum - 1) < 1e-5, FormattableString.Invariant($"{sum:F7}"));
    }

    private static ProofLine Incremental(ModelDescription description, Device device)
    {
        const int Batch = 7;
        using var context = new Context(device, seed: 3);
        using var model = Small(description, context);
        using var sampler = SequenceRuns.Sampler(model, Batch, Length, null);
        int[] codes = [.. Enumerable.Range(0, Batch * Length).Select(i => i % Length == 0 ? 1 : -1)];
        sampler.Run(codes, seed: 1, new SamplingOptions { KeepLogits = true });
        float[] kept = sampler.Logits();
        double[] full = Logits(model, codes, Batch);
        int unlike = 0, compared = 0;
        for (int n = 0; n < Batch; n++)
        {
            for (int i = 0; i < (Length - 1) * Alphabet; i++, compared++)
                if (kept[(n * Length * Alphabet) + Alphabet + i] != (float)full[(n * Length * Alphabet) + i]) unlike++;
        }

        return new ProofLine("the incremental sampler looks at the full pass's logits", unlike == 0, $"{compared} logits of {Batch} sequences, {unlike} differ by any bit");
    }

    private static WaveNet Small(ModelDescription description, Context context, bool smooth = false) =>
        (WaveNet)description.Build(context, new DataShape(1, Length, 1, 0) { Alphabet = Alphabet }, new ModelOptions { Stacks = 2, Layers = 2, Residual = 6, Skip = 8, Smooth = smooth });

    private static int[] Codes(int count) => [.. Enumerable.Range(0, count * Length).Select(i => i * i % Alphabet)];

    private static int[] Changed(int[] codes, int at)
    {
        int[] other = [.. codes];
        other[at] = (other[at] + 1) % Alphabet;
        return other;
    }

    private static double[] Logits(WaveNet model, int[] codes, int count)
    {
        using var input = model.Context.FromLabels(codes, new Shape(count, 1, Length));
        using var step = new EvaluationStep(model);
        return model.Logits(input, null).ToDoubles();
    }
}

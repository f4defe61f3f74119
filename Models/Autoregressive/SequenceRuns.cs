using GenEngine.Kernels;
using GenEngine.Kernels.Columns;

namespace GenEngine.Models;

/// <summary>How sequences are drawn.</summary>
public sealed record SequenceDraw
{
    /// <summary>1 is the model's own distribution.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>A full forward pass over the receptive field for every code instead of one column: slow, to compare.</summary>
    public bool Naive { get; init; }

    /// <summary>Codes that every sequence begins with; at least one.</summary>
    public required int[] Prime { get; init; }

    /// <summary>Called with how many codes of how many are done.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Ends drawing by an <see cref="OperationCanceledException"/>, between stretches of 2,048 codes; between two codes when naive.</summary>
    public CancellationToken Stop { get; init; }
}

/// <summary>Drawing sequences of a model of codes, to the host. Sequence i is the same whatever the batch and however it is drawn.</summary>
public static class SequenceRuns
{
    /// <summary>Sequences of so many codes, the given ones included: [count, length].</summary>
    /// <param name="labels">A class a sequence, for a conditional model; else null.</param>
    /// <exception cref="EngineException">Nothing given to begin with, or more than the length.</exception>
    public static int[] Codes(ISequenceModel model, int count, int length, IReadOnlyList<int>? labels, SequenceDraw draw)
    {
        if (draw.Prime.Length < 1) throw new EngineException("A sequence begins with at least one given code.");
        if (draw.Prime.Length > length) throw new EngineException($"{draw.Prime.Length} codes are given, and only {length} are asked for; ask for more, or give fewer.");
        double[]? classes = labels is null ? null : ModelRuns.OneHot(labels, model.Data.Classes);
        var codes = new int[count * length];
        Array.Fill(codes, -1);
        for (int n = 0; n < count; n++) draw.Prime.CopyTo(codes, n * length);
        if (draw.Naive) Naive(model, codes, count, length, classes, draw);
        else
        {
            using var sampler = Sampler(model, count, length, classes);
            sampler.Run(codes, model.Context.Seed, new SamplingOptions { Temperature = draw.Temperature }, draw.Progress is { } report ? done => report(done, length) : null, draw.Stop);
        }

        return codes;
    }

    /// <summary>A sampler of so many sequences.</summary>
    public static ColumnSampler Sampler(ISequenceModel model, int count, int length, double[]? classes)
    {
        using var step = new EvaluationStep(model);
        return new ColumnSampler(model.Context, model.Columns(count, length, classes is null ? null : model.Context.Transient(classes, new Shape(count, model.Data.Classes))));
    }

    private static void Naive(ISequenceModel model, int[] codes, int count, int length, double[]? classes, SequenceDraw draw)
    {
        for (int position = draw.Prime.Length; position < length; position++)
        {
            draw.Stop.ThrowIfCancellationRequested();
            int first = Math.Max(0, position - model.Field), seen = position - first;
            using var step = new EvaluationStep(model);
            int[] window = [.. Enumerable.Range(0, count).SelectMany(n => codes.Skip((n * length) + first).Take(seen))];
            using var input = model.Context.FromLabels(window, new Shape(count, 1, seen));
            var rows = classes is null ? null : model.Context.Transient(classes, new Shape(count, model.Data.Classes));
            double[] logits = model.Logits(input, rows).ToDoubles();
            int alphabet = model.Data.Alphabet;
            for (int n = 0; n < count; n++)
            {
                float[] last = [.. logits.Skip(((n * seen) + seen - 1) * alphabet).Take(alphabet).Select(logit => (float)logit)];
                ColumnHost.Draw(last, codes.AsSpan((n * length) + position, 1), ColumnLaw.Categorical, model.Context.Seed, (ulong)n, position, (float)(1 / draw.Temperature));
            }

            draw.Progress?.Invoke(position + 1, length);
        }
    }
}

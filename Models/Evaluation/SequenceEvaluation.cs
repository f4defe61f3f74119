using System.Globalization;
using GenEngine.Data;

namespace GenEngine.Models;

/// <summary>
/// How well a model predicts held-out codes, each once and from a whole receptive field, beside what predicts them without looking (the uniform law, the training set's histogram) and what nobody
/// can do better than (the entropy rate of a drawn set, and its own law on the same codes).
/// </summary>
public sealed class SequenceEvaluation(ISequenceModel model, SequenceDataset train, DeviceSequences test)
{
    /// <summary>Windows at a time.</summary>
    public int Batch { get; init; } = 4;

    /// <summary>Stops between batches.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Goes through the test clips once: nats and bits a symbol, the first with its standard error, then what they are held against.</summary>
    /// <exception cref="Kernels.EngineException">No clip is longer than the receptive field, or the window is shorter.</exception>
    public IReadOnlyList<Score> Scores()
    {
        using var pass = test.Evaluate(model.Field);
        var (nats, error) = Nll(pass);
        string symbol = test.Data.Symbol, unit = $"nats per {symbol}";
        var rate = test.Data.Law?.EntropyRate;
        var (histogram, law) = Baselines(pass);
        var scores = new List<Score>
        {
            new("nll", unit, nats, rate?.Nats, rate is null ? "" : rate.Value.StandardError > 0 ? string.Create(CultureInfo.InvariantCulture, $"entropy rate, known to {rate.Value.StandardError:F4}") : "entropy rate, exact", "lower"),
            new("standard error of the nll", $"{unit}, over {pass.Count.ToString("N0", CultureInfo.InvariantCulture)} windows", error),
            new($"bits per {symbol}", "", nats / Math.Log(2), rate?.Nats / Math.Log(2), rate is null ? "" : "entropy rate", "lower"),
        };
        if (rate is { } bound) scores.Add(new("nll over the entropy rate", "", nats / bound.Nats, 1, "nothing left to know", "lower"));
        if (law is { } exact) scores.Add(new("nll over that of the true law on the same codes", "", nats / exact, 1, string.Create(CultureInfo.InvariantCulture, $"the law's: {exact:F4}"), "lower"));
        scores.Add(new("nll of the training set's histogram", unit, histogram));
        scores.Add(new("nll of the uniform law", unit, Math.Log(test.Data.Alphabet)));
        return scores;
    }

    /// <summary>Mean -log p over all predicted codes, and its standard error, by windows.</summary>
    private (double Nats, double Error) Nll(SequencePass pass)
    {
        var windows = new (double Sum, int Count)[pass.Count];
        for (long start = 0; start < pass.Count; start += Batch)
        {
            Stop.ThrowIfCancellationRequested();
            using var step = new EvaluationStep(model);
            double[] losses = model.PositionLosses(pass.Batch(start, Batch)).ToDoubles();
            for (int row = 0; row < Math.Min(Batch, pass.Count - start); row++)
            {
                var (first, length, _) = pass.Counted(start + row);
                double sum = 0;
                foreach (double loss in losses.AsSpan((row * test.Window) + first, length)) sum += loss;
                windows[start + row] = (sum, length);
            }
        }

        double mean = windows.Sum(window => window.Sum) / pass.Predicted;
        double squares = windows.Sum(window => (window.Sum - (window.Count * mean)) * (window.Sum - (window.Count * mean)));
        double error = windows.Length > 1 ? Math.Sqrt(squares * windows.Length / (windows.Length - 1)) / pass.Predicted : double.NaN;
        return (mean, error);
    }

    /// <summary>Of the same codes: -log of the training set's histogram, one added to each code's count, and of the true law where there is one.</summary>
    private (double Histogram, double? Law) Baselines(SequencePass pass)
    {
        var data = test.Data;
        var counts = new double[data.Alphabet];
        Array.Fill(counts, 1);
        foreach (byte code in train.Codes) counts[code]++;
        double all = counts.Sum(), histogram = 0, law = 0;
        for (long window = 0; window < pass.Count; window++)
        {
            var (_, length, first) = pass.Counted(window);
            int clip = Array.FindLastIndex(data.Offsets, offset => offset <= first);
            for (int code = first; code < first + length; code++)
            {
                histogram -= Math.Log(counts[data.Codes[code]] / all);
                if (data.Law is not null) law -= data.Law.LogProbability(data.Codes.AsSpan(data.Offsets[clip], code - data.Offsets[clip]), data.Codes[code]);
            }
        }

        return (histogram / pass.Predicted, data.Law is null ? null : law / pass.Predicted);
    }
}

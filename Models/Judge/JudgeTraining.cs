using System.Globalization;
using GenEngine.Kernels.Layout;

namespace GenEngine.Models;

/// <summary>The training and the use that classifier, regressor and augmentation share.</summary>
internal static class JudgeTraining
{
    // images a forward pass; the last pass is padded and the padding dropped
    private const int EvaluationBatch = 250;

    // losses are looked at this often: each look waits for the device
    private const int Watch = 100;

    /// <summary>A network with the weights that the cache has, else trained now.</summary>
    /// <param name="cached">False: the cache is not read.</param>
    /// <returns>Whether it was found, and what the cache notes beside the weights.</returns>
    public static (JudgeNetwork Network, bool Found, IReadOnlyDictionary<string, string> Notes) Obtain(string key, bool cached, Func<JudgeNetwork> create, Action<JudgeNetwork> train)
    {
        var network = create();
        if (cached)
        {
            if (JudgeCache.Load(key, network, out var notes)) return (network, true, notes);
            network.Dispose();
            network = create(); // a damaged file may have been read half: start again from the seed
        }

        train(network);
        return (network, false, new Dictionary<string, string>());
    }

    /// <summary>Adam on <paramref name="loss"/> of batches of the shuffled stream.</summary>
    /// <exception cref="DivergedException">The loss is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for: a judge half trained is of no use.</exception>
    public static void Train(
        JudgeNetwork network, DeviceDataset data, JudgeRecipe recipe, Func<Batch, Tensor> loss, Action<long, long>? report, CancellationToken stop)
    {
        var context = network.Context;
        var adam = new Adam(network.Group, recipe.LearningRate);
        var kept = context.Persistent(new Shape(1), context.Real, "judge's loss");
        long steps = recipe.StepsFor(data.Count);
        using var program = new StepProgram(context, () =>
        {
            var value = loss(data.NextBatch(recipe.Batch));
            context.Tape.Backward(value, [network.Group]);
            Copy.Run(context.Device, value.Range, kept.Range);
            adam.Step();
        });
        for (long step = 1; step <= steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            program.Run();
            if (step % Watch != 0 && step != steps) continue;
            double now = kept.Item();
            if (!double.IsFinite(now))
            {
                throw new DivergedException(
                    $"The judge's loss is {now.ToString(CultureInfo.InvariantCulture)} at step {step.ToString(CultureInfo.InvariantCulture)}. Try a smaller learning rate.");
            }

            report?.Invoke(step, steps);
        }
    }

    /// <summary>Features and outputs of all images, row after row. Bits do not depend on how many images come together.</summary>
    /// <param name="fill">Writes rows from the given one on, as many as fit its span, [rows, pixels].</param>
    public static (float[] Features, float[] Outputs) Run(JudgeNetwork network, int count, int pixels, Action<int, Span<double>> fill, CancellationToken stop)
    {
        float[] features = new float[(long)count * network.Features], outputs = new float[(long)count * network.Outputs];
        var batch = new double[EvaluationBatch * pixels];
        for (int start = 0; start < count; start += EvaluationBatch)
        {
            stop.ThrowIfCancellationRequested();
            int valid = Math.Min(EvaluationBatch, count - start);
            batch.AsSpan(valid * pixels).Clear();
            fill(start, batch.AsSpan(0, valid * pixels));
            using var step = network.Context.BeginStep();
            using var nothing = network.Context.NoGradient();
            var (seen, said) = network.Forward(network.Context.Transient(batch, new Shape(EvaluationBatch, pixels), "judged images"));
            seen.ToArray<float>().AsSpan(0, valid * network.Features).CopyTo(features.AsSpan(start * network.Features));
            said.ToArray<float>().AsSpan(0, valid * network.Outputs).CopyTo(outputs.AsSpan(start * network.Outputs));
        }

        return (features, outputs);
    }
}

using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Numerics;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>Gradient checks of whole models at a small size.</summary>
public static class ModelCheck
{
    private const int Rows = 6, Classes = 3;

    /// <summary>
    /// For each phase, d loss / d parameter of the networks that it may change, in float64; every backbone and loss of the model. ReLU is replaced by
    /// softplus, which is what makes finite differences mean something.
    /// </summary>
    /// <param name="description">The model.</param>
    /// <param name="device">Where all of it is computed.</param>
    /// <param name="entries">Entries of each large tensor that are varied one by one, besides the random directions.</param>
    /// <param name="directions">Those directions; with 0 of both only <see cref="GradientReport.GradientHash"/> is of use.</param>
    public static IEnumerable<GradientReport> Gradients(ModelDescription description, Device device, int entries = GradientCheck.MaxEntries, int directions = GradientCheck.StandardDirections)
    {
        if (description.NeedsSequences)
        {
            foreach (var report in OfSequences(description, device, entries, directions)) yield return report;
            yield break;
        }

        var variants =
            from defaults in description.Defaults
            from loss in Choices(description.Losses, all: true)
            let first = loss is null || loss == description.Losses[0]
            // how a class or a code comes in, and where it comes from, have nothing to do with what is drawn: once is enough
            from condition in Choices(description.Conditions, first)
            from prior in Choices(description.Priors, first)
            select (Defaults: defaults, Loss: loss, Condition: condition, Prior: prior);
        foreach (var (defaults, loss, condition, prior) in variants)
        {
            int side = defaults.Backbone == Backbone.Conv ? 8 : defaults.Layers is null ? 5 : 3;
            var options = new ModelOptions
            {
                Backbone = defaults.Backbone,
                Latent = defaults.Latent is null ? null : 3,
                Hidden = defaults.Hidden is null ? null : [16],
                Width = defaults.Backbone == Backbone.Conv ? 6 : defaults.Width is null ? null : 4,
                Layers = defaults.Layers is null ? null : 1,
                Condition = condition,
                Positions = defaults.Positions is null ? null : true,
                Prior = prior,
                Labelled = defaults.Labelled is null ? null : prior == "categorical" ? Rows : 0,
                Stages = [3, 5],
                Noise = defaults.Noise is null ? null : 0.1,
                Loss = loss,
                Smooth = true,
            };
            bool classes = description.NeedsClasses || options.Labelled > 0 || (defaults.Latent is null && condition is "bias" or "map");
            foreach (var report in Phases(description, device, options, new DataShape(side, side, 1, classes ? Classes : 0), entries, directions)) yield return report;
        }
    }

    /// <summary>All of the values, or the first; null where there are none.</summary>
    private static IEnumerable<string?> Choices(IReadOnlyList<string> values, bool all) => values.Count == 0 ? (IEnumerable<string?>)[null] : all ? values : values.Take(1);

    /// <summary>Without and with classes, where the model takes them: two stacks, so that the residual path is longer than a field.</summary>
    private static IEnumerable<GradientReport> OfSequences(ModelDescription description, Device device, int entries, int directions)
    {
        const int Sequences = 2, Length = 11, Alphabet = 7;
        foreach (bool conditional in (bool[])[false, true])
        {
            using var context = new Context(device, DType.Float64, seed: 11);
            var options = new ModelOptions { Stacks = 2, Layers = 2, Residual = 5, Skip = 6, Condition = conditional ? "bias" : "none", Smooth = true };
            using var model = description.Build(context, new DataShape(1, Length, 1, conditional ? Classes : 0) { Alphabet = Alphabet }, options);
            int[] codes = [.. Enumerable.Range(0, (Sequences * Length) + 1).Select(i => i * i % Alphabet)];
            var extents = new Shape(Sequences, 1, Length);
            var batch = new Batch(context.FromLabels(codes.AsSpan(0, codes.Length - 1), extents), conditional ? context.FromLabels([2, 1], new Shape(Sequences)) : null) { Targets = context.FromLabels(codes.AsSpan(1), extents) };
            foreach (var phase in model.Phases)
                yield return GradientCheck.Run($"{description.Name} {(conditional ? "conditional " : "")}{phase.Name}", context, [], phase.Groups, () => phase.Loss(batch), entries, directions);
        }
    }

    private static IEnumerable<GradientReport> Phases(ModelDescription description, Device device, ModelOptions options, DataShape data, int entries, int directions)
    {
        using var context = new Context(device, DType.Float64, seed: 11);
        using var model = description.Build(context, data, options);
        var random = new SplitMix64(3);
        var pixels = new double[Rows * data.Pixels];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = random.NextDouble(0.05, 0.95);
        var images = context.FromHost(pixels, new Shape(Rows, data.Pixels), "images");
        var labels = data.Classes > 0 ? context.FromLabels([.. Enumerable.Range(0, Rows).Select(row => row % data.Classes)], new Shape(Rows)) : null;
        foreach (var phase in model.Phases)
        {
            string name = string.Join(' ', new[] { description.Name, options.Backbone, options.Loss, options.Condition, options.Prior, phase.Name }.Where(part => part is not null));
            yield return GradientCheck.Run(name, context, [], phase.Groups, () => phase.Loss(new Batch(images, labels) { Labelled = new Batch(images, labels) }), entries, directions);
        }
    }
}

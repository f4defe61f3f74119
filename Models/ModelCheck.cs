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
    /// <param name="entries">Entries of each large tensor that are varied one by one, besides the random directions.</param>
    public static IEnumerable<GradientReport> Gradients(ModelDescription description, Device device, int entries = GradientCheck.MaxEntries)
    {
        foreach (var defaults in description.Defaults)
        {
            foreach (string? loss in description.Losses.Count > 0 ? description.Losses : [null!])
            {
                int side = defaults.Backbone == Backbone.Conv ? 8 : 5;
                foreach (string? condition in defaults.Condition is null ? [null!] : PixelModel.Conditions)
                {
                    var options = new ModelOptions
                    {
                        Backbone = defaults.Backbone,
                        Latent = defaults.Latent is null ? null : 3,
                        Hidden = defaults.Hidden is null ? null : [16],
                        Width = defaults.Backbone == Backbone.Conv ? 6 : defaults.Width is null ? null : 4,
                        Layers = defaults.Layers is null ? null : 1,
                        Condition = condition,
                        Stages = [3, 5],
                        Noise = defaults.Noise is null ? null : 0.1,
                        Loss = loss,
                        Smooth = true,
                    };
                    foreach (var report in Phases(description, device, options, new DataShape(side, side, 1, description.NeedsClasses || condition is "bias" or "map" ? Classes : 0), entries)) yield return report;
                }
            }
        }
    }

    private static IEnumerable<GradientReport> Phases(ModelDescription description, Device device, ModelOptions options, DataShape data, int entries)
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
            string name = string.Join(' ', new[] { description.Name, options.Backbone, options.Loss, options.Condition, phase.Name }.Where(part => part is not null));
            yield return GradientCheck.Run(name, context, [], phase.Groups, () => phase.Loss(new Batch(images, labels)), entries);
        }
    }
}

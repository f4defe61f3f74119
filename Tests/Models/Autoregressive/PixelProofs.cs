using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Models;
using GenEngine.Numerics;
using GenEngine.Runs;

namespace GenEngine.Tests.Models.Autoregressive;

/// <summary>Small pixel models that the proofs share.</summary>
internal static class PixelProofs
{
    /// <summary>A model on so small an image that everything about it can be counted.</summary>
    public static PixelModel Build(ModelDescription description, Context context, int side, int channels = 1, string? loss = null, string? condition = null, int layers = 2, bool smooth = false, int? height = null)
    {
        bool coded = description.HasEncoder;
        var data = new DataShape(height ?? side, side, channels, condition is null || coded ? 0 : 3);
        return (PixelModel)description.Build(context, data, new ModelOptions
        {
            Width = channels == 1 ? 5 : 6,
            Layers = layers,
            Loss = loss,
            Condition = condition,
            Smooth = smooth,
            Latent = coded ? 4 : null,
            Hidden = coded ? [8] : null,
        });
    }

    /// <summary>Random images of the model's levels, [n, pixels] in [0, 1].</summary>
    public static double[] Images(PixelModel model, int n, ulong seed = 1)
    {
        var random = new SplitMix64(seed);
        var values = new double[n * model.Data.Pixels];
        for (int i = 0; i < values.Length; i++) values[i] = random.Next(model.Levels) / (double)(model.Levels - 1);
        return values;
    }

    /// <summary>Logits of images: [n, H, W, outputs].</summary>
    /// <param name="condition">[n, width of the model's condition]; null: <see cref="Told"/>.</param>
    public static double[] Logits(PixelModel model, double[] images, int n, double[]? condition = null)
    {
        using var step = new EvaluationStep(model);
        var shape = new Shape(n, model.Data.Height, model.Data.Width, model.Data.Channels);
        return model.Logits(model.Context.Transient(images, shape), PixelRuns.Rows(model, n, condition ?? Told(model, n))).ToDoubles();
    }

    /// <summary>Rows with a one, 0, 1, 2, 0, ..., of a model that is told a class or a code; null of another.</summary>
    public static double[]? Told(PixelModel model, int n, bool apart = true) =>
        model.ConditionWidth == 0 ? null : ModelRuns.OneHot([.. Enumerable.Range(0, n).Select(i => apart ? i % model.ConditionWidth : 1)], model.ConditionWidth);
}

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
        var data = new DataShape(height ?? side, side, channels, condition is null ? 0 : 3);
        return (PixelModel)description.Build(context, data, new ModelOptions { Width = channels == 1 ? 5 : 6, Layers = layers, Loss = loss, Condition = condition, Smooth = smooth });
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
    public static double[] Logits(PixelModel model, double[] images, int n, double[]? classes = null)
    {
        using var step = new EvaluationStep(model);
        var shape = new Shape(n, model.Data.Height, model.Data.Width, model.Data.Channels);
        return model.Logits(model.Context.Transient(images, shape), Classes(model, classes, n)).ToDoubles();
    }

    public static Tensor? Classes(PixelModel model, double[]? classes, int n) => classes is null ? null : model.Context.Transient(classes, new Shape(n, model.Data.Classes));

    /// <summary>One-hot rows 0, 1, 2, 0, ... of a conditional model; null of another.</summary>
    public static double[]? SomeClasses(PixelModel model, int n) => model.IsConditional ? ModelRuns.OneHot([.. Enumerable.Range(0, n).Select(i => i % model.Data.Classes)], model.Data.Classes) : null;
}

using GenEngine.Checks;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Numerics;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>Gradient checks of whole models at a small size.</summary>
public static class ModelCheck
{
    /// <summary>d loss / d parameter and d loss / d image of a model's training loss, in float64.</summary>
    public static GradientReport Gradient(ZooEntry entry, Device device)
    {
        using var context = new Context(device, DType.Float64, seed: 11);
        var config = new RunConfig { Model = entry.Name, Data = "random", Latent = 3, Hidden = [16], LearningRate = 1e-3 };
        var model = entry.Create(context, new DataShape(5, 5, 1, 0), config);
        var random = new SplitMix64(3);
        var pixels = new double[4 * 25];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = random.NextDouble(0.05, 0.95);
        var images = context.FromHost(pixels, new Shape(4, 25), "images");
        return GradientCheck.Run(entry.Name, context, [], model.Groups, () => model.Loss(images));
    }
}

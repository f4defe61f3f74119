using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// The networks that all image models are made of, so that they can be compared. Up to 32x32 pixels: InfoGAN's MNIST networks (Chen et al. 2016), two stages of 64 and 128
/// channels and a dense layer of <c>width</c> units (the paper's: 1024). Above: DCGAN's (Radford et al. 2015), stages of width, 2*width, ... channels down to about 4x4 (the paper's
/// width: 128), without a dense layer. Each stage halves the image by a 4x4 convolution of stride 2.
/// </summary>
internal static class Backbone
{
    public const string Mlp = "mlp", Conv = "conv";

    /// <summary>Slope of LeakyReLU (DCGAN's).</summary>
    public const double Slope = 0.2;

    private const int LargestSmall = 32;

    public static int StandardWidth(DataShape data) => IsSmall(data) ? 256 : 16;

    /// <summary>Channels after each stage.</summary>
    public static IReadOnlyList<int> Stages(DataShape data, ModelOptions options)
    {
        if (options.Stages is { } given) return given;
        int width = options.Width!.Value;
        if (IsSmall(data)) return [64, 128];
        int count = 0;
        while ((Math.Min(data.Height, data.Width) >> (count + 1)) >= 4) count++;
        return [.. Enumerable.Range(0, count).Select(stage => width << stage)];
    }

    /// <summary>Units of the dense layer behind the stages; 0 when there is none.</summary>
    public static int Dense(DataShape data, ModelOptions options) => IsSmall(data) ? options.Width!.Value : 0;

    /// <exception cref="EngineException">Images that cannot be halved as often as the backbone does.</exception>
    public static void Check(DataShape data, ModelOptions options)
    {
        int stages = Stages(data, options).Count, factor = 1 << stages;
        if (data.Height % factor == 0 && data.Width % factor == 0) return;
        throw new EngineException($"The convolutional backbone halves images {stages} times, and {data.Width}x{data.Height} is no multiple of {factor}. Use 28x28, 32x32 or 64x64 images, or --backbone mlp where the model has one.");
    }

    /// <summary>The activation, or its smooth stand-in for gradient checks.</summary>
    public static Activation Of(Activation activation, bool smooth) => smooth ? Activation.Softplus : activation;

    private static bool IsSmall(DataShape data) => Math.Max(data.Height, data.Width) <= LargestSmall;
}

/// <summary>How the layers of a network begin and bend.</summary>
/// <param name="Init">Of weights; null for PyTorch's default.</param>
/// <param name="Smooth">Softplus for ReLU, for gradient checks.</param>
internal sealed record NetworkStyle(Initializer? Init = null, bool Smooth = false)
{
    /// <summary>Weights N(0, 0.02) (Radford et al. 2015, section 4).</summary>
    public static NetworkStyle Adversarial(bool smooth) => new(Initializer.Normal(0.02), smooth);
}

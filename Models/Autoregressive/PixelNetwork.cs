using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Models;

/// <summary>What a pixel network is told besides the pixels.</summary>
/// <param name="Bias">[N, K]: the same at every position (location-independent, van den Oord et al. 2016b, eq. 4); null for none.</param>
/// <param name="Map">[N, H, W, S]: something for each position (location-dependent, eq. 5); null for none.</param>
public sealed record PixelCondition(Tensor? Bias = null, Tensor? Map = null);

/// <summary>Sizes of a pixel network.</summary>
/// <param name="Colours">Channels of the images, each predicted from the ones before it.</param>
/// <param name="Width">Channels of a block (h).</param>
/// <param name="Layers">Blocks behind the first layer.</param>
/// <param name="Head">Channels of the layers in front of the logits.</param>
/// <param name="Outputs">Logits of a position, of all colours.</param>
/// <param name="BiasCondition">K of <see cref="PixelCondition"/>; 0 for none.</param>
/// <param name="MapCondition">S of <see cref="PixelCondition"/>; 0 for none.</param>
/// <param name="Smooth">Softplus for ReLU, for gradient checks.</param>
public sealed record PixelNetworkSize(
    int Colours, int Width, int Layers, int Head, int Outputs, int BiasCondition = 0, int MapCondition = 0, bool Smooth = false)
{
    /// <summary>The kernel of the first layer, which sees the pixels.</summary>
    public int FirstKernel { get; init; } = 7;

    /// <summary>Height and width of the images where the network learns something for each position of them; null where it does not.</summary>
    public (int Height, int Width)? Positions { get; init; }

    /// <summary>Convolutions mask channels in this many groups: 1 where the colours of a pixel are drawn together.</summary>
    public int Groups { get; init; } = Colours;

    internal Activation Activation => Smooth ? Activation.Softplus : Activation.Relu;

    /// <exception cref="EngineException">Channels that the colours do not divide.</exception>
    internal void Check()
    {
        foreach (var (what, channels) in new[] { ("width", Width), ("head", Head), ("number of logits", Outputs) })
        {
            if (channels < 1 || channels % Groups != 0)
                throw new EngineException($"A {what} of {channels} channels cannot be cut into {Groups} colours of the same size; take a multiple of {Groups}.");
        }

        if (Layers < 0) throw new EngineException($"{Layers} layers: there cannot be fewer than none.");
    }
}

/// <summary>A network that gives each pixel's logits from the pixels before it, as a forward pass over whole images and as columns for a sampler; the two are equal to the bit.</summary>
public interface IPixelNetwork
{
    /// <param name="images">[N, H, W, colours] in [0, 1].</param>
    /// <returns>[N, H, W, outputs].</returns>
    Tensor Forward(Tensor images, PixelCondition? condition = null);

    /// <summary>The same network under a builder.</summary>
    /// <param name="condition">Of the batch that the builder is for.</param>
    /// <returns>The logits.</returns>
    ColumnLayer Columns(ColumnBuilder builder, ColumnLayer images, PixelCondition? condition = null);
}

/// <summary>Layers that pixel networks share.</summary>
internal static class PixelLayers
{
    /// <summary>A 1x1 convolution that keeps colours in order.</summary>
    public static Conv2d Single(ParameterGroup group, string name, int inputs, int outputs, int colours, Activation activation = Activation.None) =>
        Conv2d.Masked(group, name, inputs, outputs, ConvMask.B, 1, colours, activation: activation);
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Bench.Compare.Networks;

/// <summary>
/// The PyTorch peer's DCGAN for colour images of 64x64 (Radford et al. 2015, figure 1): 8, 4, 2 and 1 times the width in channels, batch norm between, noise of
/// 100.
/// </summary>
internal sealed class Dcgan64Network : GanNetwork
{
    private const int Noise = 100, Halvings = 3;
    private readonly Sequential _generator, _discriminator;

    /// <param name="width">Channels at 32x32; the paper has 64.</param>
    public Dcgan64Network(Context context, int width) : base(context)
    {
        ConvSpec halve = ConvSpec.Square(4, 2, 1), whole = ConvSpec.Square(4);
        List<Layer> made = [new ConvTranspose2d(Generator, "widen", Noise, 8 * width, whole, bias: false), new BatchNorm(Generator, "norm.0", 8 * width, Activation.Relu)];
        List<Layer> seen = [new Conv2d(Discriminator, "first", 3, width, halve, Activation.LeakyRelu, slope: 0.2)];
        for (int i = 0; i < Halvings; i++)
        {
            int channels = (8 * width) >> i;
            made.Add(new ConvTranspose2d(Generator, $"enlarge.{i}", channels, channels / 2, halve, bias: false));
            made.Add(new BatchNorm(Generator, $"norm.{i + 1}", channels / 2, Activation.Relu));
            channels = width << i;
            seen.Add(new Conv2d(Discriminator, $"reduce.{i}", channels, 2 * channels, halve, bias: false));
            seen.Add(new BatchNorm(Discriminator, $"norm.{i}", 2 * channels, Activation.LeakyRelu, 0.2));
        }

        // neighbours in a sequence: a convolution leaves its norm's statistics while its results are at hand
        _generator = new Sequential([.. made, new ConvTranspose2d(Generator, "pixels", width, 3, halve, activation: Activation.Tanh)]);
        _discriminator = new Sequential([.. seen, new Conv2d(Discriminator, "logit", 8 * width, 1, whole)]);
        Generator.Build();
        Discriminator.Build();
    }

    /// <summary>New images [count, 64, 64, 3] in [-1, 1].</summary>
    public override Tensor Generate(int count) => _generator.Forward(Context.RandomNormal(new Shape(count, 1, 1, Noise)));

    public override Tensor Discriminate(Tensor images) => _discriminator.Forward(images).Reshape(images.Shape[0], 1);
}

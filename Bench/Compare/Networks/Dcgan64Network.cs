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
    private readonly ConvTranspose2d _widen, _pixels;
    private readonly Conv2d _first, _logit;
    private readonly ConvTranspose2d[] _enlarge = new ConvTranspose2d[Halvings];
    private readonly BatchNorm[] _generatorNorms = new BatchNorm[Halvings + 1], _norms = new BatchNorm[Halvings];
    private readonly Conv2d[] _reduce = new Conv2d[Halvings];

    /// <param name="width">Channels at 32x32; the paper has 64.</param>
    public Dcgan64Network(Context context, int width) : base(context)
    {
        ConvSpec halve = ConvSpec.Square(4, 2, 1), whole = ConvSpec.Square(4);
        _widen = new ConvTranspose2d(Generator, "widen", Noise, 8 * width, whole, bias: false);
        _generatorNorms[0] = new BatchNorm(Generator, "norm.0", 8 * width, Activation.Relu);
        _first = new Conv2d(Discriminator, "first", 3, width, halve, Activation.LeakyRelu, slope: 0.2);
        for (int i = 0; i < Halvings; i++)
        {
            int channels = (8 * width) >> i;
            _enlarge[i] = new ConvTranspose2d(Generator, $"enlarge.{i}", channels, channels / 2, halve, bias: false);
            _generatorNorms[i + 1] = new BatchNorm(Generator, $"norm.{i + 1}", channels / 2, Activation.Relu);
            channels = width << i;
            _reduce[i] = new Conv2d(Discriminator, $"reduce.{i}", channels, 2 * channels, halve, bias: false);
            _norms[i] = new BatchNorm(Discriminator, $"norm.{i}", 2 * channels, Activation.LeakyRelu, 0.2);
        }

        _pixels = new ConvTranspose2d(Generator, "pixels", width, 3, halve, activation: Activation.Tanh);
        _logit = new Conv2d(Discriminator, "logit", 8 * width, 1, whole);
        Generator.Build();
        Discriminator.Build();
    }

    /// <summary>New images [count, 64, 64, 3] in [-1, 1].</summary>
    public override Tensor Generate(int count)
    {
        var h = _generatorNorms[0].Forward(_widen.Forward(Context.RandomNormal(new Shape(count, 1, 1, Noise))));
        for (int i = 0; i < Halvings; i++) h = _generatorNorms[i + 1].Forward(_enlarge[i].Forward(h));
        return _pixels.Forward(h);
    }

    public override Tensor Discriminate(Tensor images)
    {
        var h = _first.Forward(images);
        for (int i = 0; i < Halvings; i++) h = _norms[i].Forward(_reduce[i].Forward(h));
        return _logit.Forward(h).Reshape(images.Shape[0], 1);
    }
}

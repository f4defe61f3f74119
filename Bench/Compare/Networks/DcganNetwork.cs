using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Bench.Compare.Networks;

/// <summary>The peer's DCGAN for 28x28 images (Radford et al. 2015): 128 and 64 channels, noise of 100, the non-saturating loss.</summary>
internal sealed class DcganNetwork : GanNetwork
{
    private const int Noise = 100;
    private readonly Linear _widen, _logit;
    private readonly BatchNorm _norm0;
    private readonly Sequential _enlarge, _features;
    private readonly ConvTranspose2d _pixels;

    public DcganNetwork(Context context) : base(context)
    {
        var halve = ConvSpec.Square(4, 2, 1);
        var flat = new ImageExtents(7, 7, 128);
        _widen = new Linear(Generator, "widen", Noise, flat.Count, makes: flat);
        _norm0 = new BatchNorm(Generator, "norm0", 128, Activation.Relu);
        _enlarge = new Sequential(new ConvTranspose2d(Generator, "enlarge", 128, 64, halve, bias: false), new BatchNorm(Generator, "norm1", 64, Activation.Relu));
        _pixels = new ConvTranspose2d(Generator, "pixels", 64, 1, halve, activation: Activation.Tanh);
        _features = new Sequential(
            new Conv2d(Discriminator, "first", 1, 64, halve, Activation.LeakyRelu, slope: 0.2),
            new Conv2d(Discriminator, "second", 64, 128, halve, bias: false),
            new BatchNorm(Discriminator, "norm", 128, Activation.LeakyRelu, 0.2));
        _logit = new Linear(Discriminator, "logit", flat.Count, 1, reads: flat);
        Generator.Build();
        Discriminator.Build();
    }

    /// <summary>New images [count, 28, 28, 1] in [-1, 1].</summary>
    public override Tensor Generate(int count)
    {
        var h = _norm0.Forward(_widen.Forward(Context.RandomNormal(new Shape(count, Noise))).Reshape(count, 7, 7, 128));
        return _pixels.Forward(_enlarge.Forward(h));
    }

    /// <summary>Logits [N, 1] that images are real.</summary>
    public override Tensor Discriminate(Tensor images) => _logit.Forward(_features.Forward(images).Reshape(images.Shape[0], 7 * 7 * 128));
}

using GenEngine.Kernels.Common;
using GenEngine.Kernels.Convolution;

namespace GenEngine.Bench.Compare.Networks;

/// <summary>The peer's DCGAN for 28x28 images (Radford et al. 2015): 128 and 64 channels, noise of 100, the non-saturating loss.</summary>
internal sealed class DcganNetwork
{
    private const int Noise = 100;
    private readonly Context _context;
    private readonly Linear _widen, _logit;
    private readonly BatchNorm _norm0;
    private readonly Sequential _enlarge, _features;
    private readonly ConvTranspose2d _pixels;

    public DcganNetwork(Context context)
    {
        _context = context;
        Generator = new ParameterGroup(context, "generator");
        Discriminator = new ParameterGroup(context, "discriminator");
        var halve = ConvSpec.Square(4, 2, 1);
        _widen = new Linear(Generator, "widen", Noise, 7 * 7 * 128);
        _norm0 = new BatchNorm(Generator, "norm0", 128, Activation.Relu);
        _enlarge = new Sequential(new ConvTranspose2d(Generator, "enlarge", 128, 64, halve, bias: false), new BatchNorm(Generator, "norm1", 64, Activation.Relu));
        _pixels = new ConvTranspose2d(Generator, "pixels", 64, 1, halve, activation: Activation.Tanh);
        _features = new Sequential(
            new Conv2d(Discriminator, "first", 1, 64, halve, Activation.LeakyRelu, slope: 0.2),
            new Conv2d(Discriminator, "second", 64, 128, halve, bias: false),
            new BatchNorm(Discriminator, "norm", 128, Activation.LeakyRelu, 0.2));
        _logit = new Linear(Discriminator, "logit", 7 * 7 * 128, 1);
        Generator.Build();
        Discriminator.Build();
    }

    public ParameterGroup Generator { get; }

    public ParameterGroup Discriminator { get; }

    /// <summary>New images [count, 28, 28, 1] in [-1, 1].</summary>
    public Tensor Generate(int count)
    {
        var h = _norm0.Forward(_widen.Forward(_context.RandomNormal(new Shape(count, Noise))).Reshape(count, 7, 7, 128));
        return _pixels.Forward(_enlarge.Forward(h));
    }

    /// <summary>Logits [N, 1] that images are real.</summary>
    public Tensor Discriminate(Tensor images) => _logit.Forward(_features.Forward(images).Reshape(images.Shape[0], 7 * 7 * 128));

    /// <summary>Both phases of a step; the optimisers step in between.</summary>
    /// <param name="images">[N, 28, 28, 1] in [-1, 1].</param>
    /// <param name="ones">[N, 1].</param>
    /// <param name="zeros">[N, 1].</param>
    /// <returns>The discriminator's losses on real and generated images, and the generator's.</returns>
    public (Tensor Real, Tensor Fake, Tensor Generator) Train(Tensor images, Tensor ones, Tensor zeros, Optimizer generator, Optimizer discriminator)
    {
        var tape = _context.Tape;
        var real = Discriminate(images).BceWithLogitsMean(ones);
        tape.Backward(real, [Discriminator]);
        var made = Generate(images.Shape[0]);
        var fake = Discriminate(made).BceWithLogitsMean(zeros);
        tape.Backward(fake, [Discriminator], accumulate: true, retain: true);
        discriminator.Step();
        var fooled = Discriminate(made).BceWithLogitsMean(ones);
        tape.Backward(fooled, [Generator]);
        generator.Step();
        return (real, fake, fooled);
    }
}

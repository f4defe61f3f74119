namespace GenEngine.Bench.Compare.Networks;

/// <summary>A generator and a discriminator, trained with the non-saturating loss (Goodfellow et al. 2014).</summary>
internal abstract class GanNetwork(Context context)
{
    public ParameterGroup Generator { get; } = new(context, "generator");

    public ParameterGroup Discriminator { get; } = new(context, "discriminator");

    protected Context Context { get; } = context;

    /// <summary>New images, in [-1, 1].</summary>
    public abstract Tensor Generate(int count);

    /// <summary>Logits [N, 1] that images are real.</summary>
    public abstract Tensor Discriminate(Tensor images);

    /// <summary>Both phases of a step; the optimisers step in between.</summary>
    /// <param name="images">[N, height, width, channels] in [-1, 1].</param>
    /// <param name="ones">[N, 1].</param>
    /// <param name="zeros">[N, 1].</param>
    /// <returns>The discriminator's losses on real and generated images, and the generator's.</returns>
    public (Tensor Real, Tensor Fake, Tensor Generator) Train(Tensor images, Tensor ones, Tensor zeros, Optimizer generator, Optimizer discriminator)
    {
        var tape = Context.Tape;
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

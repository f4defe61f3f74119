using GenEngine.Kernels;

namespace GenEngine.Models;

/// <summary>
/// The losses of the two players on the discriminator's outputs [n, 1], means over the batch. Non-saturating: -log D(x), -log(1 - D(G(z))) and, for the
/// generator, -log D(G(z)) (Goodfellow et al. 2014), D the sigmoid of the output, in nats; hinge (Lim and Ye 2017); least-squares with targets 1 and 0 (Mao et al. 2017).
/// </summary>
internal abstract class AdversarialLoss
{
    public static IReadOnlyList<string> Names { get; } = ["non-saturating", "hinge", "least-squares"];

    public static AdversarialLoss Of(string name) => name switch
    {
        "non-saturating" => new NonSaturating(),
        "hinge" => new Hinge(),
        "least-squares" => new LeastSquares(),
        _ => throw new EngineException($"--loss '{name}' is none of {string.Join(", ", Names)}."),
    };

    /// <summary>The discriminator's loss on real images.</summary>
    public abstract Tensor Real(Tensor outputs);

    /// <summary>The discriminator's loss on made images.</summary>
    public abstract Tensor Made(Tensor outputs);

    /// <summary>The generator's loss on its images.</summary>
    public abstract Tensor Generator(Tensor outputs);

    private sealed class NonSaturating : AdversarialLoss
    {
        public override Tensor Real(Tensor outputs) => outputs.Neg().Softplus().Mean();

        public override Tensor Made(Tensor outputs) => outputs.Softplus().Mean();

        public override Tensor Generator(Tensor outputs) => Real(outputs);
    }

    private sealed class Hinge : AdversarialLoss
    {
        public override Tensor Real(Tensor outputs) => outputs.Affine(-1, 1).Relu().Mean();

        public override Tensor Made(Tensor outputs) => outputs.Affine(1, 1).Relu().Mean();

        public override Tensor Generator(Tensor outputs) => outputs.Neg().Mean();
    }

    private sealed class LeastSquares : AdversarialLoss
    {
        public override Tensor Real(Tensor outputs) => outputs.Affine(1, -1).Square().Mean();

        public override Tensor Made(Tensor outputs) => outputs.Square().Mean();

        public override Tensor Generator(Tensor outputs) => Real(outputs);
    }
}

using GenEngine.Runs;

namespace GenEngine.Models;

/// <summary>
/// A model that makes images from codes. Classes travel as real rows [batch, classes], one-hot or any mixture, so that a path
/// between two classes is a path like any other; they are null for unconditional models.
/// </summary>
public abstract class GenerativeModel : ZooModel
{
    /// <inheritdoc cref="ZooModel(ModelDescription, Context, DataShape, ModelOptions)"/>
    protected GenerativeModel(ModelDescription description, Context context, DataShape data, ModelOptions options) : base(description, context, data, options) { }

    public override int Latent => Options.Latent!.Value;

    /// <summary>Images of codes, in an <see cref="EvaluationStep"/>: [n, latent] -> [n, pixels], pixels in [0, 1].</summary>
    /// <param name="codes">[n, latent].</param>
    /// <param name="classes">[n, classes] for a conditional model, else null.</param>
    public abstract Tensor Decode(Tensor codes, Tensor? classes);
}

/// <summary>A model that finds the code of an image.</summary>
public interface IEncoder
{
    /// <summary>Codes of images, in an <see cref="EvaluationStep"/>: [n, pixels] -> [n, latent]; a VAE gives the posterior's mean.</summary>
    /// <param name="images">[n, pixels], pixels in [0, 1].</param>
    /// <param name="classes">[n, classes] for a conditional model, else null.</param>
    Tensor Encode(Tensor images, Tensor? classes);
}

/// <summary>A model with a bound on log p(x).</summary>
public interface ILikelihoodBound
{
    /// <summary>log p(x, z) - log q(z|x) of one draw a row, in nats: the importance weight of the IWAE bound (Burda et al. 2015, eq. 8). [batch].</summary>
    Tensor LogWeight(Batch batch);
}

/// <summary>A model whose code distribution is known only once training is over, and fitted then.</summary>
public interface IFittedPrior
{
    /// <summary>Fits it to the codes of these images; the result is kept with the weights.</summary>
    void FitPrior(DeviceDataset data);

    /// <summary>True draws codes from N(0, 1), fitted or not: what a VAE is sampled from, to compare the two.</summary>
    bool DrawsStandardNormal { get; set; }
}

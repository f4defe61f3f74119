namespace GenEngine.Metrics;

/// <summary>
/// A Gaussian with full covariance fitted to rows: what an autoencoder without a prior is sampled from. A row of independent normals times <see cref="Root"/>, plus the mean, is a draw.
/// </summary>
public sealed class GaussianFit
{
    private GaussianFit(Moments moments, double[] root) => (Moments, Root) = (moments, root);

    /// <summary>Mean and covariance of the rows that it was fitted to.</summary>
    public Moments Moments { get; }

    /// <summary>The symmetric square root of the covariance, [width, width]; through the eigenvectors, so that rows in a subspace (a dead unit) are no error.</summary>
    public double[] Root { get; }

    /// <summary>Fits a Gaussian to rows.</summary>
    /// <param name="rows">[count, width], at least two.</param>
    /// <param name="threads">0: all cores; the result is the same with any.</param>
    /// <exception cref="Kernels.EngineException">Fewer than two rows; NaN or infinity.</exception>
    public static GaussianFit Of(FeatureMatrix rows, int threads = 0)
    {
        var moments = Moments.Of(rows, threads);
        return new GaussianFit(moments, FrechetDistance.SquareRoot(moments.Covariance, rows.Width, threads));
    }
}

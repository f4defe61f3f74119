namespace GenEngine.Metrics;

/// <summary>
/// A Gaussian with full covariance fitted to rows: what an autoencoder without a prior is sampled from. A row of independent normals times <see cref="Root"/>, plus the mean, is a draw.
/// </summary>
public sealed class GaussianFit
{
    private GaussianFit(Moments moments, double[] root) => (Moments, Root) = (moments, root);

    public Moments Moments { get; }

    /// <summary>The symmetric square root of the covariance, [width, width]; through the eigenvectors, so that rows in a subspace (a dead unit) are no error.</summary>
    public double[] Root { get; }

    public static GaussianFit Of(FeatureMatrix rows, int threads = 0)
    {
        var moments = Moments.Of(rows, threads);
        return new GaussianFit(moments, FrechetDistance.SquareRoot(moments.Covariance, rows.Width, threads));
    }
}

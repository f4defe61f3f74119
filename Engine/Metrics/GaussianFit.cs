using GenEngine.Kernels;
using GenEngine.Numerics;

namespace GenEngine.Metrics;

/// <summary>
/// A Gaussian with full covariance fitted to rows, and draws from it: what an autoencoder without a prior is sampled from. Through the
/// eigenvectors, so that codes in a subspace (a dead unit) are no error.
/// </summary>
public sealed class GaussianFit
{
    private readonly double[] _root;

    private GaussianFit(Moments moments, double[] root) => (Moments, _root) = (moments, root);

    public Moments Moments { get; }

    public static GaussianFit Of(FeatureMatrix rows, int threads = 0)
    {
        var moments = Moments.Of(rows, threads);
        return new GaussianFit(moments, FrechetDistance.SquareRoot(moments.Covariance, rows.Width, threads));
    }

    /// <summary>Draws; the same seed gives the same rows, and fewer rows are the first of more.</summary>
    public FeatureMatrix Sample(int count, ulong seed, int threads = 0)
    {
        if (count < 1) throw new EngineException($"{count} draws: at least one is needed.");
        int width = Moments.Width;
        var noise = new double[(long)count * width];
        for (int i = 0; i < count; i++)
        {
            var random = SplitMix64.Stream(seed, 0x6A55, (ulong)i);
            // (0, 1): the quantile of 0 is infinite
            for (int j = 0; j < width; j++) noise[(i * width) + j] = InverseNormal.Cdf(random.NextDouble() + (0.5 / (1UL << 53)));
        }

        double[] drawn = DenseProduct.Of(noise, count, _root, width, width, threads);
        var values = new float[drawn.Length];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(drawn[i] + Moments.Mean[i % width]);
        return new FeatureMatrix(values, count, width);
    }
}

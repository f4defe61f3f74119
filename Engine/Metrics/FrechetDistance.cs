namespace GenEngine.Metrics;

/// <summary>
/// The Frechet distance of two Gaussians, |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Dowson and Landau 1982), between features of the
/// judge. It is not FID, which means Inception's features (Heusel et al. 2017, eq. 6); raw values move with the judge, so it is reported
/// over the trace of the real features' covariance, beside the distance of two halves of real data.
/// </summary>
public static class FrechetDistance
{
    /// <summary>The distance, at least 0.</summary>
    public static double Between(Moments a, Moments b, int threads = 0)
    {
        if (a.Width != b.Width) throw new Kernels.EngineException($"Frechet distance: features of {a.Width} cannot be compared with features of {b.Width}.");
        double means = 0;
        for (int i = 0; i < a.Width; i++) means += (a.Mean[i] - b.Mean[i]) * (a.Mean[i] - b.Mean[i]);
        return Math.Max(0, means + a.Trace + b.Trace - (2 * TraceOfRoot(a.Covariance, b.Covariance, a.Width, threads)));
    }

    /// <summary>The distance between features [count, width] of two sets of images.</summary>
    public static double Between(FeatureMatrix a, FeatureMatrix b, int threads = 0)
    {
        a.SameWidth(b, "Frechet distance");
        return Between(Moments.Of(a, threads), Moments.Of(b, threads), threads);
    }

    /// <summary>The distance over the trace of the real features' covariance.</summary>
    public static double Relative(FeatureMatrix real, FeatureMatrix generated, int threads = 0)
    {
        real.SameWidth(generated, "Frechet distance");
        var moments = Moments.Of(real, threads);
        return Between(moments, Moments.Of(generated, threads), threads) / Trace(moments);
    }

    /// <summary>
    /// What real data reach against real data: the relative distance of two halves of the rows, parted by the seed. Not in file order: the
    /// halves of MNIST's test set were written by different people, which is no floor.
    /// </summary>
    public static double Floor(FeatureMatrix real, ulong seed = 0, int threads = 0)
    {
        real.Checked("The floor of the Frechet distance", 4);
        int half = real.Count / 2;
        var mixed = NearestNeighbours.Shuffled(real, real.Count, seed);
        return Between(mixed.Slice(0, half), mixed.Slice(half, real.Count - half), threads) / Trace(Moments.Of(real, threads));
    }

    /// <summary>tr (A B)^(1/2) of positive semi-definite matrices: the roots of the eigenvalues of A^(1/2) B A^(1/2), which is symmetric.</summary>
    internal static double TraceOfRoot(double[] a, double[] b, int n, int threads = 0)
    {
        double[] root = SquareRoot(a, n, threads);
        // root and b are symmetric: row times row is row times column
        double[] left = DenseProduct.Of(root, n, b, n, n, threads), inner = DenseProduct.Of(left, n, root, n, n, threads);
        double sum = 0;
        foreach (double value in SymmetricEigen.Of(inner, n, threads).Values) sum += Math.Sqrt(Math.Max(0, value));
        return sum;
    }

    /// <summary>The symmetric root of a positive semi-definite matrix; eigenvalues below 0 by rounding count as 0.</summary>
    internal static double[] SquareRoot(double[] matrix, int n, int threads = 0) =>
        SymmetricEigen.Of(matrix, n, threads).Apply(value => Math.Sqrt(Math.Max(0, value)), threads);

    private static double Trace(Moments moments) => moments.Trace is > 0 and var trace
        ? trace
        : throw new Kernels.EngineException("Frechet distance: all real features are equal, so there is no scale to measure by.");
}

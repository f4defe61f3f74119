namespace GenEngine.Models;

/// <summary>The Gaussian of an autoencoder's codes: mean, and a factor that turns independent normals into codes.</summary>
/// <param name="Mean">[latent].</param>
/// <param name="Factor">[latent, latent], upper triangular: a row of normals times it has the codes' covariance.</param>
internal sealed record CodeGaussian(double[] Mean, double[] Factor)
{
    /// <summary>Fits mean and covariance (over count - 1) of codes [count, latent]; the covariance is factored by Cholesky's method.</summary>
    public static CodeGaussian Fit(double[] codes, int latent)
    {
        int count = codes.Length / latent;
        var mean = new double[latent];
        for (int i = 0; i < codes.Length; i++) mean[i % latent] += codes[i] / count;
        var factor = new double[latent * latent]; // the covariance first, then its factor
        for (int row = 0; row < count; row++)
        {
            for (int i = 0; i < latent; i++)
            {
                double deviation = codes[(row * latent) + i] - mean[i];
                for (int j = 0; j <= i; j++) factor[(j * latent) + i] += deviation * (codes[(row * latent) + j] - mean[j]) / Math.Max(1, count - 1);
            }
        }

        Cholesky(factor, latent);
        return new CodeGaussian(mean, factor);
    }

    /// <summary>In place: upper triangle of a covariance -> upper U with UᵀU the covariance; a dimension without variance of its own gets none.</summary>
    private static void Cholesky(double[] a, int n)
    {
        for (int i = 0; i < n; i++)
        {
            double full = a[(i * n) + i], left = full;
            for (int k = 0; k < i; k++) left -= a[(k * n) + i] * a[(k * n) + i];
            double pivot = left > 1e-12 * full ? Math.Sqrt(left) : 0;
            a[(i * n) + i] = pivot;
            for (int j = i + 1; j < n; j++)
            {
                double sum = a[(i * n) + j];
                for (int k = 0; k < i; k++) sum -= a[(k * n) + i] * a[(k * n) + j];
                a[(i * n) + j] = pivot > 0 ? sum / pivot : 0;
            }
        }
    }
}

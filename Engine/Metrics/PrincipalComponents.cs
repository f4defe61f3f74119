using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>
/// Principal components (Pearson 1901; Hotelling 1933): the best linear autoencoder in squared error, which every autoencoder's
/// reconstruction is measured against.
/// </summary>
public sealed class PrincipalComponents
{
    private readonly double[] _mean;
    private readonly SymmetricEigen _eigen;

    private PrincipalComponents(double[] mean, SymmetricEigen eigen) => (_mean, _eigen) = (mean, eigen);

    /// <summary>Variances along the components, descending.</summary>
    public IReadOnlyList<double> Variances => _eigen.Values;

    /// <summary>Values a row, and so components at most.</summary>
    public int Width => _mean.Length;

    /// <param name="rows">[count, width]; training data.</param>
    public static PrincipalComponents Of(FeatureMatrix rows, int threads = 0)
    {
        var moments = Moments.Of(rows, threads);
        return new PrincipalComponents(moments.Mean, SymmetricEigen.Of(moments.Covariance, rows.Width, threads));
    }

    /// <summary>
    /// Squared error a row (summed over its values, averaged over rows) of reconstruction from the first k components. For the rows that
    /// were fitted it is (N - 1) / N times the sum of the dropped variances.
    /// </summary>
    public double ReconstructionError(FeatureMatrix rows, int components, int threads = 0)
    {
        if (rows.Width != Width) throw new EngineException($"The components were fitted to rows of {Width}; these have {rows.Width}.");
        if (components < 0 || components > Width) throw new EngineException($"{components} components of {Width} cannot be kept.");
        rows.Checked("A reconstruction error");
        // |x - m|^2 less the squares of the kept coordinates would cancel; the residual itself does not
        double[] centred = new double[rows.Values.LongLength], kept = _eigen.Vectors[..(components * Width)];
        for (int i = 0; i < centred.Length; i++) centred[i] = rows.Values[i] - _mean[i % Width];
        var errors = new double[rows.Count];
        if (components == 0)
        {
            for (int i = 0; i < rows.Count; i++) errors[i] = HostVectors.Dot(centred.AsSpan(i * Width, Width), centred.AsSpan(i * Width, Width));
            return errors.Sum() / rows.Count;
        }

        var product = new DenseProduct(kept, components, Width, threads);
        product.Run(centred, rows.Count, threads, (first, count, codes) =>
        {
            for (int i = 0; i < count; i++)
            {
                var row = centred.AsSpan((first + i) * Width, Width);
                for (int k = 0; k < components; k++) HostVectors.AddScaled(row, -codes[(i * product.Stride) + k], kept.AsSpan(k * Width, Width));
                errors[first + i] = HostVectors.Dot(row, row);
            }
        });
        return errors.Sum() / rows.Count;
    }
}

using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>
/// Linear regression of outputs on standardised inputs with a penalty l2 |w|^2 an output beside the mean squared error (Hoerl and Kennard
/// 1970), solved exactly.
/// </summary>
public sealed class RidgeRegression
{
    private readonly double[] _mean, _scale, _weights;
    private readonly int _width, _outputs;

    private RidgeRegression(double[] mean, double[] scale, double[] weights, int width, int outputs) =>
        (_mean, _scale, _weights, _width, _outputs) = (mean, scale, weights, width, outputs);

    /// <param name="inputs">[count, width].</param>
    /// <param name="outputs">[count, outputs].</param>
    /// <param name="l2">Penalty; above 0 where inputs depend on each other.</param>
    /// <param name="threads">0: all cores. The result does not depend on it.</param>
    public static RidgeRegression Fit(FeatureMatrix inputs, FeatureMatrix outputs, double l2 = 1e-6, int threads = 0)
    {
        inputs.Checked("A regression", 2);
        outputs.Checked("A regression", 2);
        if (inputs.Count != outputs.Count) throw new EngineException($"A regression of {outputs.Count} rows of outputs on {inputs.Count} rows of inputs.");
        if (!(l2 > 0)) throw new EngineException($"A ridge of {l2}: it must be positive.");
        var (mean, scale) = Moments.Standardisation(inputs);
        // the bias is the outputs' mean, as the inputs are centred
        int width = inputs.Width, count = inputs.Count, k = outputs.Width;
        double[] level = Moments.MeanOf(outputs), x = new double[(long)width * count], y = new double[(long)k * count];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < width; j++) x[((long)j * count) + i] = (inputs.Values[(i * width) + j] - mean[j]) / scale[j];
            for (int j = 0; j < k; j++) y[((long)j * count) + i] = outputs.Values[(i * k) + j] - level[j];
        }

        double[] normal = DenseProduct.Of(x, width, x, width, count, threads), right = DenseProduct.Of(y, k, x, width, count, threads);
        // (C + l2)^-1 through the eigenvectors: no pivot to fail on
        double[] inverse = SymmetricEigen.Of(Array.ConvertAll(normal, value => value / count), width, threads).Apply(value => 1 / (Math.Max(0, value) + l2), threads);
        double[] solved = DenseProduct.Of(Array.ConvertAll(right, value => value / count), k, inverse, width, width, threads), weights = new double[k * (width + 1)];
        for (int o = 0; o < k; o++)
        {
            solved.AsSpan(o * width, width).CopyTo(weights.AsSpan(o * (width + 1)));
            weights[(o * (width + 1)) + width] = level[o];
        }

        return new RidgeRegression(mean, scale, weights, width, k);
    }

    /// <summary>[count, outputs].</summary>
    public FeatureMatrix Predict(FeatureMatrix inputs, int threads = 0)
    {
        if (inputs.Width != _width) throw new EngineException($"The regression was fitted to inputs of {_width}; these have {inputs.Width}.");
        double[] values = DenseProduct.Of(SoftmaxProbe.Standardised(inputs, _mean, _scale), inputs.Count, _weights, _outputs, _width + 1, threads);
        return new FeatureMatrix(Array.ConvertAll(values, value => (float)value), inputs.Count, _outputs);
    }

    /// <summary>
    /// Coefficient of determination of each column, 1 - sum (y - p)^2 / sum (y - mean)^2: 1 is perfect, 0 no better than the mean; NaN
    /// where the truth never changes.
    /// </summary>
    public static double[] R2(FeatureMatrix predicted, FeatureMatrix truth)
    {
        if (predicted.Count != truth.Count || predicted.Width != truth.Width)
            throw new EngineException($"R^2: predictions are {predicted.Count}x{predicted.Width}, the truth is {truth.Count}x{truth.Width}.");
        double[] mean = Moments.MeanOf(truth), error = new double[truth.Width], spread = new double[truth.Width];
        for (int i = 0; i < truth.Count; i++)
        {
            for (int j = 0; j < truth.Width; j++)
            {
                double y = truth.Row(i)[j], off = y - predicted.Row(i)[j];
                error[j] += off * off;
                spread[j] += (y - mean[j]) * (y - mean[j]);
            }
        }

        return [.. error.Select((value, j) => spread[j] > 0 ? 1 - (value / spread[j]) : double.NaN)];
    }
}

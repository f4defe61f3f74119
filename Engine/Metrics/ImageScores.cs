using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>Figures of images [count, height*width*channels], pixels in [0, 1].</summary>
public static class ImageScores
{
    /// <summary>
    /// Mean over images of the variance of the Laplacian (4-neighbour kernel, inner pixels; Pech-Pacheco et al. 2000), channels averaged:
    /// blurred images have less than real ones.
    /// </summary>
    public static double Sharpness(FeatureMatrix images, int height, int width, int channels)
    {
        images.Checked("Sharpness");
        if (height < 3 || width < 3 || channels < 1 || images.Width != height * width * channels)
            throw new EngineException($"Sharpness: rows of {images.Width} values are not images of {height}x{width}x{channels}, 3x3 at least.");
        double total = 0;
        int inner = (height - 2) * (width - 2), line = width * channels;
        for (int i = 0; i < images.Count; i++)
        {
            var image = images.Row(i);
            for (int c = 0; c < channels; c++)
            {
                double sum = 0, squares = 0;
                for (int y = 1; y < height - 1; y++)
                {
                    for (int x = 1; x < width - 1; x++)
                    {
                        int at = (y * line) + (x * channels) + c;
                        double value = (double)image[at - line] + image[at + line] + image[at - channels] + image[at + channels] - (4 * (double)image[at]);
                        sum += value;
                        squares += value * value;
                    }
                }

                total += (squares / inner) - (sum / inner * (sum / inner));
            }
        }

        return total / ((double)images.Count * channels);
    }

    /// <summary>Sharpness of generated images over that of real ones: 1 is as sharp.</summary>
    public static double RelativeSharpness(FeatureMatrix generated, FeatureMatrix real, int height, int width, int channels) =>
        Sharpness(real, height, width, channels) is > 0 and var truth
            ? Sharpness(generated, height, width, channels) / truth
            : throw new EngineException("Sharpness: the real images are flat, so there is nothing to compare with.");

    /// <summary>Mean squared error a value (a pixel's channel).</summary>
    public static double MeanSquaredError(FeatureMatrix reconstructed, FeatureMatrix real)
    {
        if (reconstructed.Count != real.Count || reconstructed.Width != real.Width || real.Count == 0)
            throw new EngineException($"Reconstruction error: {reconstructed.Count}x{reconstructed.Width} values for {real.Count}x{real.Width}.");
        double total = 0;
        for (int i = 0; i < real.Count; i++)
        {
            double row = 0;
            ReadOnlySpan<float> a = reconstructed.Row(i), b = real.Row(i);
            for (int j = 0; j < a.Length; j++)
            {
                double off = (double)a[j] - b[j];
                row += off * off;
            }

            total += row;
        }

        return total / real.Values.LongLength;
    }
}

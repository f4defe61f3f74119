using GenEngine.Kernels;
using GenEngine.Numerics;

namespace GenEngine.Metrics;

/// <summary>
/// Multi-scale structural similarity (Wang, Simoncelli and Bovik 2003, eq. 7) of images with pixels in [0, 1]. A 7x7 Gaussian window of
/// deviation 1.5, whole windows only; scales halve by 2x2 means while the smallest side is at least two windows (28 and 32: two scales,
/// 64: three), five at most; the paper's weights of the scales in use are renormalised to add up to 1. Negative contrast terms count as 0;
/// channels are averaged.
/// </summary>
public sealed class MsSsim
{
    private const int Window = 7;
    private const double C1 = 0.01 * 0.01, C2 = 0.03 * 0.03;
    private static readonly double[] s_paper = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
    private static readonly double[] s_window = Gaussian();
    private readonly int _height, _width, _channels;

    /// <exception cref="EngineException">Images smaller than a window.</exception>
    public MsSsim(int height, int width, int channels)
    {
        if (Math.Min(height, width) < Window || channels < 1)
            throw new EngineException($"MS-SSIM looks through windows of {Window}x{Window} pixels; images of {height}x{width}x{channels} have none.");
        (_height, _width, _channels) = (height, width, channels);
        Scales = 1;
        while (Scales < s_paper.Length && Math.Min(height, width) >> Scales >= 2 * Window) Scales++;
        double sum = s_paper[..Scales].Sum();
        Weights = [.. s_paper[..Scales].Select(weight => weight / sum)];
    }

    /// <summary>Scales in use, 1 to 5 by the smallest side.</summary>
    public int Scales { get; }

    /// <summary>Of the scales, the finest first; they add up to 1.</summary>
    public IReadOnlyList<double> Weights { get; }

    /// <summary>Similarity of two images [height, width, channels]: 1 when they are equal, at least 0.</summary>
    public double Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        int size = _height * _width * _channels;
        if (a.Length != size || b.Length != size) throw new EngineException($"MS-SSIM: images of {a.Length} and {b.Length} values, not {size}.");
        double sum = 0;
        for (int c = 0; c < _channels; c++) sum += OfChannel(Plane(a, c), Plane(b, c));
        return sum / _channels;
    }

    /// <summary>
    /// Mean similarity of pairs of one class, chosen by the seed: the higher, the less diverse (Odena et al. 2017). Compare with real
    /// images' figure under the same seed.
    /// </summary>
    /// <param name="images">[count, height*width*channels].</param>
    /// <param name="labels">Class of each image; null: all are one class.</param>
    /// <param name="pairsAClass">Drawn with replacement, never an image with itself.</param>
    /// <returns>A figure a class, in the order of the classes; NaN where a class has fewer than two images.</returns>
    public double[] WithinClass(FeatureMatrix images, IReadOnlyList<int>? labels, int classes, int pairsAClass = 100, ulong seed = 0, int threads = 0)
    {
        images.Checked("MS-SSIM", 2);
        if (labels is not null && labels.Count != images.Count) throw new EngineException($"{labels.Count} labels for {images.Count} images.");
        if (classes < 1 || pairsAClass < 1) throw new EngineException($"MS-SSIM of {pairsAClass} pairs of each of {classes} classes.");
        var means = new double[classes];
        Parts.Run(classes, threads, c =>
        {
            int[] members = [.. Enumerable.Range(0, images.Count).Where(i => (labels?[i] ?? 0) == c)];
            means[c] = double.NaN;
            if (members.Length < 2) return;
            var random = SplitMix64.Stream(seed, 0x5512, (ulong)c);
            double sum = 0;
            for (int pair = 0; pair < pairsAClass; pair++)
            {
                int first = random.Next(members.Length), second = random.Next(members.Length - 1);
                if (second >= first) second++;
                sum += Of(images.Row(members[first]), images.Row(members[second]));
            }

            means[c] = sum / pairsAClass;
        });
        return means;
    }

    private double[] Plane(ReadOnlySpan<float> image, int channel)
    {
        var plane = new double[_height * _width];
        for (int i = 0; i < plane.Length; i++) plane[i] = image[(i * _channels) + channel];
        return plane;
    }

    private double OfChannel(double[] a, double[] b)
    {
        int height = _height, width = _width;
        double product = 1;
        for (int scale = 0; scale < Scales; scale++)
        {
            if (scale > 0)
            {
                (a, b) = (Halved(a, height, width), Halved(b, height, width));
                (height, width) = (height / 2, width / 2);
            }

            var (similarity, contrast) = Terms(a, b, height, width);
            product *= Math.Pow(Math.Max(0, scale == Scales - 1 ? similarity : contrast), Weights[scale]);
        }

        return product;
    }

    // means over windows of luminance * contrast * structure, and of contrast * structure
    private static (double Similarity, double Contrast) Terms(double[] a, double[] b, int height, int width)
    {
        double[] aa = new double[a.Length], bb = new double[a.Length], ab = new double[a.Length];
        for (int i = 0; i < a.Length; i++) (aa[i], bb[i], ab[i]) = (a[i] * a[i], b[i] * b[i], a[i] * b[i]);
        double[] ma = Filtered(a, height, width), mb = Filtered(b, height, width);
        (aa, bb, ab) = (Filtered(aa, height, width), Filtered(bb, height, width), Filtered(ab, height, width));
        double similarity = 0, contrast = 0;
        for (int i = 0; i < ma.Length; i++)
        {
            double va = aa[i] - (ma[i] * ma[i]), vb = bb[i] - (mb[i] * mb[i]), cov = ab[i] - (ma[i] * mb[i]);
            double cs = ((2 * cov) + C2) / (va + vb + C2), luminance = ((2 * ma[i] * mb[i]) + C1) / ((ma[i] * ma[i]) + (mb[i] * mb[i]) + C1);
            contrast += cs;
            similarity += cs * luminance;
        }

        return (similarity / ma.Length, contrast / ma.Length);
    }

    private static double[] Filtered(double[] image, int height, int width)
    {
        int rows = height - Window + 1, columns = width - Window + 1;
        double[] along = new double[height * columns], result = new double[rows * columns];
        for (int y = 0; y < height; y++)
        {
            for (int k = 0; k < Window; k++) HostVectors.AddScaled(along.AsSpan(y * columns, columns), s_window[k], image.AsSpan((y * width) + k, columns));
        }

        for (int y = 0; y < rows; y++)
        {
            for (int k = 0; k < Window; k++) HostVectors.AddScaled(result.AsSpan(y * columns, columns), s_window[k], along.AsSpan((y + k) * columns, columns));
        }

        return result;
    }

    private static double[] Halved(double[] image, int height, int width)
    {
        var half = new double[height / 2 * (width / 2)];
        for (int y = 0; y < height / 2; y++)
        {
            for (int x = 0; x < width / 2; x++)
            {
                int at = (2 * y * width) + (2 * x);
                half[(y * (width / 2)) + x] = (image[at] + image[at + 1] + image[at + width] + image[at + width + 1]) / 4;
            }
        }

        return half;
    }

    private static double[] Gaussian()
    {
        double[] window = [.. Enumerable.Range(0, Window).Select(i => Math.Exp(-(i - (Window / 2)) * (i - (Window / 2)) / (2 * 1.5 * 1.5)))];
        double sum = window.Sum();
        return Array.ConvertAll(window, value => value / sum);
    }
}

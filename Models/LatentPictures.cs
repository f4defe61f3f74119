using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Numerics;
using GenEngine.Plots;

namespace GenEngine.Models;

/// <summary>What people look at after training a model with a code: reconstructions, samples, the manifold, the codes.</summary>
public static class LatentPictures
{
    private const int Scale = 2;

    /// <summary>Pairs of rows: images of the set above their reconstructions.</summary>
    public static Bitmap Reconstructions(ILatentModel model, DeviceDataset data, int columns = 12, int pairs = 4)
    {
        using var step = model.Context.BeginStep();
        using var nothing = model.Context.NoGradient();
        var images = data.EvaluationBatch(0, columns * pairs).Images;
        byte[] originals = ToBytes(images), copies = ToBytes(model.Decode(model.Encode(images)));
        int row = columns * model.Data.Pixels;
        var tiles = new List<byte>();
        for (int pair = 0; pair < pairs; pair++)
        {
            tiles.AddRange(originals.AsSpan(pair * row, row));
            tiles.AddRange(copies.AsSpan(pair * row, row));
        }

        return Grid(model, [.. tiles], columns);
    }

    /// <summary>Decoded draws from the prior N(0, 1).</summary>
    public static Bitmap Samples(ILatentModel model, int count = 144, int columns = 12)
    {
        using var step = model.Context.BeginStep();
        using var nothing = model.Context.NoGradient();
        return Grid(model, ToBytes(model.Decode(model.Context.RandomNormal(new Shape(count, model.Latent)))), columns);
    }

    /// <summary>
    /// The plane of the first two code dimensions, side x side images: a uniform grid on the unit square through the inverse normal
    /// distribution function (Kingma and Welling 2013, figure 4), other dimensions 0.
    /// </summary>
    public static Bitmap Manifold(ILatentModel model, int side = 20)
    {
        if (model.Latent < 2) throw new Kernels.EngineException($"A manifold needs a code of at least two dimensions; this model has {model.Latent}. Train with --latent 2.");
        var codes = new double[side * side * model.Latent];
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
            {
                int at = ((row * side) + column) * model.Latent;
                codes[at] = InverseNormal.Cdf((column + 0.5) / side);
                codes[at + 1] = -InverseNormal.Cdf((row + 0.5) / side); // up is positive
            }
        }

        using var step = model.Context.BeginStep();
        using var nothing = model.Context.NoGradient();
        var z = model.Context.Transient(codes, new Shape(side * side, model.Latent));
        return Grid(model, ToBytes(model.Decode(z)), side, gap: 0);
    }

    /// <summary>The first two code dimensions of up to <paramref name="count"/> images, coloured by class.</summary>
    public static Bitmap Scatter(ILatentModel model, DeviceDataset data, ImageDataset labels, int count = 5000)
    {
        int total = Math.Min(count, data.Count);
        var x = new double[total];
        var y = new double[total];
        for (int start = 0; start < total; start += 500)
        {
            using var step = model.Context.BeginStep();
            using var nothing = model.Context.NoGradient();
            double[] codes = model.Encode(data.EvaluationBatch(start, 500).Images).ToDoubles();
            for (int i = start; i < Math.Min(start + 500, total); i++)
            {
                x[i] = codes[(i - start) * model.Latent];
                y[i] = model.Latent > 1 ? codes[((i - start) * model.Latent) + 1] : 0;
            }
        }

        return new ScatterPlot
        {
            Title = "codes of test images",
            XLabel = "z1",
            YLabel = "z2",
            X = x,
            Y = y,
            Classes = labels.Labels?[..total],
            ClassNames = labels.ClassNames,
        }.Render();
    }

    private static Bitmap Grid(ILatentModel model, byte[] images, int columns, int gap = 1) =>
        ImageGrid.Tile(images, model.Data.Height, model.Data.Width, model.Data.Channels, new GridOptions { Columns = columns, Gap = gap, Scale = Scale });

    /// <summary>Rows of pixels in [0, 1] as bytes.</summary>
    private static byte[] ToBytes(Tensor pixels) => ImageGrid.ToBytes(Array.ConvertAll(pixels.ToDoubles(), value => (float)value));
}

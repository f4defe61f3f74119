using GenEngine.Data;
using GenEngine.Files;
using GenEngine.Kernels;
using GenEngine.Numerics;
using GenEngine.Plots;

namespace GenEngine.Models;

/// <summary>What people look at after training a model with a code: reconstructions, samples, the manifold, the codes.</summary>
public static class LatentPictures
{
    private const int Scale = 2;
    private const int WideImage = 64; // from here on pixels are shown as they are

    /// <summary>Pairs of rows: images of the set above their reconstructions.</summary>
    public static Bitmap Reconstructions(GenerativeModel model, DeviceDataset data, int columns = 12, int pairs = 4)
    {
        using var step = new EvaluationStep(model);
        var batch = data.EvaluationBatch(0, columns * pairs);
        var classes = model.Classes(batch);
        float[] originals = Pixels(batch.Images), copies = Pixels(model.Decode(Encoder(model).Encode(batch.Images, classes), classes));
        int row = columns * model.Data.Pixels;
        var tiles = new List<float>();
        for (int pair = 0; pair < pairs; pair++)
        {
            tiles.AddRange(originals.AsSpan(pair * row, row));
            tiles.AddRange(copies.AsSpan(pair * row, row));
        }

        return Grid(model, [.. tiles], columns);
    }

    /// <summary>Decoded draws of codes.</summary>
    /// <param name="labels">The class of every image, for a conditional model; else null.</param>
    public static Bitmap Samples(ZooModel model, int count = 144, int columns = 12, IReadOnlyList<int>? labels = null) =>
        Grid(model, ModelRuns.Images(model, count, null, labels), columns);

    /// <summary>Draws of a conditional model: a class a column, and each row one code under every class.</summary>
    public static Bitmap ClassTable(ZooModel model, IReadOnlyList<string> classNames, int rows = 10)
    {
        int classes = model.Data.Classes;
        double[] drawn;
        using (new EvaluationStep(model)) drawn = model.SampleCodes(rows).ToDoubles();
        var codes = new double[rows * classes * model.Latent];
        for (int tile = 0; tile < rows * classes; tile++) drawn.AsSpan(tile / classes * model.Latent, model.Latent).CopyTo(codes.AsSpan(tile * model.Latent));
        int[] labels = [.. Enumerable.Range(0, rows * classes).Select(tile => tile % classes)];
        return Grid(model, ModelRuns.Images(model, labels.Length, codes, labels), new GridOptions { Columns = classes, Gap = 1, Scale = ScaleOf(model), ColumnLabels = classNames });
    }

    /// <summary>
    /// The plane of the first two code dimensions, side x side images: a uniform grid on the unit square through the inverse normal
    /// distribution function (Kingma and Welling 2013, figure 4), other dimensions 0.
    /// </summary>
    /// <param name="label">The class of all images, for a conditional model; else null.</param>
    /// <exception cref="EngineException">The code has one dimension only.</exception>
    public static Bitmap Manifold(ZooModel model, int side = 20, int? label = null) =>
        Grid(model, ModelRuns.Images(model, side * side, ManifoldCodes(model, side), Labels(model, label, side * side)), side, gap: 0);

    /// <summary>The codes of <see cref="Manifold"/>: [side*side, latent].</summary>
    public static double[] ManifoldCodes(ZooModel model, int side)
    {
        if (model.Latent < 2) throw new EngineException($"A manifold needs a code of at least two dimensions; this model has {model.Latent}. Train with --latent 2.");
        if (model is PixelGanAe { IsCategorical: true }) throw new EngineException($"The code of this '{model.Name}' is one of {model.Latent} categories and has no plane to map; 'traverse' shows them, and --prior gaussian trains one that has.");
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

        return codes;
    }

    /// <summary>The first two code dimensions of up to <paramref name="count"/> images, coloured by class.</summary>
    public static Bitmap Scatter(ZooModel model, DeviceDataset data, ImageDataset labels, int count = 5000)
    {
        double[] codes = ModelRuns.Codes(model, data, count);
        int total = codes.Length / model.Latent;
        return new ScatterPlot
        {
            Title = "codes of test images",
            XLabel = "z1",
            YLabel = "z2",
            X = [.. Enumerable.Range(0, total).Select(i => codes[i * model.Latent])],
            Y = [.. Enumerable.Range(0, total).Select(i => model.Latent > 1 ? codes[(i * model.Latent) + 1] : 0)],
            Classes = labels.Labels?[..total],
            ClassNames = labels.ClassNames,
        }.Render();
    }

    /// <summary>Images of the model as one sheet.</summary>
    /// <param name="images">[count, pixels] in [0, 1].</param>
    public static Bitmap Grid(ZooModel model, float[] images, int columns, int gap = 1) =>
        Grid(model, images, new GridOptions { Columns = columns, Gap = gap, Scale = ScaleOf(model) });

    /// <inheritdoc cref="Grid(ZooModel, float[], int, int)"/>
    public static Bitmap Grid(ZooModel model, float[] images, GridOptions options) =>
        ImageGrid.Tile(ImageGrid.ToBytes(images), model.Data.Height, model.Data.Width, model.Data.Channels, options);

    /// <summary>Screen pixels a pixel.</summary>
    public static int ScaleOf(ZooModel model) => ScaleOf(model.Data.Width);

    /// <summary>Screen pixels a pixel of images of this width.</summary>
    public static int ScaleOf(int width) => width >= WideImage ? 1 : Scale;

    /// <summary>The model as what finds codes of images.</summary>
    /// <exception cref="EngineException">The model has no encoder.</exception>
    public static IEncoder Encoder(ZooModel model) =>
        model as IEncoder ?? throw new EngineException($"'{model.Name}' has no encoder: it makes images of codes, but finds no codes of images. Models that do: {Zoo.NamesOf(other => other.HasEncoder)}.");

    private static int[]? Labels(ZooModel model, int? label, int count) => model.IsConditional ? [.. Enumerable.Repeat(label ?? 0, count)] : null;

    private static float[] Pixels(Tensor pixels) => Array.ConvertAll(pixels.ToDoubles(), value => (float)value);
}

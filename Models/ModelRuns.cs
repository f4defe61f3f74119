using GenEngine.Data;
using GenEngine.Kernels;

namespace GenEngine.Models;

/// <summary>Running a trained model over many images or codes, in batches, to the host.</summary>
public static class ModelRuns
{
    private const int BatchSize = 250;

    /// <summary>Codes of all images of a set, in file order: [count, latent].</summary>
    /// <param name="model">A model that is an <see cref="IEncoder"/>.</param>
    public static double[] Codes(ZooModel model, DeviceDataset data, int? limit = null)
    {
        int count = Math.Min(limit ?? data.Count, data.Count);
        var codes = new double[(long)count * model.Latent];
        for (int start = 0; start < count; start += BatchSize)
        {
            using var step = new EvaluationStep(model);
            var batch = data.EvaluationBatch(start, BatchSize);
            double[] found = ((IEncoder)model).Encode(batch.Images, model.Classes(batch)).ToDoubles();
            int valid = Math.Min(BatchSize, count - start);
            found.AsSpan(0, valid * model.Latent).CopyTo(codes.AsSpan(start * model.Latent));
        }

        return codes;
    }

    /// <summary>Codes of images: [count, latent].</summary>
    /// <param name="images">[count, pixels], in [0, 1].</param>
    /// <param name="labels">A class an image, for a conditional model; else null.</param>
    /// <exception cref="EngineException">The model has no encoder.</exception>
    public static double[] Codes(ZooModel model, float[] images, IReadOnlyList<int>? labels)
    {
        var encoder = LatentPictures.Encoder(model);
        int pixels = model.Data.Pixels, count = images.Length / pixels;
        double[] inputs = Array.ConvertAll(images, pixel => (double)pixel), codes = new double[count * model.Latent];
        double[]? classes = model.IsConditional ? OneHot(labels!, model.Data.Classes) : null;
        for (int start = 0; start < count; start += BatchSize)
        {
            int valid = Math.Min(BatchSize, count - start);
            using var step = new EvaluationStep(model);
            var c = classes is null ? null : Rows(model, classes, start, valid, model.Data.Classes);
            double[] found = encoder.Encode(Rows(model, inputs, start, valid, pixels), c).ToDoubles();
            found.AsSpan(0, valid * model.Latent).CopyTo(codes.AsSpan(start * model.Latent));
        }

        return codes;
    }

    /// <summary>Codes drawn from the model's prior, the same whatever their number: [count, latent].</summary>
    public static double[] DrawCodes(ZooModel model, int count)
    {
        var codes = new double[count * model.Latent];
        for (int start = 0; start < count; start += BatchSize)
        {
            using var step = new EvaluationStep(model);
            int valid = Math.Min(BatchSize, count - start);
            model.SampleCodes(BatchSize).ToDoubles().AsSpan(0, valid * model.Latent).CopyTo(codes.AsSpan(start * model.Latent));
        }

        return codes;
    }

    /// <summary>Images of codes: [count, pixels], in [0, 1].</summary>
    /// <param name="codes">[count, latent]; null draws them.</param>
    /// <param name="labels">A class a code, for a conditional model; else null.</param>
    public static float[] Images(ZooModel model, int count, double[]? codes = null, IReadOnlyList<int>? labels = null)
    {
        if (model is PixelModel pixels) return PixelRuns.Images(pixels, count, labels, new PixelDraw { Codes = codes });
        var rows = labels is null ? null : OneHot(labels, model.Data.Classes);
        return Images(model, count, codes, rows);
    }

    /// <summary>As <see cref="Images(ZooModel, int, double[], IReadOnlyList{int})"/>, with rows of class weights [count, classes].</summary>
    public static float[] Images(ZooModel model, int count, double[]? codes, double[]? classes)
    {
        if (model is PixelModel { Latent: > 0 } drawn) return PixelRuns.Images(drawn, count, null, new PixelDraw { Codes = codes });
        var generative = model as GenerativeModel ?? throw new EngineException($"'{model.Name}' makes no images of codes.");
        int pixels = model.Data.Pixels, kinds = model.Data.Classes;
        var images = new float[(long)count * pixels];
        for (int start = 0; start < count; start += BatchSize)
        {
            // whole batches always: what is drawn for an image does not depend on how many are wanted
            int valid = Math.Min(BatchSize, count - start);
            using var step = new EvaluationStep(model);
            var z = codes is null ? model.SampleCodes(BatchSize) : Rows(model, codes, start, valid, model.Latent);
            var c = model.IsConditional ? Rows(model, classes ?? throw new ArgumentNullException(nameof(classes)), start, valid, kinds) : null;
            double[] made = generative.Decode(z, c).ToDoubles();
            for (int i = 0; i < valid * pixels; i++) images[((long)start * pixels) + i] = (float)made[i];
        }

        return images;
    }

    /// <summary>Rows with a one.</summary>
    public static double[] OneHot(IReadOnlyList<int> labels, int classes)
    {
        var rows = new double[labels.Count * classes];
        for (int i = 0; i < labels.Count; i++) rows[(i * classes) + labels[i]] = 1;
        return rows;
    }

    private static Tensor Rows(ZooModel model, double[] values, int start, int valid, int columns)
    {
        var rows = new double[BatchSize * columns];
        values.AsSpan(start * columns, valid * columns).CopyTo(rows);
        return model.Context.Transient(rows, new Shape(BatchSize, columns));
    }
}

using GenEngine.Kernels;
using GenEngine.Kernels.Columns;

namespace GenEngine.Models;

/// <summary>How images are drawn.</summary>
public sealed record PixelDraw
{
    /// <summary>1 is the model's own distribution.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>A full forward pass for every value instead of one column: slow, to compare.</summary>
    public bool Naive { get; init; }

    /// <summary>Levels that are given, [count, pixels], -1 for what is to be drawn; null draws everything.</summary>
    public int[]? Given { get; init; }

    /// <summary>Codes of the images, [count, latent], for a model that makes them of codes; null draws them from its prior.</summary>
    public double[]? Codes { get; init; }

    /// <summary>Called with how many positions of how many are done, of all images.</summary>
    public Action<int, int>? Progress { get; init; }

    /// <summary>Ends drawing by an <see cref="OperationCanceledException"/>, between two rows of pixels; between two positions when naive.</summary>
    public CancellationToken Stop { get; init; }
}

/// <summary>Drawing images of a pixel model, in batches, to the host. Image i is the same whatever the batch and however it is drawn.</summary>
public static class PixelRuns
{
    private const int BatchSize = 64;

    /// <summary>Images: [count, pixels], in [0, 1].</summary>
    /// <param name="labels">A class an image, for a conditional model; else null.</param>
    public static float[] Images(PixelModel model, int count, IReadOnlyList<int>? labels, PixelDraw? draw = null) => ToPixels(model, Levels(model, count, labels, draw));

    /// <summary>Levels as pixels in [0, 1].</summary>
    public static float[] ToPixels(PixelModel model, int[] levels) => Array.ConvertAll(levels, level => (float)level / (model.Levels - 1));

    /// <summary>Pixels in [0, 1] as levels of the model, to the nearest.</summary>
    public static int[] ToLevels(PixelModel model, ReadOnlySpan<float> pixels)
    {
        var levels = new int[pixels.Length];
        for (int i = 0; i < levels.Length; i++) levels[i] = Math.Clamp((int)MathF.Round(pixels[i] * (model.Levels - 1)), 0, model.Levels - 1);
        return levels;
    }

    /// <summary>As <see cref="Images"/>, as levels: [count, pixels].</summary>
    /// <exception cref="EngineException">Given levels of another size.</exception>
    public static int[] Levels(PixelModel model, int count, IReadOnlyList<int>? labels, PixelDraw? draw = null)
    {
        draw ??= new PixelDraw();
        int pixels = model.Data.Pixels;
        if (draw.Given is { } given && given.Length != (long)count * pixels) throw new EngineException($"{count} images of {pixels} values are {(long)count * pixels} levels, not {given.Length}.");
        double[]? conditions = labels is not null ? ModelRuns.OneHot(labels, model.Data.Classes) : model.Latent > 0 ? draw.Codes ?? ModelRuns.DrawCodes(model, count) : null;
        if (conditions is not null && conditions.Length != (long)count * model.ConditionWidth)
            throw new EngineException($"{count} images of '{model.Name}' are told {(long)count * model.ConditionWidth} numbers, not {conditions.Length}.");
        var levels = new int[count * pixels];
        if (draw.Given is null) Array.Fill(levels, -1);
        else draw.Given.CopyTo(levels, 0);
        for (int start = 0; start < count; start += BatchSize)
        {
            int valid = Math.Min(BatchSize, count - start);
            double[]? condition = conditions?[(start * model.ConditionWidth)..((start + valid) * model.ConditionWidth)];
            int[] batch = levels[(start * pixels)..((start + valid) * pixels)];
            var progress = draw.Progress is { } report ? (Action<int>)(position => report((start * model.Data.Height * model.Data.Width) + (valid * position), count * model.Data.Height * model.Data.Width)) : null;
            if (draw.Naive) Naive(model, batch, valid, condition, draw, (ulong)start, progress);
            else Incremental(model, batch, valid, condition, draw, (ulong)start, progress);
            batch.CopyTo(levels, start * pixels);
        }

        return levels;
    }

    private static void Incremental(PixelModel model, int[] levels, int count, double[]? condition, PixelDraw draw, ulong first, Action<int>? progress)
    {
        using var sampler = Sampler(model, count, condition);
        sampler.Run(levels, model.Context.Seed, new SamplingOptions { FirstImage = first, Temperature = draw.Temperature }, progress, draw.Stop);
    }

    /// <summary>A sampler of so many images.</summary>
    /// <param name="condition">[count, <see cref="PixelModel.ConditionWidth"/>]; null where that is 0.</param>
    public static ColumnSampler Sampler(PixelModel model, int count, double[]? condition)
    {
        using var step = new EvaluationStep(model);
        return new ColumnSampler(model.Context, model.Columns(count, Rows(model, count, condition)));
    }

    /// <summary>Draws one position of every image by whole forward passes, one a colour.</summary>
    /// <param name="levels">[count, pixels]; those below 0 at the position are drawn.</param>
    public static void DrawOne(PixelModel model, int[] levels, int count, int position) => DrawOne(model, levels, count, position, null, new PixelDraw(), 0);

    private static void Naive(PixelModel model, int[] levels, int count, double[]? condition, PixelDraw draw, ulong first, Action<int>? progress)
    {
        for (int position = 0; position < model.Data.Height * model.Data.Width; position++)
        {
            draw.Stop.ThrowIfCancellationRequested();
            DrawOne(model, levels, count, position, condition, draw, first);
            progress?.Invoke(position + 1);
        }
    }

    private static void DrawOne(PixelModel model, int[] levels, int count, int position, double[]? condition, PixelDraw draw, ulong first)
    {
        var data = model.Data;
        bool together = model.Law == ColumnLaw.LogisticMixture;
        int positions = data.Height * data.Width, made = together ? data.Channels : 1;
        for (int colour = 0; colour < data.Channels; colour += made)
        {
            float[] logits = Logits(model, levels, count, condition);
            int each = logits.Length / (count * positions) / (together ? 1 : data.Channels);
            for (int n = 0; n < count; n++)
            {
                long value = (((long)n * positions) + position) * data.Channels + colour;
                if (levels[value] >= 0) continue;
                int at = ((((n * positions) + position) * (together ? 1 : data.Channels)) + (together ? 0 : colour)) * each;
                ColumnHost.Draw(
                    logits.AsSpan(at, each), levels.AsSpan((int)value, made), model.Law, model.Context.Seed, first + (ulong)n, (position * data.Channels) + colour, (float)(1 / draw.Temperature));
            }
        }
    }

    private static float[] Logits(PixelModel model, int[] levels, int count, double[]? condition)
    {
        var data = model.Data;
        using var step = new EvaluationStep(model);
        double[] pixels = Array.ConvertAll(levels, level => (double)((float)Math.Max(level, 0) / (model.Levels - 1)));
        var images = model.Context.Transient(pixels, new Shape(count, data.Height, data.Width, data.Channels));
        return Array.ConvertAll(model.Logits(images, Rows(model, count, condition)).ToDoubles(), value => (float)value);
    }

    /// <summary>What images are told, on the device, in an <see cref="EvaluationStep"/>: [count, <see cref="PixelModel.ConditionWidth"/>]; null for null.</summary>
    public static Tensor? Rows(PixelModel model, int count, double[]? condition) => condition is null ? null : model.Context.Transient(condition, new Shape(count, model.ConditionWidth));
}

using GenEngine.Data;
using GenEngine.Kernels;

namespace GenEngine.Metrics;

/// <summary>Rows of float32 numbers in host memory: features, codes, probabilities or images, one row an item.</summary>
public sealed record FeatureMatrix
{
    /// <exception cref="EngineException">The values are not count rows of width.</exception>
    public FeatureMatrix(float[] values, int count, int width)
    {
        if (count < 0 || width < 1 || values.LongLength != (long)count * width)
            throw new EngineException($"{values.LongLength} values are not {count} rows of {width}.");
        (Values, Count, Width) = (values, count, width);
    }

    /// <summary>Row after row.</summary>
    public float[] Values { get; }

    /// <summary>Rows; may be 0, which most metrics refuse.</summary>
    public int Count { get; }

    /// <summary>Numbers a row, at least 1.</summary>
    public int Width { get; }

    /// <summary>A row, [Width]: a view of <see cref="Values"/>.</summary>
    public ReadOnlySpan<float> Row(int index) => Values.AsSpan(index * Width, Width);

    /// <summary>A copy of rows start .. start + count - 1.</summary>
    public FeatureMatrix Slice(int start, int count) => new(Values.AsSpan(start * Width, count * Width).ToArray(), count, Width);

    /// <summary>A copy of the named rows, in that order.</summary>
    public FeatureMatrix Pick(IReadOnlyList<int> rows)
    {
        var values = new float[rows.Count * Width];
        for (int i = 0; i < rows.Count; i++) Row(rows[i]).CopyTo(values.AsSpan(i * Width));
        return new FeatureMatrix(values, rows.Count, Width);
    }

    /// <summary>The images of a set as pixels byte / 255.</summary>
    public static FeatureMatrix Of(ImageDataset images) => new(Array.ConvertAll(images.Items, value => value / 255f), images.Count, images.ItemSize);

    /// <summary>Rows of a model's numbers, rounded to float32.</summary>
    public static FeatureMatrix Of(double[] values, int width) => new(Array.ConvertAll(values, value => (float)value), values.Length / width, width);

    /// <summary>Refuses a matrix that a metric cannot use: too few rows, NaN or infinity.</summary>
    internal FeatureMatrix Checked(string metric, int rows = 1)
    {
        if (Count < rows) throw new EngineException($"{metric} needs {rows} rows at least, not {Count}.");
        for (int i = 0; i < Values.Length; i++)
        {
            if (!float.IsFinite(Values[i])) throw new EngineException($"{metric}: value {i % Width} of row {i / Width} is {Values[i]}; a figure of it would mean nothing.");
        }

        return this;
    }

    internal void SameWidth(FeatureMatrix other, string metric)
    {
        if (Width != other.Width) throw new EngineException($"{metric}: rows of {Width} cannot be compared with rows of {other.Width}.");
    }
}

using GenEngine.Kernels.Columns;
using GenEngine.Kernels.Convolution;

namespace GenEngine;

/// <summary>The weights of a <see cref="ColumnProgram"/> as its instructions read them: for each tap and input channel the outputs side by side, rounded up to whole vectors.</summary>
internal sealed class ColumnWeights
{
    private readonly List<float> _values = [];

    public float[] ToArray() => _values.Count > 0 ? [.. _values] : new float[ColumnProgram.Alignment];

    /// <summary>One row: a bias.</summary>
    public long Row(ReadOnlySpan<double> values)
    {
        long at = _values.Count;
        foreach (double value in values) _values.Add((float)value);
        Pad();
        return at;
    }

    /// <summary>A table: an embedding.</summary>
    public long Rows(ReadOnlySpan<double> values, int count, int width)
    {
        long at = _values.Count;
        for (int row = 0; row < count; row++) Row(values.Slice(row * width, width));
        return at;
    }

    /// <summary>What one tap multiplies, of a filter [outputs, taps, channels].</summary>
    public long Tap(double[] filter, int taps, int channels, ConvTap tap, int firstOutput, int outputs)
    {
        long at = _values.Count;
        for (int c = tap.First; c < tap.End; c++)
        {
            for (int output = firstOutput; output < firstOutput + outputs; output++) _values.Add((float)filter[(((long)output * taps) + tap.Filter) * channels + c]);
            Pad();
        }

        return at;
    }

    private void Pad()
    {
        while (_values.Count % ColumnProgram.Alignment != 0) _values.Add(0);
    }
}

/// <summary>A map before it has its place: how far back anybody reads decides how much of it is kept.</summary>
internal sealed class MapPlan(int height, int width, int channels, bool whole)
{
    private int _back, _left;

    /// <summary>Vectors of one group of channels may write beyond the last channel of all.</summary>
    public bool Loose { get; init; }

    /// <summary>What stands in it from the beginning; null when layers fill it.</summary>
    public double[]? Values { get; init; }

    public int Positions => KeptRows * KeptColumns;

    private int KeptRows => whole || height == 1 ? height : Math.Min(height, PowerOfTwo(_back + 1));

    // a signal is one row, of which the newest are kept; of images whole rows are
    private int KeptColumns => whole || height > 1 ? width : Math.Min(width, PowerOfTwo(_left + 1));

    public void Reach(int back, int left)
    {
        _back = Math.Max(_back, back);
        _left = Math.Max(_left, left);
    }

    public ColumnMap Place(long offset) => new()
    {
        Offset = offset,
        Height = height,
        Width = width,
        RowMask = KeptRows == height && height > 1 ? -1 : KeptRows - 1,
        ColumnMask = KeptColumns == width && width > 1 ? -1 : KeptColumns - 1,
        RingWidth = KeptColumns,
        Stride = ColumnProgram.Rounded(channels) + (Loose ? ColumnProgram.Alignment : 0),
    };

    /// <summary>[batch, positions, channels] as the state has it: [positions, batch, stride].</summary>
    public float[] Laid(double[] values, int stride, int batch)
    {
        int positions = height * width;
        var laid = new float[(long)positions * batch * stride];
        for (int n = 0; n < batch; n++)
        {
            for (int p = 0; p < positions; p++)
            {
                for (int c = 0; c < channels; c++) laid[(((long)p * batch) + n) * stride + c] = (float)values[(((long)n * positions) + p) * channels + c];
            }
        }

        return laid;
    }

    private static int PowerOfTwo(int least) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)least);
}

namespace GenEngine.Files;

/// <summary>
/// Square pictures of a wanted size: the middle square, then an area filter (each pixel is the mean of what it covers) where that is
/// larger than wanted, and linear interpolation where it is smaller. Rows and columns one after the other, in single precision and a fixed order.
/// </summary>
public sealed class ImageScaler
{
    private float[] _rows = [];

    /// <param name="from">[height, width, channels].</param>
    /// <param name="to">[size, size, channels].</param>
    public void Square(ReadOnlySpan<byte> from, int height, int width, int channels, Span<byte> to, int size)
    {
        int side = Math.Min(height, width), left = (width - side) / 2, top = (height - side) / 2;
        if (side == size)
        {
            for (int y = 0; y < size; y++) from.Slice(((top + y) * width + left) * channels, size * channels).CopyTo(to[(y * size * channels)..]);
            return;
        }
        if (_rows.Length < side * size * channels) _rows = new float[side * size * channels];
        Span<float> rows = _rows;
        (int First, float[] Weights)[] taps = Taps(side, size);
        for (int y = 0; y < side; y++)
        {
            ReadOnlySpan<byte> line = from.Slice(((top + y) * width + left) * channels, side * channels);
            for (int x = 0; x < size; x++)
            {
                (int first, float[] weights) = taps[x];
                for (int c = 0; c < channels; c++)
                {
                    float sum = 0;
                    for (int k = 0; k < weights.Length; k++) sum += weights[k] * line[(first + k) * channels + c];
                    rows[(y * size + x) * channels + c] = sum;
                }
            }
        }
        int stride = size * channels;
        for (int y = 0; y < size; y++)
        {
            (int first, float[] weights) = taps[y];
            for (int x = 0; x < stride; x++)
            {
                float sum = 0;
                for (int k = 0; k < weights.Length; k++) sum += weights[k] * rows[(first + k) * stride + x];
                to[y * stride + x] = (byte)(Math.Clamp(sum, 0, 255) + 0.5f);
            }
        }
    }

    private static (int First, float[] Weights)[] Taps(int from, int to)
    {
        var taps = new (int, float[])[to];
        double scale = (double)from / to;
        for (int i = 0; i < to; i++)
        {
            if (from > to)
            {
                double begin = i * scale, end = (i + 1) * scale;
                int first = (int)begin, last = Math.Min(from, (int)Math.Ceiling(end - 1e-9));
                var weights = new float[last - first];
                for (int k = 0; k < weights.Length; k++) weights[k] = (float)((Math.Min(end, first + k + 1) - Math.Max(begin, first + k)) / scale);
                taps[i] = (first, weights);
            }
            else
            {
                double at = Math.Clamp((i + 0.5) * scale - 0.5, 0, from - 1);
                int first = Math.Min((int)at, Math.Max(0, from - 2));
                float share = (float)(at - first);
                taps[i] = (first, from == 1 ? [1] : [1 - share, share]);
            }
        }
        return taps;
    }
}

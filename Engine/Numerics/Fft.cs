namespace GenEngine.Numerics;

/// <summary>
/// The discrete Fourier transform of a power of two of complex numbers, in place: X_k = sum over n of x_n exp(-2 pi i k n / N).
/// Radix 2, decimation in time (Cooley and Tukey, 1965), float64: for pictures, a few thousand transforms of a few thousand points.
/// </summary>
public sealed class Fft
{
    private readonly double[] _cos, _sin; // of 2 pi k / N, k below N / 2
    private readonly int _bits;

    /// <exception cref="ArgumentException">Not a power of two between 1 and 2^24.</exception>
    public Fft(int length)
    {
        if (length is < 1 or > 1 << 24 || !int.IsPow2(length))
            throw new ArgumentException($"A transform has a power of two of points, not {length}.");
        Length = length;
        _bits = int.Log2(length);
        _cos = new double[length / 2];
        _sin = new double[length / 2];
        for (int k = 0; k < length / 2; k++) (_sin[k], _cos[k]) = Math.SinCos(2 * Math.PI * k / length);
    }

    /// <summary>Points of a transform, N.</summary>
    public int Length { get; }

    /// <summary>Replaces both parts, [Length] each, by their transform's.</summary>
    /// <exception cref="ArgumentException">Another number of points.</exception>
    public void Transform(Span<double> real, Span<double> imaginary)
    {
        if (real.Length != Length || imaginary.Length != Length)
            throw new ArgumentException($"{real.Length} real and {imaginary.Length} imaginary parts are not {Length} points.");
        for (int i = 0, mirrored = 0; i < Length; i++)
        {
            if (i < mirrored)
            {
                (real[i], real[mirrored]) = (real[mirrored], real[i]);
                (imaginary[i], imaginary[mirrored]) = (imaginary[mirrored], imaginary[i]);
            }
            // counts upwards with the bits in reverse
            int bit = Length >> 1;
            for (; bit > 0 && (mirrored & bit) != 0; bit >>= 1) mirrored ^= bit;
            mirrored |= bit;
        }
        for (int level = 1; level <= _bits; level++)
        {
            int half = 1 << (level - 1), stride = Length >> level;
            for (int block = 0; block < Length; block += 2 * half)
            {
                for (int k = 0; k < half; k++)
                {
                    (double c, double s, int a, int b) = (_cos[k * stride], _sin[k * stride], block + k, block + k + half);
                    double re = c * real[b] + s * imaginary[b], im = c * imaginary[b] - s * real[b];
                    (real[b], imaginary[b]) = (real[a] - re, imaginary[a] - im);
                    (real[a], imaginary[a]) = (real[a] + re, imaginary[a] + im);
                }
            }
        }
    }
}

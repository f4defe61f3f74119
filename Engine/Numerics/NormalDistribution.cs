namespace GenEngine.Numerics;

/// <summary>Probabilities of the standard normal distribution.</summary>
public static class NormalDistribution
{
    /// <summary>P(X &gt; x), to a relative error of about 1e-13; from x about 38 on it is 0.</summary>
    public static double Above(double x) => x >= 0 ? 0.5 * Complement(x / Math.Sqrt(2)) : 1 - (0.5 * Complement(-x / Math.Sqrt(2)));

    /// <summary>P(low &lt; X &lt; high), by tails on the side where nothing cancels.</summary>
    public static double Between(double low, double high)
    {
        if (!(high > low)) return 0;
        if (low >= 0) return Above(low) - Above(high);
        return high <= 0 ? Above(-high) - Above(-low) : 1 - Above(high) - Above(-low);
    }

    /// <summary>erfc(x) for x from 0 up: the series of erf where it converges fast (Abramowitz and Stegun 7.1.6), beyond it Laplace's continued fraction (7.1.14).</summary>
    private static double Complement(double x)
    {
        if (x > 27.5) return 0;
        double scale = Math.Exp(-x * x) / Math.Sqrt(Math.PI);
        if (x < 2.5)
        {
            double term = x, sum = x;
            for (int n = 1; term > sum * 1e-17; n++)
            {
                term *= 2 * x * x / ((2 * n) + 1);
                sum += term;
            }

            return 1 - (2 * scale * sum);
        }

        double fraction = x;
        for (int n = 60; n > 0; n--) fraction = x + (n / 2.0 / fraction);
        return scale / fraction;
    }
}

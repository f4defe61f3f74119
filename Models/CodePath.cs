namespace GenEngine.Models;

/// <summary>Points between two codes.</summary>
public static class CodePath
{
    /// <summary>Linear, or spherical (Shoemake 1985): sin((1-t) w) / sin w of the one and sin(t w) / sin w of the other, w the angle between them.</summary>
    /// <param name="from">[latent].</param>
    /// <param name="to">[latent].</param>
    /// <param name="share">0 is from, 1 is to.</param>
    /// <param name="spherical">Along the great circle: codes of many dimensions keep their length.</param>
    /// <param name="result">[latent].</param>
    public static void Between(ReadOnlySpan<double> from, ReadOnlySpan<double> to, double share, bool spherical, Span<double> result)
    {
        double near = 1 - share, far = share;
        if (spherical)
        {
            double product = 0, a = 0, b = 0;
            for (int i = 0; i < from.Length; i++) (product, a, b) = (product + (from[i] * to[i]), a + (from[i] * from[i]), b + (to[i] * to[i]));
            double angle = a > 0 && b > 0 ? Math.Acos(Math.Clamp(product / Math.Sqrt(a * b), -1, 1)) : 0, sine = Math.Sin(angle);
            if (sine > 1e-6) (near, far) = (Math.Sin(near * angle) / sine, Math.Sin(far * angle) / sine); // else they lie on one line
        }

        for (int i = 0; i < from.Length; i++) result[i] = (near * from[i]) + (far * to[i]);
    }
}

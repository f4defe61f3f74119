namespace GenEngine.Plots;

/// <summary>
/// A round pen that draws by distance: a pixel's coverage falls from 1 to 0 over <c>softness</c> pixels across the edge of the
/// stroke. Only + - * / and square roots are used, so every machine draws the same bits.
/// </summary>
public static class Pen
{
    /// <summary>
    /// Raises the coverage of the pixels along one straight piece to at least what the piece covers, so that overlapping pieces
    /// of one line do not add up. Pixel (x, y) has its centre at (x + 0.5, y + 0.5).
    /// </summary>
    /// <param name="coverage">[height * width], values 0 to 1.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="from">Begin, in pixels.</param>
    /// <param name="to">End, in pixels; the same as the begin for a dot.</param>
    /// <param name="fromRadius">Half the line's width at the begin, in pixels.</param>
    /// <param name="toRadius">Half the line's width at the end.</param>
    /// <param name="softness">Width of the edge, in pixels; 1 is a plain anti-aliased line.</param>
    public static void Draw(
        Span<float> coverage, int width, int height, Vec2 from, Vec2 to, double fromRadius, double toRadius, double softness = 1)
    {
        double reach = Math.Max(fromRadius, toRadius) + softness / 2;
        int left = Pixel(Math.Min(from.X, to.X) - reach - 0.5, width), right = Pixel(Math.Max(from.X, to.X) + reach + 0.5, width);
        int top = Pixel(Math.Min(from.Y, to.Y) - reach - 0.5, height), bottom = Pixel(Math.Max(from.Y, to.Y) + reach + 0.5, height);

        Vec2 along = to - from;
        double lengthSquared = along.X * along.X + along.Y * along.Y;
        double inverse = lengthSquared > 0 ? 1 / lengthSquared : 0;
        for (int y = top; y < bottom; y++)
        {
            double dy = y + 0.5 - from.Y;
            for (int x = left; x < right; x++)
            {
                double dx = x + 0.5 - from.X;
                double t = Math.Min(1, Math.Max(0, (dx * along.X + dy * along.Y) * inverse));
                double radius = fromRadius + (toRadius - fromRadius) * t, outer = radius + softness / 2;
                double ex = dx - t * along.X, ey = dy - t * along.Y, distanceSquared = ex * ex + ey * ey;
                if (distanceSquared >= outer * outer) continue;
                float covered = (float)Math.Min(1, (outer - Math.Sqrt(distanceSquared)) / softness);
                ref float pixel = ref coverage[y * width + x];
                if (covered > pixel) pixel = covered;
            }
        }
    }

    /// <summary>The pixel at or below a coordinate, kept within 0 .. size.</summary>
    private static int Pixel(double at, int size) => at <= 0 ? 0 : at >= size ? size : (int)at;
}

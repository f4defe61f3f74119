using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GenEngine.Plots;

/// <summary>
/// A round pen that draws by distance: a pixel's coverage falls from 1 to 0 over <c>softness</c> pixels across the edge of the
/// stroke. Only + - * / and square roots are used, so every machine draws the same bits.
/// </summary>
public static class Pen
{
    private const int Lanes = 4;

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // else the first thousands of calls run unoptimised: vectors are not compiled ahead
    public static void Draw(
        Span<float> coverage, int width, int height, Vec2 from, Vec2 to, double fromRadius, double toRadius, double softness = 1)
    {
        double reach = Math.Max(fromRadius, toRadius) + softness / 2;
        int left = Pixel(Math.Min(from.X, to.X) - reach - 0.5, width), right = Pixel(Math.Max(from.X, to.X) + reach + 0.5, width);
        int top = Pixel(Math.Min(from.Y, to.Y) - reach - 0.5, height), bottom = Pixel(Math.Max(from.Y, to.Y) + reach + 0.5, height);

        var piece = new Piece(from, to - from, fromRadius, toRadius - fromRadius, softness);
        for (int y = top; y < bottom; y++)
        {
            Span<float> row = coverage.Slice(y * width, width);
            int x = left;
            for (; x < right && x + Lanes <= width; x += Lanes) piece.Raise(row.Slice(x, Lanes), x, y, right);
            for (; x < right; x++) piece.Raise(ref row[x], x, y);
        }
    }

    /// <summary>The pixel at or below a coordinate, kept within 0 .. size.</summary>
    private static int Pixel(double at, int size) => at <= 0 ? 0 : at >= size ? size : (int)at;

    /// <summary>One straight piece. Four pixels at a time and one at a time are the same operations, and so the same bits.</summary>
    private readonly struct Piece
    {
        private readonly Vec2 _from, _along;
        private readonly double _radius, _growth, _softness, _inverse;

        public Piece(Vec2 from, Vec2 along, double radius, double growth, double softness)
        {
            (_from, _along, _radius, _growth, _softness) = (from, along, radius, growth, softness);
            double lengthSquared = along.X * along.X + along.Y * along.Y;
            _inverse = lengthSquared > 0 ? 1 / lengthSquared : 0;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Raise(ref float pixel, int x, int y)
        {
            double dx = x + 0.5 - _from.X, dy = y + 0.5 - _from.Y;
            double t = Math.Min(1, Math.Max(0, (dx * _along.X + dy * _along.Y) * _inverse));
            double outer = _radius + _growth * t + _softness / 2;
            double ex = dx - t * _along.X, ey = dy - t * _along.Y, distanceSquared = ex * ex + ey * ey;
            if (distanceSquared >= outer * outer) return;
            float covered = (float)Math.Min(1, (outer - Math.Sqrt(distanceSquared)) / _softness);
            if (covered > pixel) pixel = covered;
        }

        /// <summary>Pixels x .. x + 3, those at <paramref name="right"/> and behind left as they are.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Raise(Span<float> pixels, int x, int y, int right)
        {
            Vector256<double> at = Vector256.Create((double)x) + Vector256.Create(0.0, 1, 2, 3);
            Vector256<double> dx = at + Vector256.Create(0.5) - Vector256.Create(_from.X), dy = Vector256.Create(y + 0.5 - _from.Y);
            Vector256<double> t = Vector256.Min(Vector256<double>.One, Vector256.Max(Vector256<double>.Zero, (dx * _along.X + dy * _along.Y) * _inverse));
            Vector256<double> outer = Vector256.Create(_radius) + _growth * t + Vector256.Create(_softness / 2);
            Vector256<double> ex = dx - t * _along.X, ey = dy - t * _along.Y, distanceSquared = ex * ex + ey * ey;
            Vector256<double> near = Vector256.LessThan(distanceSquared, outer * outer) & Vector256.LessThan(at, Vector256.Create((double)right));
            if (near == Vector256<double>.Zero) return;
            Vector256<double> covered = Vector256.Min(Vector256<double>.One, (outer - Vector256.Sqrt(distanceSquared)) / _softness) & near;
            Vector128<float> raised = Vector128.Narrow(covered.GetLower(), covered.GetUpper());
            Vector128.Max(Vector128.Create<float>(pixels), raised).CopyTo(pixels);
        }
    }
}

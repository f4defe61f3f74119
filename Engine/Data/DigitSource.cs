using GenEngine.Numerics;
using GenEngine.Plots;

namespace GenEngine.Data;

/// <summary>
/// The built-in set <c>digits</c>: 28x28 grey, ten classes, drawn from strokes, so that every command works on a fresh machine
/// without a network. As in MNIST a digit is white on black, fits a box of 20x20 and has its centre of mass in the middle.
/// Image i depends on the seed, the split and i alone; only + - * / and square roots are used, so all machines draw the same bytes.
/// </summary>
public sealed class DigitSource : IDataSource
{
    private const int Side = 28;
    private const int Pixels = Side * Side;
    private const int CurveSteps = 7;
    private const int ChunkSize = 500;

    private static readonly string[] Names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    public string Name => "digits";

    public string Summary => "drawn digits, 28x28 grey, 10 classes, 60,000 + 10,000, built in";

    public bool BuiltIn => true;

    public IReadOnlyList<string> Splits { get; } = ["train", "test"];

    public ImageDataset Load(string split, DataOptions options)
    {
        bool train = split == "train";
        int count = Math.Min(train ? 60_000 : 10_000, options.Limit ?? int.MaxValue);
        ulong kind = train ? 0UL : 1UL;
        var items = new byte[count * Pixels];
        var labels = new int[count];
        Parallel.For(0, (count + ChunkSize - 1) / ChunkSize, chunk =>
        {
            var drawing = new Drawing();
            int end = Math.Min(count, (chunk + 1) * ChunkSize);
            for (int i = chunk * ChunkSize; i < end; i++)
            {
                labels[i] = Label(options.Seed, kind, i);
                drawing.Draw(labels[i], SplitMix64.Stream(options.Seed, kind, (ulong)i), items.AsSpan(i * Pixels, Pixels));
            }
        });
        return new ImageDataset(Name, split, Side, Side, 1, items, labels, Names);
    }

    public string? Find(DataOptions options) => null;

    /// <summary>Each block of ten images holds every digit once, in an order of its own.</summary>
    private static int Label(ulong seed, ulong kind, int index)
    {
        Span<int> order = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        SplitMix64.Stream(seed, kind + 2, (ulong)(index / 10)).Shuffle(order);
        return order[index % 10];
    }

    /// <summary>Draws one digit after another into its own buffers.</summary>
    private sealed class Drawing
    {
        private readonly Vec2[] _points = new Vec2[64];
        private readonly Segment[] _segments = new Segment[20 * CurveSteps];
        private readonly float[] _coverage = new float[Pixels];

        public void Draw(int digit, SplitMix64 random, Span<byte> image)
        {
            DigitShapes.Style style = DigitShapes.Pick(digit, random.NextDouble());
            Span<Vec2> points = _points.AsSpan(0, style.From.Length);
            Blend(style, points, ref random);
            Bend(points, ref random);
            Lean(points, ref random);

            double radius = Math.Clamp(1.3 + 0.3 * random.NextBell(), 0.75, 2);
            double begin = random.NextDouble(0.85, 1.15), end = random.NextDouble(0.75, 1.15), softness = random.NextDouble(1.1, 1.6);
            double box = random.NextDouble(18, 20.5), ink = random.NextDouble(235, 255);
            var middle = new Vec2(14 + 0.4 * random.NextBell(), 14 + 0.4 * random.NextBell());

            Span<Segment> segments = _segments.AsSpan(0, style.Path.Flatten(points, CurveSteps, _segments));
            (double scale, Vec2 shift) = Fit(segments, box - 2 * radius, middle, margin: radius + 1.5);
            Array.Clear(_coverage);
            double thickness = radius * begin, growth = radius * (end - begin) / segments.Length;
            foreach (Segment s in segments)
            {
                Pen.Draw(_coverage, Side, Side, scale * s.From + shift, scale * s.To + shift, thickness, thickness + growth, softness);
                thickness += growth;
            }
            for (int i = 0; i < Pixels; i++) image[i] = (byte)(_coverage[i] * ink + 0.5);
        }

        /// <summary>A point between the style's two forms, or a little beyond; later strokes start a little off.</summary>
        private static void Blend(DigitShapes.Style style, Span<Vec2> points, ref SplitMix64 random)
        {
            double t = random.NextDouble(-0.25, 1.25);
            for (int i = 0; i < points.Length; i++) points[i] = (1 - t) * style.From[i] + t * style.To[i];
            for (int s = 1; s < style.Path.Strokes.Count; s++)
            {
                var off = new Vec2(0.5 * random.NextBell(), 0.5 * random.NextBell());
                StrokePath.Stroke stroke = style.Path.Strokes[s];
                for (int i = stroke.First; i < stroke.First + stroke.Count; i++) points[i] += off;
            }
        }

        /// <summary>A smooth random warp of the plane: a polynomial of degree 3 without its affine part.</summary>
        private static void Bend(Span<Vec2> points, ref SplitMix64 random)
        {
            Span<Vec2> amplitudes = stackalloc Vec2[7];
            foreach (ref Vec2 a in amplitudes) a = new Vec2(0.9 * random.NextBell(), 0.9 * random.NextBell());
            foreach (ref Vec2 p in points)
            {
                double u = (p.X - 7) / 10, v = (p.Y - 10) / 10;
                p += u * u * amplitudes[0] + u * v * amplitudes[1] + v * v * amplitudes[2]
                    + u * u * u * amplitudes[3] + u * u * v * amplitudes[4] + u * v * v * amplitudes[5] + v * v * v * amplitudes[6];
            }
        }

        /// <summary>Width against height, slant (mostly to the right, as people write), and a turn.</summary>
        private static void Lean(Span<Vec2> points, ref SplitMix64 random)
        {
            double aspect = 1 + 0.16 * random.NextBell(), slant = 0.12 + 0.25 * random.NextBell(), half = 0.06 * random.NextBell();
            // the rational parametrisation of a turn by 2 atan(half): no sine, which machines round differently
            double cosine = (1 - half * half) / (1 + half * half), sine = 2 * half / (1 + half * half);
            foreach (ref Vec2 p in points)
            {
                double x = aspect * (p.X - 7) - slant * (p.Y - 10), y = p.Y - 10;
                p = new Vec2(cosine * x - sine * y, sine * x + cosine * y);
            }
        }

        /// <summary>
        /// Scale and shift that give the strokes' larger side <paramref name="size"/> pixels and put their centre of mass at
        /// <paramref name="middle"/>, or as near as keeps them <paramref name="margin"/> pixels inside the picture.
        /// </summary>
        private static (double Scale, Vec2 Shift) Fit(ReadOnlySpan<Segment> segments, double size, Vec2 middle, double margin)
        {
            double left = double.MaxValue, right = double.MinValue, top = double.MaxValue, bottom = double.MinValue, length = 0;
            var mass = new Vec2(0, 0);
            foreach (Segment s in segments)
            {
                (left, right) = (Math.Min(left, Math.Min(s.From.X, s.To.X)), Math.Max(right, Math.Max(s.From.X, s.To.X)));
                (top, bottom) = (Math.Min(top, Math.Min(s.From.Y, s.To.Y)), Math.Max(bottom, Math.Max(s.From.Y, s.To.Y)));
                Vec2 d = s.To - s.From;
                double l = Math.Sqrt(d.X * d.X + d.Y * d.Y);
                mass += 0.5 * l * (s.From + s.To);
                length += l;
            }
            double scale = size / Math.Max(right - left, bottom - top);
            Vec2 shift = middle - scale / length * mass;
            return (scale, new Vec2(
                Math.Clamp(shift.X, margin - scale * left, Side - margin - scale * right),
                Math.Clamp(shift.Y, margin - scale * top, Side - margin - scale * bottom)));
        }
    }
}

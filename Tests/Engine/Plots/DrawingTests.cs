using GenEngine.Files;
using GenEngine.Plots;
using NUnit.Framework;

namespace GenEngine.Tests.Plots;

/// <summary>Paths, pen, canvas and letters.</summary>
public class DrawingTests
{
    [Test, SetCulture("de-DE")]
    public void APathGoesThroughItsPoints()
    {
        StrokePath path = StrokePath.Parse("M 0 0 L 4 0 C 5 0 6 1 6 2.5 M 1 1 L 2 2");
        Assert.That(path.Strokes, Is.EqualTo(new[] { new StrokePath.Stroke(0, 5, "LC"), new StrokePath.Stroke(5, 2, "L") }));
        var segments = new Segment[path.MaxSegments(8)];
        int n = path.Flatten(path.Points.ToArray(), 8, segments);
        Assert.That(n, Is.EqualTo(10));
        Assert.That(segments[0], Is.EqualTo(new Segment(new Vec2(0, 0), new Vec2(4, 0), 0)));
        Assert.That(segments[8].To, Is.EqualTo(new Vec2(6, 2.5)));
        Assert.That(segments[9], Is.EqualTo(new Segment(new Vec2(1, 1), new Vec2(2, 2), 1)));
        for (int i = 1; i < 9; i++) Assert.That(segments[i].From, Is.EqualTo(segments[i - 1].To));
        // the middle of the curve by its definition
        Assert.That(segments[4].To.X, Is.EqualTo((4 + 3 * 5 + 3 * 6 + 6) / 8.0).Within(1e-12));
        Assert.That(segments[4].To.Y, Is.EqualTo((0 + 3 * 0 + 3 * 1 + 2.5) / 8.0).Within(1e-12));
    }

    [Test]
    public void BendableLinesAreStraightCurves()
    {
        StrokePath path = StrokePath.Parse("M 0 0 L 6 3", bendable: true);
        var segments = new Segment[path.MaxSegments(5)];
        Assert.That(path.Strokes[0].Kinds, Is.EqualTo("C"));
        Assert.That(path.Flatten(path.Points.ToArray(), 5, segments), Is.EqualTo(5));
        foreach (Segment s in segments) Assert.That(s.To.Y, Is.EqualTo(s.To.X / 2).Within(1e-12));
        Assert.Throws<FormatException>(() => StrokePath.Parse("M 0 0 Q 1 1 2 2"));
    }

    [TestCase(10.0, 20.0, 40.0, 20.0)]
    [TestCase(10.0, 10.0, 40.0, 35.0)]
    [TestCase(20.5, 20.5, 20.5, 20.5)]
    public void InkIsTheAreaOfTheStroke(double x0, double y0, double x1, double y1)
    {
        foreach (double radius in new[] { 1.0, 2.5, 6 })
        {
            var coverage = new float[50 * 50];
            Pen.Draw(coverage, 50, 50, new Vec2(x0, y0), new Vec2(x1, y1), radius, radius);
            double length = Math.Sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)), area = 2 * radius * length + Math.PI * radius * radius;
            Assert.That(coverage.Sum(c => (double)c), Is.EqualTo(area).Within(0.04 * area + 0.1));
            Assert.That(coverage, Is.All.InRange(0f, 1f));
        }
    }

    [Test]
    public void APenThatThickensIsThickerAtTheEnd()
    {
        var coverage = new float[40 * 20];
        Pen.Draw(coverage, 40, 20, new Vec2(8, 10), new Vec2(32, 10), 1, 5);
        double Column(int x) => Enumerable.Range(0, 20).Sum(y => (double)coverage[y * 40 + x]);
        Assert.That(Column(9), Is.EqualTo(2.5).Within(0.6));
        Assert.That(Column(30), Is.EqualTo(9.4).Within(0.7));
    }

    [Test]
    public void ALineIsNoDarkerWhereItCrossesItself()
    {
        var canvas = new Canvas(40, 40, Rgb.White);
        canvas.Line([new Vec2(5, 5), new Vec2(35, 35), new Vec2(35, 5), new Vec2(5, 35)], 2, new Rgb(0, 0, 0), 0.5);
        Assert.That(canvas.Bitmap[20, 20].ToArray(), Is.EqualTo(canvas.Bitmap[10, 10].ToArray()), "the crossing and a plain place");
        canvas.Line([new Vec2(20, 0), new Vec2(20, 40)], 2, new Rgb(0, 0, 0), 0.5);
        Assert.That(canvas.Bitmap[20, 20][0], Is.LessThan(canvas.Bitmap[10, 10][0]), "a second line lies over the first");
    }

    [Test]
    public void ClipsAndSurvivesWhatLiesOutside()
    {
        var canvas = new Canvas(30, 30, Rgb.White) { Clip = (10, 10, 20, 20) };
        canvas.Line([new Vec2(-5e5, 15), new Vec2(5e5, 15)], 1, new Rgb(255, 0, 0));
        canvas.Line([new Vec2(double.NaN, 3), new Vec2(12, double.PositiveInfinity), new Vec2(1e300, 1)], 1, new Rgb(0, 0, 255));
        canvas.Dot(new Vec2(-50, -50), 3, new Rgb(0, 0, 255));
        canvas.Fill(-5, 28, 100, 100, new Rgb(0, 255, 0));
        Assert.That(canvas.Bitmap[15, 15].ToArray(), Is.EqualTo(new byte[] { 255, 0, 0 }));
        Assert.That(canvas.Bitmap[9, 15].ToArray(), Is.EqualTo(new byte[] { 255, 255, 255 }));
        Assert.That(canvas.Bitmap[20, 15].ToArray(), Is.EqualTo(new byte[] { 255, 255, 255 }));
        Assert.That(canvas.Bitmap[0, 29].ToArray(), Is.EqualTo(new byte[] { 0, 255, 0 }));
        for (int i = 0; i < canvas.Bitmap.Pixels.Length; i += 3)
            Assert.That(canvas.Bitmap.Pixels[i..(i + 3)], Is.Not.EqualTo(new byte[] { 0, 0, 255 }));
    }

    [Test]
    public void EveryPrintableCharacterHasALetterOfItsOwn()
    {
        var seen = new Dictionary<string, char>();
        string box = Picture("\u4e2d");
        for (char c = '!'; c <= '~'; c++)
        {
            string picture = Picture(c.ToString());
            Assert.That(picture, Is.Not.EqualTo(box), $"'{c}' has no letter");
            // I and l look alike by design, as in many fonts
            if (c is not 'l') Assert.That(seen.TryAdd(picture, c), $"'{c}' looks as '{seen.GetValueOrDefault(picture)}'");
        }

        static string Picture(string text)
        {
            var canvas = new Canvas(new Bitmap(30, 40, 1));
            canvas.Text(new Vec2(5, 8), text, 18, Rgb.White);
            Assert.That(canvas.Bitmap.Pixels.Any(p => p > 128), $"'{text}' is invisible");
            return Convert.ToHexString(canvas.Bitmap.Pixels);
        }
    }

    [Test]
    public void TextLiesWhereItsAnchorSays()
    {
        const string text = "loss 1.25";
        double width = StrokeFont.Width(text, 10);
        Assert.That(StrokeFont.Width(text, 20), Is.EqualTo(2 * width).Within(1e-9));
        foreach ((TextAnchor anchor, double left) in new[] { (TextAnchor.Left, 100), (TextAnchor.Middle, 100 - width / 2), (TextAnchor.Right, 100 - width) })
        {
            var canvas = new Canvas(new Bitmap(200, 30, 1));
            canvas.Text(new Vec2(100, 10), text, 10, Rgb.White, anchor);
            int[] inked = [.. Enumerable.Range(0, 200).Where(x => Enumerable.Range(0, 30).Any(y => canvas.Bitmap[x, y][0] > 60))];
            Assert.That(inked[0], Is.EqualTo(left).Within(1.6));
            Assert.That(inked[^1], Is.EqualTo(left + width).Within(2));
        }
    }

    [Test]
    public void TextUpwardsIsTextTurnedLeft()
    {
        Canvas plain = new(new Bitmap(60, 60, 1)), turned = new(new Bitmap(60, 60, 1));
        plain.Text(new Vec2(10, 20), "nats", 12, Rgb.White);
        turned.Text(new Vec2(20, 50), "nats", 12, Rgb.White, upwards: true);
        for (int y = 0; y < 60; y++)
            for (int x = 0; x < 60; x++)
                Assert.That(turned.Bitmap[y, 59 - x][0], Is.EqualTo(plain.Bitmap[x, y][0]).Within(1), $"{x},{y}");
    }
}

using System.Globalization;
using GenEngine.Files;
using GenEngine.Plots;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Plots;

public class PlotTests
{
    private static readonly double[] Steps = [0, 1000, 2000, 3000, 4000];

    [TestCase(0.0, 20_000.0, 5, "0 5000 10k 15k 20k")]
    [TestCase(-1.0, 1.0, 5, "-1.0 -0.5 0 0.5 1.0")]
    [TestCase(98.2, 103.9, 4, "100 102 104")]
    [TestCase(0.0, 1e-3, 4, "0 0.0005 0.0010")]
    [TestCase(0.0, 6e6, 4, "0 2M 4M 6M")]
    [TestCase(5.0, 5.0, 3, "4.5 5.0 5.5")]
    [TestCase(0.0, 3e-7, 4, "0 1e-7 2e-7 3e-7")]
    public void TicksAreRound(double low, double high, int count, string labels)
    {
        foreach (string culture in new[] { "en-US", "de-DE", "tr-TR" })
        {
            CultureInfo before = CultureInfo.CurrentCulture;
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            try
            {
                Assert.That(string.Join(" ", new Axis([low, high], false).Ticks(count).Select(t => t.Label)), Is.EqualTo(labels), culture);
            }
            finally
            {
                CultureInfo.CurrentCulture = before;
            }
        }
    }

    [TestCase(1e-5, 10.0, 8, "1e-5 0.0001 0.001 0.01 0.1 1 10")]
    [TestCase(1.0, 150.0, 6, "1 2 5 10 20 50 100")]
    [TestCase(0.02, 9.0, 8, "0.03 0.1 0.3 1 3 10")]
    [TestCase(1e-9, 1e9, 5, "1e-8 0.0001 1 10k 100M")]
    public void LogarithmicTicksAreDecades(double low, double high, int count, string labels) =>
        Assert.That(string.Join(" ", new Axis([low, high], true).Ticks(count).Select(t => t.Label)), Is.EqualTo(labels));

    [Test]
    public void AnAxisPlacesValues()
    {
        var linear = new Axis([], false, (10, 20));
        Assert.That((linear.Place(10), linear.Place(15), linear.Place(20)), Is.EqualTo((0.0, 0.5, 1.0)));
        var log = new Axis([], true, (1, 100));
        Assert.That(log.Place(10), Is.EqualTo(0.5).Within(1e-12));
        Assert.That(log.Place(0), Is.NaN);
        Assert.That(log.Place(-1), Is.NaN);
        var room = new Axis([0, double.NaN, double.PositiveInfinity, 1], false);
        Assert.That(room.Place(0), Is.InRange(0.01, 0.05), "the data keep off the frame; what is not finite does not count");
    }

    [Test]
    public void CurvesAreWhereTheirValuesAre()
    {
        // the first curve falls, the second rises; looked for at a quarter from each side
        Bitmap image = new LinePlot { Series = [new("falls", Steps, [4, 3, 2, 1, 0]), new("rises", Steps, [0, 1, 2, 3, 4])] }.Render(600, 400);
        (byte R, byte G, byte B) blue = (0, 114, 178), orange = (230, 159, 0);
        Assert.That(Height(image, 150, blue), Is.LessThan(Height(image, 150, orange)), "left: the falling curve is the upper one");
        Assert.That(Height(image, 350, blue), Is.GreaterThan(Height(image, 350, orange)), "right: it is the lower one");
    }

    [Test]
    public void AGapIsLeftWhereAValueIsMissing()
    {
        int Inked(double[] y, bool log = false)
        {
            Bitmap image = new LinePlot { Series = [new("", Steps, y)], YRange = (1, 10), LogY = log }.Render(600, 400);
            return Enumerable.Range(0, 600).Count(x => Height(image, x, (0, 114, 178)) >= 0);
        }

        int whole = Inked([5, 5, 5, 5, 5]);
        Assert.That(whole, Is.GreaterThan(450));
        Assert.That(Inked([5, 5, double.NaN, 5, 5]), Is.EqualTo(whole / 2).Within(8));
        Assert.That(Inked([5, 5, double.PositiveInfinity, 5, 5]), Is.EqualTo(whole / 2).Within(8));
        Assert.That(Inked([5, 5, 0, 5, 5], log: true), Is.EqualTo(whole / 2).Within(8), "zero has no logarithm");
        Assert.That(Inked([double.NaN, double.NaN, 5, double.NaN, double.NaN]), Is.InRange(2, 6), "a lonely point is a dot");
    }

    [Test]
    public void TicksAndDotsAreWhereTheyWereAskedFor()
    {
        double[] sides = [8, 16, 28, 64];
        var axis = new Axis(sides, true) { Marked = sides };
        Assert.That(string.Join(" ", axis.Ticks(2).Select(t => t.Label)), Is.EqualTo("8 16 28 64"));
        var plot = new LinePlot { Series = [new("", sides, [1, 10, 100, 1000])], LogX = true, LogY = true, XTicks = sides };
        int Ink(bool dots)
        {
            Bitmap image = new LinePlot { Series = plot.Series, LogX = true, LogY = true, XTicks = sides, Dots = dots }.Render();
            return Enumerable.Range(0, image.Width * image.Height).Count(i => image.Pixels[3 * i] == 0 && image.Pixels[3 * i + 2] == 178);
        }

        Assert.That(Ink(dots: true) - Ink(dots: false), Is.InRange(4 * 8, 4 * 30));
    }

    [Test]
    public void OddDataMakePlotsAll()
    {
        Assert.DoesNotThrow(() => new LinePlot().Render());
        Assert.DoesNotThrow(() => new LinePlot { Series = [new("none", [], [])], LogX = true, LogY = true }.Render());
        Assert.DoesNotThrow(() => new LinePlot { Series = [new("nan", [1], [double.NaN])] }.Render());
        Assert.DoesNotThrow(() => new LinePlot { Series = [new("huge", [0, 1], [-1e300, 1e300])] }.Render());
        Assert.DoesNotThrow(() => new LinePlot { Title = "tiny", XLabel = "x", YLabel = "y", Series = [new("a", Steps, Steps)] }.Render(40, 30));
        Assert.DoesNotThrow(() => new ScatterPlot().Render());
        Assert.Throws<ArgumentException>(() => new LinePlot { Series = [new("odd", [1], [1, 2])] }.Render());
        Assert.Throws<ArgumentException>(() => new ScatterPlot { X = [1], Y = [1], Classes = [-1] }.Render());
        Assert.Throws<ArgumentException>(() => new ScatterPlot { X = [1], Y = [1], Classes = [1, 2] }.Render());
    }

    [Test]
    public void LinesAsSvgAreValidXmlWithTextAndTheSameInEveryCulture()
    {
        var plot = new LinePlot
        {
            Title = "a < b & \"c\"",
            XLabel = "step",
            YLabel = "nats\u0001",
            YRange = (0, 4),
            Series = [new("falls", Steps, [4, 3, double.NaN, 1, 0]), new("huge", Steps, [0, 1, 2, 3, 1e300])],
        };
        CultureInfo before = CultureInfo.CurrentCulture;
        string svg = plot.RenderSvg(600, 400);
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            Assert.That(plot.RenderSvg(600, 400), Is.EqualTo(svg));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        var root = System.Xml.Linq.XDocument.Parse(svg).Root!;
        Assert.That((root.Name.NamespaceName, (string?)root.Attribute("viewBox")), Is.EqualTo(("http://www.w3.org/2000/svg", "0 0 600 400")));
        string[] texts = [.. root.Elements().Where(shape => shape.Name.LocalName == "text").Select(shape => shape.Value)];
        Assert.That(texts, Does.Contain("a < b & \"c\"").And.Contain("step").And.Contain("nats ").And.Contain("falls").And.Contain("3000"));
        var clip = root.Elements().Single(shape => shape.Name.LocalName == "clipPath");
        var curves = root.Elements().Where(shape => (string?)shape.Attribute("clip-path") == $"url(#{(string?)clip.Attribute("id")})").ToList();
        Assert.That(curves.Select(curve => (string?)curve.Attribute("stroke")), Is.EqualTo((string[])["#0072b2", "#0072b2", "#e69f00"]), "a gap cuts the first in two; what is out of sight does not count");
        Assert.That((string?)curves[2].Attribute("d"), Does.Match(@"^M[0-9.]+ [0-9.]+(L[0-9.]+ [0-9.]+){3}$"));
        Assert.That(new LinePlot().RenderSvg(), Does.EndWith("</svg>\n"));
    }

    [Test]
    public void ScatterColoursByClass()
    {
        Bitmap image = new ScatterPlot { X = [0, 1], Y = [0, 1], Classes = [0, 1], ClassNames = ["low", "high"], DotRadius = 10 }.Render(400, 400);
        (int Blue, int Orange) lower = Count(image, 200, 400), upper = Count(image, 0, 200);
        Assert.That(lower.Blue, Is.GreaterThan(200), "class 0 lies low");
        Assert.That(upper.Orange, Is.GreaterThan(200), "class 1 lies high");
        Assert.That(lower.Orange, Is.Zero);

        static (int, int) Count(Bitmap image, int top, int bottom)
        {
            int blue = 0, orange = 0;
            for (int y = top; y < bottom; y++)
            {
                for (int x = 0; x < image.Width; x++)
                {
                    Span<byte> p = image[x, y];
                    if (p[2] > p[0] + 80) blue++;
                    if (p[0] > p[2] + 80) orange++;
                }
            }
            return (blue, orange);
        }
    }

    [Test]
    public void ACultureChangesNoPixel()
    {
        using var folder = new TemporaryFolder();
        byte[] Draw(string culture)
        {
            CultureInfo before = CultureInfo.CurrentCulture;
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            try
            {
                new LinePlot { Title = "IWAE-50 (nats)", YLabel = "nats", Series = [new("test", Steps, [1.5, 1.25, 1.1, 1.05, 1.01])] }.Save(folder["图.png"]);
                return File.ReadAllBytes(folder["图.png"]);
            }
            finally
            {
                CultureInfo.CurrentCulture = before;
            }
        }

        byte[] plain = Draw("en-US");
        Assert.That(Draw("de-DE"), Is.EqualTo(plain));
        Assert.That(Draw("tr-TR"), Is.EqualTo(plain));
        Assert.That(Png.Read(folder["图.png"]).Width, Is.EqualTo(800));
    }

    /// <summary>The row of a column's first pixel of nearly this colour, or -1.</summary>
    private static int Height(Bitmap image, int x, (byte R, byte G, byte B) colour)
    {
        for (int y = 0; y < image.Height; y++)
        {
            Span<byte> p = image[x, y];
            if (Math.Abs(p[0] - colour.R) + Math.Abs(p[1] - colour.G) + Math.Abs(p[2] - colour.B) < 60) return y;
        }
        return -1;
    }
}

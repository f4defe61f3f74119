using GenEngine.Plots;
using NUnit.Framework;

namespace GenEngine.Tests.Plots;

public class ColourMapTests
{
    /// <summary>CIE lightness of an sRGB colour, 0 to 100.</summary>
    private static double Lightness(Rgb colour)
    {
        static double Linear(byte c) => c <= 10 ? c / 255.0 / 12.92 : Math.Pow((c / 255.0 + 0.055) / 1.055, 2.4);
        double y = 0.2126 * Linear(colour.R) + 0.7152 * Linear(colour.G) + 0.0722 * Linear(colour.B);
        return y > 0.008856 ? 116 * Math.Cbrt(y) - 16 : 903.3 * y;
    }

    [Test]
    public void GetsEvenlyLighter()
    {
        foreach (ColourMap map in new[] { ColourMap.Viridis, ColourMap.Magma })
        {
            double low = Lightness(map.At(0)), high = Lightness(map.At(1)), last = -1;
            Assert.That(high - low, Is.GreaterThan(70), "most of the range from dark to light is used");
            for (int i = 0; i <= 100; i++)
            {
                double now = Lightness(map.At(i / 100.0));
                Assert.That(now, Is.GreaterThan(last - 0.2), $"at {i} %");
                Assert.That(now, Is.EqualTo(low + (high - low) * i / 100).Within(7), $"at {i} %"); // even in CAM02-UCS, nearly so here
                last = now;
            }
        }
    }

    [Test]
    public void EndsAreKept()
    {
        Assert.That(ColourMap.Viridis.At(-3), Is.EqualTo(ColourMap.Viridis.At(0)));
        Assert.That(ColourMap.Viridis.At(double.NaN), Is.EqualTo(ColourMap.Viridis.At(0)));
        Assert.That(ColourMap.Viridis.At(double.PositiveInfinity), Is.EqualTo(ColourMap.Viridis.At(1)));
        Assert.That(ColourMap.Viridis.At(0.5), Is.EqualTo(new Rgb(33, 145, 140)));
    }
}

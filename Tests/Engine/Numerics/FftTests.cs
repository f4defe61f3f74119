using GenEngine.Numerics;
using NUnit.Framework;

namespace GenEngine.Tests.Numerics;

public class FftTests
{
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(8)]
    [TestCase(64)]
    [TestCase(1024)]
    public void IsTheTransformOfItsDefinition(int n)
    {
        var random = new SplitMix64(5);
        double[] real = [.. Enumerable.Range(0, n).Select(_ => random.NextDouble(-1, 1))], imaginary = [.. real.Select(_ => random.NextDouble(-1, 1))];
        double[] re = [.. real], im = [.. imaginary];
        new Fft(n).Transform(re, im);
        for (int k = 0; k < n; k++)
        {
            (double a, double b) = (0, 0);
            for (int i = 0; i < n; i++)
            {
                (double s, double c) = Math.SinCos(-2 * Math.PI * ((long)i * k % n) / n);
                (a, b) = (a + real[i] * c - imaginary[i] * s, b + real[i] * s + imaginary[i] * c);
            }
            Assert.That(re[k], Is.EqualTo(a).Within(1e-11), $"real {k}");
            Assert.That(im[k], Is.EqualTo(b).Within(1e-11), $"imaginary {k}");
        }
    }

    [Test]
    public void RefusesOtherLengths()
    {
        foreach (int n in new[] { 0, -4, 3, 100, 1 << 25 }) Assert.Throws<ArgumentException>(() => new Fft(n), $"{n}");
        Assert.Throws<ArgumentException>(() => new Fft(4).Transform(new double[4], new double[8]));
    }
}

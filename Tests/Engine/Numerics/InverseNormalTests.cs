using GenEngine.Numerics;
using NUnit.Framework;

namespace GenEngine.Tests.Numerics;

public class InverseNormalTests
{
    // 60-digit values of the quantile at exactly these doubles (Newton's method on erfc in multiple precision)
    [TestCase(1e-300, -37.04709629936119924)]
    [TestCase(1e-100, -21.27345356096532429)]
    [TestCase(1e-20, -9.26234008979840758)]
    [TestCase(1e-10, -6.361340902404056199)]
    [TestCase(1e-5, -4.26489079392282461)]
    [TestCase(0.001, -3.090232306167813535)]
    [TestCase(0.025, -1.959963984540054212)]
    [TestCase(0.074, -1.44663206715897851)]
    [TestCase(0.075, -1.439531470938455935)]
    [TestCase(0.0750001, -1.439530764501729686)]
    [TestCase(0.1, -1.281551565544600435)]
    [TestCase(0.25, -0.6744897501960817432)]
    [TestCase(0.3, -0.524400512708040816)]
    [TestCase(0.49, -0.02506890825871105803)]
    [TestCase(0.499999, -2.506628274566559378e-6)]
    [TestCase(0.500001, 2.506628274705705199e-6)]
    [TestCase(0.6, 0.2533471031357997413)]
    [TestCase(0.75, 0.6744897501960817432)]
    [TestCase(0.9, 1.281551565544600593)]
    [TestCase(0.925, 1.439531470938456229)]
    [TestCase(0.926, 1.446632067158978807)]
    [TestCase(0.975, 1.959963984540053856)]
    [TestCase(0.99, 2.326347874040840768)]
    [TestCase(0.999999, 4.753424308817087766)]
    [TestCase(0.9999999999, 6.361340889697421864)]
    public void AgreesWithMultiplePrecision(double p, double x) =>
        Assert.That(Math.Abs(InverseNormal.Cdf(p) / x - 1), Is.LessThan(1e-14));

    [Test]
    public void EdgesAreInfiniteAndOutsideIsNaN()
    {
        Assert.That(InverseNormal.Cdf(0), Is.EqualTo(double.NegativeInfinity));
        Assert.That(InverseNormal.Cdf(1), Is.EqualTo(double.PositiveInfinity));
        Assert.That(InverseNormal.Cdf(0.5), Is.EqualTo(0.0));
        Assert.That(new[] { -0.1, 1.1, double.NaN }.Select(InverseNormal.Cdf), Is.All.NaN);
    }

    [Test]
    public void IsOddAndIncreasing()
    {
        double last = double.NegativeInfinity;
        for (int i = 1; i < 4096; i++)
        {
            double p = i / 4096.0, x = InverseNormal.Cdf(p);
            Assert.That(x, Is.GreaterThan(last), $"at {p}");
            Assert.That(x, Is.EqualTo(-InverseNormal.Cdf(1 - p)), $"at {p}");
            last = x;
        }
    }
}

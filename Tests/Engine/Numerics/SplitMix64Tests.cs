using GenEngine.Numerics;
using NUnit.Framework;

namespace GenEngine.Tests.Numerics;

public class SplitMix64Tests
{
    [Test]
    public void DrawsThePublishedSequence()
    {
        // the reference program's first outputs for seed 1234567
        var random = new SplitMix64(1234567);
        ulong[] drawn = [random.Next(), random.Next(), random.Next(), random.Next(), random.Next()];
        Assert.That(drawn, Is.EqualTo(new[]
        {
            6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL, 4593380528125082431UL, 16408922859458223821UL,
        }));
    }

    [Test]
    public void StreamsOfNeighboursDiffer()
    {
        var first = new HashSet<ulong>();
        for (ulong kind = 0; kind < 4; kind++)
            for (ulong index = 0; index < 1000; index++)
                Assert.That(first.Add(SplitMix64.Stream(0, kind, index).Next()), $"stream {kind}, {index} repeats another");
    }

    [Test]
    public void UniformAndBellHaveTheirMoments()
    {
        var random = new SplitMix64(5);
        const int n = 200_000;
        double mean = 0, square = 0, bell = 0, bellSquare = 0;
        var counts = new int[10];
        for (int i = 0; i < n; i++)
        {
            double u = random.NextDouble(), b = random.NextBell();
            Assert.That(u is >= 0 and < 1 && b is > -3.47 and < 3.47);
            (mean, square, bell, bellSquare) = (mean + u / n, square + u * u / n, bell + b / n, bellSquare + b * b / n);
            counts[random.Next(10)]++;
        }
        Assert.That(mean, Is.EqualTo(0.5).Within(0.004));
        Assert.That(square, Is.EqualTo(1.0 / 3).Within(0.004));
        Assert.That(bell, Is.EqualTo(0).Within(0.012));
        Assert.That(bellSquare, Is.EqualTo(1).Within(0.015));
        Assert.That(counts, Is.All.InRange(n / 10 - 700, n / 10 + 700));
    }
}

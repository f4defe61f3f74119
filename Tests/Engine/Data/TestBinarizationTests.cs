using GenEngine.Data;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

public class TestBinarizationTests
{
    [Test]
    public void BlackStaysBlackWhiteStaysWhiteGreyIsAsLikelyAsItIsBright()
    {
        byte[] pixels = new byte[300_000];
        pixels.AsSpan(100_000, 100_000).Fill(255);
        pixels.AsSpan(200_000, 100_000).Fill(64);
        var bits = new byte[pixels.Length];
        TestBinarization.Apply(pixels, bits);
        Assert.That(bits[..100_000], Is.All.Zero);
        Assert.That(bits[100_000..200_000], Is.All.EqualTo(1));
        Assert.That(bits[200_000..].Count(b => b == 1) / 100_000.0, Is.EqualTo(64 / 255.0).Within(0.006));
    }

    [Test]
    public void IsThePublishedRule()
    {
        // written out here from the rule's description, for the first pixels of a ramp
        byte[] pixels = [.. Enumerable.Range(0, 256).Select(b => (byte)b)], bits = new byte[256], wanted = new byte[256];
        ulong state = 1234;
        for (int i = 0; i < 256; i++)
        {
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            wanted[i] = (UInt128)(z >> 40) * 255 < (UInt128)pixels[i] * (1 << 24) ? (byte)1 : (byte)0;
        }
        TestBinarization.Apply(pixels, bits);
        Assert.That(bits, Is.EqualTo(wanted));
    }
}

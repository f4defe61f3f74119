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

    [Test]
    public void AFixedSetOfBitsIsTheSameEachTimeAndNoSplitHasAnothersDraws()
    {
        DataOptions grey = new() { Limit = 200 }, fixedBits = grey with { FixedBits = true };
        ImageDataset train = DataSets.Load("digits", "train", fixedBits), test = DataSets.Load("digits", "test", fixedBits);
        Assert.That(train.Items, Is.All.AnyOf((byte)0, (byte)255));
        Assert.That(train.ContentHash, Is.EqualTo(DataSets.Load("digits", "train", fixedBits).ContentHash));
        Assert.That(train.Items[..(100 * train.ItemSize)], Is.EqualTo(DataSets.Load("digits", "train", fixedBits with { Limit = 100 }).Items), "the first images' bits do not depend on how many follow");
        Assert.That(test.Items, Is.EqualTo(TestBinarization.Apply(DataSets.Load("digits", "test", grey)).Items), "the bits that others draw by the published rule");
        Assert.That(train.Items, Is.Not.EqualTo(TestBinarization.Apply(DataSets.Load("digits", "train", grey)).Items));
        Assert.That((train.Labels, train.Name), Is.EqualTo((DataSets.Load("digits", "train", grey).Labels, "digits (binarised, SplitMix64 seed 1235)")));
    }

    [Test]
    public void MirrorImagesOfFixedBitsAreMirrorImagesAndFactorsStay()
    {
        var mirrored = DataSets.Load("digits", "train", new() { Limit = 3, FixedBits = true, Flip = true });
        Assert.That(mirrored.Count, Is.EqualTo(6));
        for (int x = 0; x < mirrored.Width; x++) Assert.That(mirrored.Item(3)[(10 * mirrored.Width) + x], Is.EqualTo(mirrored.Item(0)[(11 * mirrored.Width) - 1 - x]));
        var faces = DataSets.Load("avatars", "test", new() { Limit = 4, FixedBits = true });
        Assert.That(faces.Factors, Is.EqualTo(DataSets.Load("avatars", "test", new() { Limit = 4 }).Factors));
    }
}

using GenEngine.Data;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

public class ImageDatasetTests
{
    private static ImageDataset Make(byte[] items, int[]? labels, int height = 1, int width = 2, int classes = 2) =>
        new("set", "train", height, width, 1, items, labels, Enumerable.Range(0, classes).Select(c => $"c{c}").ToArray());

    [Test]
    public void TheHashSeesEveryPart()
    {
        string[] hashes =
        [
            Make([1, 2, 3, 4], [0, 1]).ContentHash, Make([1, 2, 3, 5], [0, 1]).ContentHash, Make([1, 2, 3, 4], [1, 1]).ContentHash,
            Make([1, 2, 3, 4], null).ContentHash, Make([1, 2, 3, 4], [0, 1], 2, 1).ContentHash,
        ];
        Assert.That(hashes, Is.Unique);
        Assert.That(Make([1, 2, 3, 4], [0, 1]).ContentHash, Is.EqualTo(hashes[0]).And.Length.EqualTo(64));
    }

    [Test]
    public void TakeKeepsTheFirst()
    {
        ImageDataset one = Make([1, 2, 3, 4], [0, 1]).Take(1);
        Assert.That((one.Count, one.Item(0).ToArray(), one.Labels), Is.EqualTo((1, new byte[] { 1, 2 }, new[] { 0 })));
        Assert.That(Make([1, 2], null).Take(5).Count, Is.EqualTo(1));
        Assert.That(Make([1, 2], null).Take(0).Count, Is.Zero);
    }

    [Test]
    public void RefusesWhatDoesNotFit()
    {
        Assert.Throws<ArgumentException>(() => Make([1, 2, 3], null));
        Assert.Throws<ArgumentException>(() => Make([1, 2, 3, 4], [0]));
        Assert.Throws<ArgumentException>(() => Make([1, 2], [2]));
        Assert.Throws<ArgumentException>(() => Make([1, 2], [-1]));
    }
}

using GenEngine.Data;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

/// <summary>Tests against the published files, where this machine has them.</summary>
public class RealDataTests
{
    [TestCase("mnist", 6903, 7877)]
    [TestCase("fashion-mnist", 7000, 7000)]
    public void LoadsThePublishedFiles(string name, int zeros, int ones)
    {
        // class counts of MNIST: of all 70,000 images; Fashion-MNIST is balanced
        ImageDataset train = Load(name, "train"), test = Load(name, "test");
        Assert.That((train.Count, test.Count), Is.EqualTo((60_000, 10_000)));
        int[] labels = [.. train.Labels!, .. test.Labels!];
        Assert.That((labels.Count(l => l == 0), labels.Count(l => l == 1)), Is.EqualTo((zeros, ones)));
        Assert.That(train.Labels![..5], Is.EqualTo(name == "mnist" ? new[] { 5, 0, 4, 1, 9 } : [9, 0, 0, 3, 0]));
    }

    [Test]
    public void TheBinarisedTestSetHasItsPublishedOnes()
    {
        ImageDataset test = Load("mnist", "test"), bits = TestBinarization.Apply(test);
        Assert.That(bits.Items.Count(b => b == 255), Is.EqualTo(1_038_739));
        Assert.That(bits.Items.AsSpan(0, 2000 * 784).Count((byte)255), Is.EqualTo(189_179));
        Assert.That(bits.Items.Count(b => b == 0), Is.EqualTo(bits.Items.Length - 1_038_739));
        Assert.That(bits.Name, Does.Contain("1234"));
        Assert.That(bits.Labels, Is.EqualTo(test.Labels));
    }

    /// <summary>Both sets use the same file names; a folder named for the other set must not be believed.</summary>
    [Test]
    public void MnistIsNotTakenForFashion()
    {
        Load("mnist", "test");
        string folder = DataCatalogue.List(DataOptions.Default).First(s => s.Name == "mnist").Folder!;
        var thrown = Assert.Throws<EngineException>(() => DataSets.Load("fashion-mnist", "test", new DataOptions { DataDir = folder }));
        Assert.That(thrown!.Message, Does.Contain("holds the images of mnist"));
    }

    private static ImageDataset Load(string name, string split)
    {
        if (DataCatalogue.List(DataOptions.Default).First(s => s.Name == name).Folder is null)
            Assert.Ignore($"{name} is not on this machine; set {DataFolders.Variable} to the folder that holds it, or 'genengine data fetch {name}'.");
        return DataSets.Load(name, split);
    }
}

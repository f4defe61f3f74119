using GenEngine.Data;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

public class DigitTests
{
    private static readonly Lazy<ImageDataset> Test = new(() => DataSets.Load("digits", "test"));
    private static readonly Lazy<ImageDataset> Train = new(() => DataSets.Load("digits", "train"));

    [Test]
    public void HasTheShapeOfMnist()
    {
        foreach ((ImageDataset set, int count) in new[] { (Train.Value, 60_000), (Test.Value, 10_000) })
        {
            Assert.That((set.Count, set.Height, set.Width, set.Channels), Is.EqualTo((count, 28, 28, 1)));
            Assert.That(set.ClassNames, Is.EqualTo(new[] { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9" }));
            Assert.That(set.Labels!.CountBy(label => label).Select(p => p.Value), Is.All.EqualTo(count / 10));
        }
    }

    /// <summary>Figures are published about these bytes: a change of the drawing makes another data set and must be meant.</summary>
    [TestCase("train", "7ee7fa01f62a3e082565d20e75c3d7c42b6beb5eec1a58b67b493b9addebc787")]
    [TestCase("test", "a24a2bbbc58b8a8f7056a44aaf540a2f42b9f722c6391a530462935ddf8dac86")]
    [SetCulture("de-DE")]
    public void DrawsTheSameBytesEverywhere(string split, string hash) =>
        Assert.That((split == "train" ? Train : Test).Value.ContentHash, Is.EqualTo(hash));

    [Test]
    public void AnImageDependsOnItsIndexAlone()
    {
        ImageDataset few = DataSets.Load("digits", "test", new DataOptions { Limit = 1234 });
        Assert.That(few.Count, Is.EqualTo(1234));
        Assert.That(few.Items, Is.EqualTo(Test.Value.Items[..few.Items.Length]));
        Assert.That(few.Labels, Is.EqualTo(Test.Value.Labels![..1234]));
    }

    [Test]
    public void SeedsAndSplitsShareNoImage()
    {
        var seen = new HashSet<string>();
        foreach ((string split, ulong seed) in new[] { ("train", 0UL), ("test", 0UL), ("train", 1UL) })
        {
            ImageDataset set = DataSets.Load("digits", split, new DataOptions { Limit = 2000, Seed = seed });
            for (int i = 0; i < set.Count; i++) Assert.That(seen.Add(Convert.ToHexString(set.Item(i))), $"{split} {seed} image {i} is a copy");
        }
    }

    [Test]
    public void LooksLikeMnist()
    {
        ImageDataset set = Test.Value;
        Assert.That(set.Items.Average(b => b / 255.0), Is.EqualTo(0.13).Within(0.02), "as much ink as MNIST has");
        int offCentre = 0, atBorder = 0;
        for (int i = 0; i < set.Count; i++)
        {
            ReadOnlySpan<byte> image = set.Item(i);
            double mass = 0, x = 0, y = 0, edge = 0;
            for (int p = 0; p < image.Length; p++)
            {
                (int row, int column) = (p / 28, p % 28);
                mass += image[p];
                x += image[p] * (column + 0.5);
                y += image[p] * (row + 0.5);
                if (row is 0 or 27 || column is 0 or 27) edge += image[p];
            }
            Assert.That(mass, Is.GreaterThan(255 * 15), $"image {i} is all but empty");
            if (Math.Abs(x / mass - 14) > 1.8 || Math.Abs(y / mass - 14) > 1.8) offCentre++;
            if (edge > 0) atBorder++;
        }
        Assert.That(offCentre, Is.LessThan(100));
        Assert.That(atBorder, Is.LessThan(10));
    }

    /// <summary>Class means tell most digits, but by far not all: neither noise nor a toy.</summary>
    [Test]
    public void IsNeitherNoiseNorTrivial()
    {
        ImageDataset train = Train.Value.Take(10_000), test = Test.Value.Take(2000);
        var means = new double[10][];
        for (int c = 0; c < 10; c++) means[c] = new double[784];
        for (int i = 0; i < train.Count; i++)
            for (int p = 0; p < 784; p++) means[train.Labels![i]][p] += train.Items[i * 784 + p] / (train.Count / 10.0);

        int right = 0;
        for (int i = 0; i < test.Count; i++)
        {
            int nearest = Enumerable.Range(0, 10).MinBy(c => Distance(means[c], test.Item(i)));
            if (nearest == test.Labels![i]) right++;
        }
        Assert.That(right / (double)test.Count, Is.InRange(0.8, 0.92));

        static double Distance(double[] mean, ReadOnlySpan<byte> image)
        {
            double sum = 0;
            for (int p = 0; p < image.Length; p++) sum += (image[p] - mean[p]) * (image[p] - mean[p]);
            return sum;
        }
    }

    [Test]
    public void UnknownNamesSuggestTheNearest()
    {
        Assert.That(Assert.Throws<EngineException>(() => DataSets.Load("digit", "train"))!.Message, Does.Contain("Did you mean 'digits'"));
        Assert.That(Assert.Throws<EngineException>(() => DataSets.Load("digits", "tset"))!.Message, Does.Contain("Did you mean 'test'"));
        Assert.Throws<EngineException>(() => DataSets.Load("digits", "test", new DataOptions { Limit = -1 }));
    }
}

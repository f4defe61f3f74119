using System.Buffers.Binary;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

[NonParallelizable] // the environment is the process's
public class IdxTests
{
    private TemporaryFolder _folder = null!;
    private DataEnvironment _environment = null!;

    private DataOptions Here => new() { DataDir = _folder.Path };

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _environment = new DataEnvironment(null, _folder["cache"]);
    }

    [TearDown]
    public void TearDown()
    {
        _environment.Dispose();
        _folder.Dispose();
    }

    [TestCase("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", true)]
    [TestCase("train-images-idx3-ubyte", "train-labels-idx1-ubyte", false)]
    [TestCase("train-images.idx3-ubyte", "train-labels-idx1-ubyte.gz", false)]
    [TestCase("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", false, Description = "unpacked, yet still called .gz")]
    [SetCulture("tr-TR")]
    public void ReadsPlainAndGzipByAnyOfTheirNames(string images, string labels, bool gzip)
    {
        Write("mnist", images, Images(3), gzip);
        Write("mnist", labels, Labels(7, 0, 9), gzip);
        ImageDataset set = DataSets.Load("MNIST", "train", Here);
        Assert.That((set.Name, set.Split, set.Count, set.Height, set.Width, set.Channels), Is.EqualTo(("mnist", "train", 3, 28, 28, 1)));
        Assert.That(set.Labels, Is.EqualTo(new[] { 7, 0, 9 }));
        Assert.That(set.Items, Is.EqualTo(Images(3)[16..]));
        Assert.That(DataSets.Load("mnist", "train", Here with { Limit = 2 }).Count, Is.EqualTo(2));
    }

    [TestCase(true), TestCase(false)]
    public void AHeaderThatPromisesTooMuchCostsNothing(bool gzip)
    {
        byte[] images = Images(3);
        BinaryPrimitives.WriteInt32BigEndian(images.AsSpan(4), 2_000_000);
        Write("mnist", "train-images-idx3-ubyte", images, gzip);
        Write("mnist", "train-labels-idx1-ubyte", Labels(1, 2, 3), gzip);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(Assert.Throws<EngineException>(() => DataSets.Load("mnist", "train", Here))!.Message, Does.Contain("train-images").And.Contain("cut short").And.Contain("1568000016"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20), "of one and a half gigabytes promised");
    }

    [Test]
    public void LooksInDataDirThenTheVariableThenTheCache()
    {
        // the number of images tells which copy was read
        void Put(int count, params string[] folder)
        {
            Write(Path.Combine(folder), "t10k-images-idx3-ubyte", Images(count), false);
            Write(Path.Combine(folder), "t10k-labels-idx1-ubyte", Labels(new byte[count]), false);
        }

        using var environment = new DataEnvironment(_folder["variable"], _folder["cache"]);
        DataOptions options = new() { DataDir = _folder["named"] };
        Put(1, "cache", "data");
        Assert.That(DataSets.Load("mnist", "test", options).Count, Is.EqualTo(1));
        Put(2, "cache", "data", "mnist");
        Assert.That(DataSets.Load("mnist", "test", options).Count, Is.EqualTo(2), "the set's own sub-folder comes before the folder");
        Put(3, "variable");
        Assert.That(DataSets.Load("mnist", "test", options).Count, Is.EqualTo(3));
        Put(4, "named", "mnist");
        Assert.That(DataSets.Load("mnist", "test", options).Count, Is.EqualTo(4));
        Assert.That(DataSets.Load("mnist", "test").Count, Is.EqualTo(3));
        Assert.That(DataFolders.Destination("mnist", options), Is.EqualTo(_folder["named", "mnist"]));
        Assert.That(DataFolders.Destination("mnist", DataOptions.Default), Is.EqualTo(_folder["variable", "mnist"]));
    }

    [Test]
    public void MissingFilesAreToldWithEveryPlaceAndWhatToDo()
    {
        using var environment = new DataEnvironment(_folder["variable"], _folder["cache"]);
        Write(Path.Combine("variable", "mnist"), "train-images-idx3-ubyte.gz", Images(1), true);
        var thrown = Assert.Throws<EngineException>(() => DataSets.Load("mnist", "train", new DataOptions { DataDir = _folder["named"] }));
        Assert.That(thrown!.Message, Does.Contain(_folder["named", "mnist"] + " (no such folder)"));
        Assert.That(thrown.Message, Does.Contain(_folder["variable", "mnist"] + " (train-labels-idx1-ubyte.gz is missing)"));
        Assert.That(thrown.Message, Does.Contain(_folder["variable"] + " (none of them is there)"));
        Assert.That(thrown.Message, Does.Contain(_folder["cache", "data", "mnist"]));
        Assert.That(thrown.Message, Does.Contain("genengine data fetch mnist").And.Contain("--data-dir").And.Contain("digits"));
        Assert.That(thrown.Message, Does.Not.Contain("is not set"));

        using var unset = new DataEnvironment(null, _folder["cache"]);
        Assert.That(Assert.Throws<EngineException>(() => DataSets.Load("mnist", "train"))!.Message, Does.Contain("GENENGINE_DATA is not set"));
    }

    private static IEnumerable<TestCaseData> Damages()
    {
        static TestCaseData Case(string name, Func<byte[], byte[]> damage, string says) => new TestCaseData(damage, says).SetArgDisplayNames(name);

        yield return Case("cut in the items", file => file[..^1], "cut short");
        yield return Case("cut in the header", file => file[..9], "cut short");
        yield return Case("empty", _ => [], "cut short");
        yield return Case("too long", file => [.. file, 0], "goes on");
        yield return Case("magic", file => [1, .. file[1..]], "begins with 01000803");
        yield return Case("floats", file => [0, 0, 0x0D, .. file[3..]], "0x0D");
        yield return Case("labels for images", _ => Labels(1, 2, 3), "1 extents where 3 are due");
        yield return Case("a page instead", _ => "<html>moved</html>"u8.ToArray(), "begins with 3C68746D");
        yield return Case("side", file => [.. file[..11], 32, .. file[12..], .. new byte[3 * 28 * 4]], "32x28");
        yield return Case("no images", file => [.. file[..4], 0, 0, 0, 0, .. file[8..16]], "extent 0 is 0");
        yield return Case("vast", file => [.. file[..4], 255, 255, 255, 255, .. file[8..]], "4294967295");
    }

    [TestCaseSource(nameof(Damages))]
    public void DamageIsToldWithTheFile(Func<byte[], byte[]> damage, string says)
    {
        foreach (bool gzip in new[] { false, true })
        {
            string path = Write("mnist", "train-images-idx3-ubyte.gz", damage(Images(3)), gzip);
            Write("mnist", "train-labels-idx1-ubyte.gz", Labels(1, 2, 3), gzip);
            var thrown = Assert.Throws<EngineException>(() => DataSets.Load("mnist", "train", Here));
            Assert.That(thrown!.Message, Does.Contain(path).And.Contain(says).And.Contain("fetch it again"));
        }
    }

    [Test]
    public void ADamagedGzipStreamIsTold()
    {
        Write("mnist", "train-labels-idx1-ubyte.gz", Labels(1, 2, 3), true);
        byte[] good = DownloaderTests.Gzip(Images(3));
        int[] places = [3, 12, good.Length / 2, good.Length - 6]; // flags, block header, middle, checksum
        foreach (int place in places)
        {
            byte[] bad = [.. good];
            bad[place] ^= 0x55;
            string path = Write("mnist", "train-images-idx3-ubyte.gz", bad, false);
            Assert.That(Assert.Throws<EngineException>(() => DataSets.Load("mnist", "train", Here), $"byte {place}")!.Message, Does.Contain(path));
        }
        for (int length = 0; length < good.Length - 8; length += 37)
        {
            Write("mnist", "train-images-idx3-ubyte.gz", good[..length], false);
            Assert.Throws<EngineException>(() => DataSets.Load("mnist", "train", Here), $"cut to {length} bytes");
        }
    }

    [Test]
    public void ImagesAndLabelsMustBelongTogether()
    {
        Write("mnist", "train-images-idx3-ubyte.gz", Images(3), true);
        Write("mnist", "train-labels-idx1-ubyte.gz", Labels(1, 2), true);
        Assert.That(
            Assert.Throws<EngineException>(() => DataSets.Load("mnist", "train", Here))!.Message, Does.Contain("3 images").And.Contain("2 labels"));
        Write("mnist", "train-labels-idx1-ubyte.gz", Labels(1, 10, 2), true);
        Assert.That(Assert.Throws<EngineException>(() => DataSets.Load("mnist", "train", Here))!.Message, Does.Contain("label 1 is 10"));
    }

    private static byte[] Images(int count)
    {
        var file = new byte[16 + count * 784];
        (file[2], file[3], file[11], file[15]) = (8, 3, 28, 28);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(4), count);
        for (int i = 16; i < file.Length; i++) file[i] = (byte)(i * i / 7);
        return file;
    }

    private static byte[] Labels(params byte[] labels) => [0, 0, 8, 1, 0, 0, 0, (byte)labels.Length, .. labels];

    private string Write(string sub, string name, byte[] content, bool gzip)
    {
        Directory.CreateDirectory(_folder[sub]);
        string path = _folder[sub, name];
        File.WriteAllBytes(path, gzip ? DownloaderTests.Gzip(content) : content);
        return path;
    }
}

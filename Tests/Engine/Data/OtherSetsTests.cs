using System.Text;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

/// <summary>CIFAR-10, binarised MNIST, and the list of all sets.</summary>
public class OtherSetsTests
{
    private const int CifarFile = 10_000 * 3073;

    private TemporaryFolder _folder = null!;

    private DataOptions Here => new() { DataDir = _folder.Path };

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void CifarPlanesBecomePixels()
    {
        var file = new byte[CifarFile];
        file[0] = 3;
        for (int p = 0; p < 1024; p++) (file[1 + p], file[1025 + p], file[2049 + p]) = ((byte)p, (byte)(p / 4), 200);
        file[^3073] = 9;
        file[^1] = 77; // the last pixel's blue
        Directory.CreateDirectory(_folder["cifar10", "cifar-10-batches-bin"]);
        File.WriteAllBytes(_folder["cifar10", "cifar-10-batches-bin", "test_batch.bin"], file);
        ImageDataset set = DataSets.Load("cifar10", "test", Here);
        Assert.That((set.Count, set.Height, set.Width, set.Channels), Is.EqualTo((10_000, 32, 32, 3)));
        Assert.That((set.Labels![0], set.Labels[1], set.Labels[^1]), Is.EqualTo((3, 0, 9)));
        for (int p = 0; p < 1024; p++) Assert.That(set.Item(0).Slice(3 * p, 3).ToArray(), Is.EqualTo(new[] { (byte)p, (byte)(p / 4), (byte)200 }));
        Assert.That(set.Items[^1], Is.EqualTo(77));
        Assert.That(set.ClassNames[3], Is.EqualTo("cat"));
    }

    [Test]
    public void CifarTrainsOnFiveFilesInOrder()
    {
        Directory.CreateDirectory(_folder["cifar10"]);
        for (int i = 1; i <= 5; i++)
        {
            using FileStream batch = File.Create(_folder["cifar10", $"data_batch_{i}.bin"]);
            batch.WriteByte((byte)i);
            batch.SetLength(CifarFile);
        }
        ImageDataset set = DataSets.Load("cifar10", "train", Here);
        Assert.That(set.Count, Is.EqualTo(50_000));
        Assert.That(Enumerable.Range(0, 5).Select(i => set.Labels![10_000 * i]), Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));

        using (FileStream batch = File.OpenWrite(_folder["cifar10", "data_batch_4.bin"])) batch.SetLength(CifarFile - 1);
        Assert.That(
            Assert.Throws<EngineException>(() => DataSets.Load("cifar10", "train", Here))!.Message, Does.Contain("data_batch_4.bin").And.Contain("cut short"));
        using (FileStream batch = File.OpenWrite(_folder["cifar10", "data_batch_1.bin"])) batch.WriteByte(10);
        Assert.That(Assert.Throws<EngineException>(() => DataSets.Load("cifar10", "train", Here))!.Message, Does.Contain("label 0 is 10"));
        File.Delete(_folder["cifar10", "data_batch_2.bin"]);
        Assert.That(Assert.Throws<EngineException>(() => DataSets.Load("cifar10", "train", Here))!.Message, Does.Contain("data_batch_2.bin is missing"));
    }

    [Test]
    public void BinarizedMnistReadsItsText()
    {
        string text = Text(10_000);
        foreach (string variant in new[] { text, text.Replace("\n", " \r\n", StringComparison.Ordinal), text.TrimEnd('\n') })
        {
            Write("valid", variant);
            ImageDataset set = DataSets.Load("binarized-mnist", "valid", Here);
            Assert.That((set.Count, set.Labels, set.ClassNames.Count), Is.EqualTo((10_000, (int[]?)null, 0)));
            Assert.That(set.Items.Where(b => b is not (0 or 255)), Is.Empty);
            for (int i = 0; i < 784; i++) Assert.That(set.Items[9_999 * 784 + i], Is.EqualTo(Bit(9_999, i) ? 255 : 0));
        }
    }

    [Test]
    public void BinarizedMnistRefusesDamage()
    {
        string text = Text(10_000), line = text[..text.IndexOf('\n', StringComparison.Ordinal)];
        foreach ((string bad, string says) in new[]
                 {
                     (text[..^1569], "9999 of 10000"), (text[..^3], "9999 of 10000"), (text + line, "more than 10000 lines"), ("", "0 of 10000"),
                     (line[..^2] + text[line.Length..], "line 1 has 783 values"), (line + " 1" + text[line.Length..], "more than 784 values"),
                     ("2" + text[1..], "line 1 has something other"), ("01" + text[3..], "something other"),
                 })
        {
            Write("test", bad);
            Assert.That(Assert.Throws<EngineException>(() => DataSets.Load("binarized-mnist", "test", Here))!.Message,
                Does.Contain("binarized_mnist_test.amat").And.Contain(says));
        }
    }

    [Test]
    public void TheListTellsWhatIsThere()
    {
        Directory.CreateDirectory(_folder["cifar10"]);
        foreach (string stem in new[] { "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch" })
            File.WriteAllBytes(_folder["cifar10", $"{stem}.bin"], []);
        IReadOnlyList<DataSetStatus> list = DataCatalogue.List(Here);
        Assert.That(list.Select(s => s.Name), Is.EqualTo(new[] { "digits", "avatars", "mnist", "fashion-mnist", "binarized-mnist", "cifar10", "tones", "formants", "pluck", "text", "fsdd" }));
        Assert.That(list.First(s => s.Name == "cifar10").Folder, Is.EqualTo(_folder["cifar10"]));
        Assert.That(list.First(s => s.Name == "binarized-mnist").DownloadBytes, Is.EqualTo(109_760_000));
        Assert.That(list.Where(s => s.BuiltIn).Select(s => (s.Name, s.Folder)), Is.EqualTo(new[] { ("digits", (string?)null), ("avatars", null), ("tones", null), ("formants", null), ("pluck", null), ("text", null) }));
        Assert.That(list.Where(s => !s.BuiltIn).Select(s => s.Licence), Is.All.Not.Empty);
    }

    private static bool Bit(int line, int column) => (line * 31 + column * 17) % 5 == 0;

    private static string Text(int lines)
    {
        var text = new StringBuilder();
        for (int i = 0; i < lines; i++)
            for (int j = 0; j < 784; j++) text.Append(Bit(i, j) ? '1' : '0').Append(j < 783 ? ' ' : '\n');
        return text.ToString();
    }

    private void Write(string split, string text)
    {
        Directory.CreateDirectory(_folder["binarized-mnist"]);
        File.WriteAllText(_folder["binarized-mnist", $"binarized_mnist_{split}.amat"], text);
    }
}

using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Data;

public class FolderTests
{
    private TemporaryFolder _folder = null!;
    private DataEnvironment _environment = null!;
    private string _root = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _environment = new DataEnvironment(null, _folder["cache"]);
        _root = _folder["фото set"];
    }

    [TearDown]
    public void TearDown()
    {
        _environment.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void AFolderAClassOfMixedPictures()
    {
        Classes(("cat", 12), ("dog", 20));
        Write("readme.txt", "not a picture"u8.ToArray());
        Write("cat/.hidden.png", [1]);
        Write("dog/deeper/more.jpg", MadePictures.Jpeg(50, 20, 200));
        ImageDataset train = Load("train"), test = Load("test");
        Assert.That((train.Height, train.Width, train.Channels, train.Count + test.Count), Is.EqualTo((64, 64, 3, 33)));
        Assert.That(train.ClassNames, Is.EqualTo(new[] { "cat", "dog" }));
        Assert.That(test.Labels!.CountBy(l => l).OrderBy(p => p.Key).Select(p => p.Value), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(train.Labels!.Take(10).Distinct().Count(), Is.EqualTo(2), "the first images are of all classes");
        Assert.That(train.Notes[0], Is.EqualTo("split of фото set: 30 train, 3 test, by seed 0, a tenth of each class for testing"));
        Assert.That(train.ClassOf("DOG"), Is.EqualTo(1));
        Assert.That(Assert.Throws<EngineException>(() => train.ClassOf("dag"))!.Message, Does.Contain("Did you mean 'dog'"));
        for (int i = 0; i < train.Count; i++)
        {
            Assert.That(train.Item(i)[64 * 32 * 3 + 32 * 3 + 2], Is.EqualTo(train.Labels![i] == 0 ? 30 : 200).Within(9), "blue tells the class");
            Assert.That(train.Item(i)[0], Is.LessThan(train.Item(i)[63 * 3]), "red grows to the right");
        }
    }

    [Test]
    public void SplitsAreDisjointCompleteAndChosenByTheSeed()
    {
        Classes(("a", 30), ("b", 31));
        string[] seen = [.. Hashes(Load("train")).Concat(Hashes(Load("test")))];
        Assert.That(seen, Has.Length.EqualTo(61).And.Unique);
        string[] once = [.. Hashes(Load("test"))], again = [.. Hashes(Load("test"))];
        Assert.That(again, Is.EqualTo(once));
        Assert.That(Hashes(Load("test", new DataOptions { Seed = 1 })), Is.Not.EquivalentTo(Hashes(Load("test"))));
        Assert.That(Hashes(Load("train", new DataOptions { Limit = 5 })), Is.EqualTo(Hashes(Load("train")).Take(5)));
    }

    [Test]
    public void LoosePicturesHaveNoClasses()
    {
        for (int i = 0; i < 15; i++) Write($"{i}.PNG", MadePictures.Png(20 + i, 30, (byte)i));
        ImageDataset set = Load("train", new DataOptions { Size = 28, Channels = 1 });
        Assert.That((set.Labels, set.ClassNames.Count, set.Count, set.ItemSize), Is.EqualTo(((int[]?)null, 0, 13, 28 * 28)));
        Assert.That(Assert.Throws<EngineException>(() => set.RequireClasses("cvae"))!.Message, Does.StartWith("cvae is told the class").And.Contain("folder of its own"));
        Classes(("x", 10), ("y", 10));
        Says("holds pictures (", "Put every picture into the folder of its class");
    }

    [Test]
    public void TrainAndTestFoldersAreUsed()
    {
        foreach (string split in new[] { "train", "test" })
            foreach (string name in new[] { "left", "right" })
                for (int i = 0; i < (split == "train" ? 11 : 2); i++) Write($"{split}/{name}/{i}.png", MadePictures.Png(16, 16, (byte)(i + split.Length * 20)));
        Assert.That((Load("train").Count, Load("test").Count), Is.EqualTo((22, 4)));
        Assert.That(Load("test").Notes[0], Does.Contain("by its folders train and test"));
        Write("test/up/1.png", MadePictures.Png(8, 8, 1));
        Says("has the class 'up'", "left, right");
        Directory.Delete(Path.Combine(_root, "test"), recursive: true);
        Assert.That((Load("train").Count, Load("test").Count), Is.EqualTo((20, 2)), "train alone is split");
    }

    [Test]
    public void TheCacheServesUntilAFileChangesOrItIsDamaged()
    {
        Classes(("a", 10), ("b", 11));
        ImageDataset first = Load("train"), second = Load("train");
        Assert.That(first.Notes[1], Does.StartWith("cache: written to"));
        Assert.That(second.Notes[1], Does.StartWith("cache: read from"));
        Assert.That((second.ContentHash, Load("test").Notes[1][..12]), Is.EqualTo((first.ContentHash, "cache: read ")));
        Assert.That(Load("train", new DataOptions { Size = 32 }).Notes[1], Does.StartWith("cache: written"));
        Assert.That(Load("train", new DataOptions { Channels = 1 }).Notes[1], Does.StartWith("cache: read"), "grey is made of the same entry");

        string entry = first.Notes[1]["cache: written to ".Length..];
        foreach (Action<string> damage in new Action<string>[]
                 {
                     path => { byte[] b = File.ReadAllBytes(path); b[b.Length / 2] ^= 1; File.WriteAllBytes(path, b); },
                     path => { byte[] b = File.ReadAllBytes(path); File.WriteAllBytes(path, b[..(b.Length - 7)]); },
                     path => File.WriteAllBytes(path, []),
                     path => { byte[] b = File.ReadAllBytes(path); b[9] = 255; File.WriteAllBytes(path, b); },
                 })
        {
            damage(entry);
            ImageDataset again = Load("train");
            Assert.That((again.Notes[1][..14], again.ContentHash), Is.EqualTo(("cache: written", first.ContentHash)));
            Assert.That(Load("train").Notes[1], Does.StartWith("cache: read"));
        }

        Write("a/0.jpg", MadePictures.Jpeg(31, 31, 99));
        File.SetLastWriteTimeUtc(Path.Combine(_root, "a", "0.jpg"), DateTime.UtcNow.AddMinutes(3));
        Assert.That(Load("train").Notes[1], Does.StartWith("cache: written"));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(entry)!), Has.Length.EqualTo(2), "a changed folder replaces its entry");

        File.WriteAllText(_folder["no folder"], "");
        using var blocked = new DataEnvironment(null, _folder["no folder"]);
        Assert.That(Load("train").Notes[1], Does.StartWith("cache: not written."));
    }

    [Test]
    public void OrientationTurnsTheImage()
    {
        for (int i = 0; i < 12; i++) Write($"{i:00}.jpg", MadePictures.WithOrientation(MadePictures.Jpeg(64, 64, 0, 100), 6, i % 2 == 0));
        ReadOnlySpan<byte> image = Load("train").Item(0);
        // stored red grows to the right; turned clockwise by a quarter it grows downwards, and green, which grew downwards, to the left
        Assert.That(image[3 * (60 * 64 + 32)] - image[3 * (4 * 64 + 32)], Is.GreaterThan(200));
        Assert.That(image[3 * (32 * 64 + 4) + 1] - image[3 * (32 * 64 + 60) + 1], Is.GreaterThan(200));
    }

    [Test]
    public void AFewUnreadableFilesAreListedManyAreNot()
    {
        Classes(("a", 30), ("b", 30));
        byte[] jpeg = MadePictures.Jpeg(40, 40, 4);
        Write("a/cut.jpg", jpeg[..(jpeg.Length / 2)]);
        Write("b/empty.png", []);
        Write("b/phone.heic", [1, 2, 3]);
        ImageDataset set = Load("train");
        Assert.That(set.Unreadable.Select(file => file.Path), Is.EqualTo(new[] { "a/cut.jpg", "b/empty.png", "b/phone.heic" }));
        Assert.That(set.Notes, Has.Some.Contains("3 of 63").And.Some.Contains("a/cut.jpg: it is cut short").And.Some.Contains("b/empty.png: the file is empty"));
        Assert.That(Load("train").Unreadable, Is.EqualTo(set.Unreadable), "the cache remembers them");
        Write("a/text.jpg", "text"u8.ToArray());
        Says("4 of 64 pictures", "more than the 5 %", "a/text.jpg: it is neither a JPEG", "Remove or replace them");
    }

    [Test]
    public void FatalErrorsSayWhatToDo()
    {
        Assert.That(Assert.Throws<EngineException>(() => Load("train"))!.Message, Does.Contain("There is no folder"));
        Directory.CreateDirectory(_root);
        Says("holds no picture", "Fill it or remove it");
        for (int i = 0; i < 10; i++) Write($"only/{i}.png", MadePictures.Png(8, 8, (byte)i));
        Says("one class folder only (only)", "at least two");
        Directory.CreateDirectory(Path.Combine(_root, "void"));
        Says("void' holds no picture");
        for (int i = 0; i < 9; i++) Write($"void/{i}.png", MadePictures.Png(8, 8, (byte)i));
        Says("The class 'void'", "9 pictures", "at least 10");
        Write("void/9.png", MadePictures.Png(8, 8, 9));
        Assert.That(Load("train").Count, Is.EqualTo(18), "ten of each are enough, one of which is kept for testing");
        Write("void/zero.png", MadePictures.RawPng(0, 0, 8, 2, []));
        Says("zero.png: it is 0x0", "Remove it or replace it");
        File.Delete(Path.Combine(_root, "void", "zero.png"));
        Assert.That(Assert.Throws<EngineException>(() => new FolderSource(_root, memory: 100_000).Load("train", new DataOptions()))!.Message,
            Does.Contain("GiB").And.Contain("smaller --size"));
        Assert.Throws<EngineException>(() => Load("train", new DataOptions { Size = 4 }));
        Assert.Throws<EngineException>(() => Load("train", new DataOptions { Channels = 2 }));
    }

    [Test]
    public void FlipDoublesTheTrainingSetOnly()
    {
        Classes(("a", 10), ("b", 10));
        ImageDataset plain = Load("train", new DataOptions { Size = 28 }), both = Load("train", new DataOptions { Size = 28, Flip = true });
        Assert.That((both.Count, both.Labels), Is.EqualTo((2 * plain.Count, plain.Labels!.Concat(plain.Labels!))));
        Assert.That(both.Items[..plain.Items.Length], Is.EqualTo(plain.Items));
        for (int x = 0; x < 28; x++) Assert.That(both.Item(plain.Count + 3).Slice((5 * 28 + x) * 3, 3).ToArray(), Is.EqualTo(plain.Item(3).Slice((5 * 28 + 27 - x) * 3, 3).ToArray()));
        Assert.That(Load("test", new DataOptions { Flip = true }).Count, Is.EqualTo(Load("test").Count));
        Assert.That(Assert.Throws<EngineException>(() => DataSets.Load("avatars", "train", new DataOptions { Limit = 2, Flip = true }))!.Message, Does.Contain("leave --flip out"));
    }

    [Test]
    public void EverySetCanBeScaledAndRecoloured()
    {
        ImageDataset digits = DataSets.Load("digits", "test", new DataOptions { Limit = 20, Size = 32, Channels = 3 });
        Assert.That((digits.Height, digits.Width, digits.Channels, digits.Count), Is.EqualTo((32, 32, 3, 20)));
        Assert.That(digits.Item(0)[3 * 500], Is.EqualTo(digits.Item(0)[3 * 500 + 2]));
        ImageDataset avatars = DataSets.Load("avatars", "test", new DataOptions { Limit = 20, Channels = 1, Size = 32 });
        Assert.That((avatars.ItemSize, avatars.Factors!.Length, avatars.RequireClasses("cvae").Length), Is.EqualTo((1024, 160, 20)));
        Assert.That(DataSets.FullName("DIGITS"), Is.EqualTo("digits"));
        Assert.That(DataSets.FullName(_root + Path.DirectorySeparatorChar), Is.EqualTo(Path.GetFullPath(_root)));
        Assert.That(Assert.Throws<EngineException>(() => DataSets.Source("digts"))!.Message, Does.Contain("Did you mean 'digits'").And.Contain("by its path"));
    }

    private ImageDataset Load(string split, DataOptions? options = null) => DataSets.Load(_root, split, options);

    private static IEnumerable<string> Hashes(ImageDataset set) => Enumerable.Range(0, set.Count).Select(i => Convert.ToHexString(set.Item(i)));

    private void Classes(params (string Name, int Count)[] classes)
    {
        foreach ((string name, int count) in classes)
        {
            byte blue = name == classes[0].Name ? (byte)30 : (byte)200;
            for (int i = 0; i < count; i++)
            {
                if (i % 3 == 0) Write($"{name}/{i}.jpg", MadePictures.Jpeg(40 + 3 * i, 70 + i, blue));
                else Write($"{name}/{i}.png", MadePictures.Png(30 + 2 * i, 90 - i, blue));
            }
        }
    }

    private void Write(string name, byte[] content)
    {
        string path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }

    private void Says(params string[] parts)
    {
        string message = Assert.Throws<EngineException>(() => Load("train"))!.Message;
        foreach (string part in parts) Assert.That(message, Does.Contain(part));
    }
}

using GenEngine.Files;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Files;

public class AtomicFileTests
{
    [Test]
    public void WritesMakesFoldersAndReplaces()
    {
        using var folder = new TemporaryFolder();
        string path = folder["运行 1", "notes.txt"];
        AtomicFile.WriteText(path, "first");
        AtomicFile.WriteText(path, "second, 第二");
        Assert.That(File.ReadAllText(path), Is.EqualTo("second, 第二"));
        Assert.That(Directory.GetFiles(folder["运行 1"]), Has.Length.EqualTo(1), "no temporary file may stay");
        Assert.That(File.ReadAllBytes(path)[0], Is.EqualTo((byte)'s'), "no byte order mark");
    }

    [Test]
    public void AFailureLeavesTheOldFileAndNoOther()
    {
        using var folder = new TemporaryFolder();
        string path = folder["weights.bin"];
        AtomicFile.WriteText(path, "old");
        var thrown = Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new InvalidOperationException("the caller failed half way");
        }));
        Assert.That(thrown!.Message, Does.Contain("half way"));
        Assert.That(File.ReadAllText(path), Is.EqualTo("old"));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void ReadersSeeOldOrNewButNothingBetween()
    {
        using var folder = new TemporaryFolder();
        string path = folder["state.txt"];
        AtomicFile.WriteText(path, "old");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("new"u8);
            stream.Flush();
            Assert.That(File.ReadAllText(path), Is.EqualTo("old"));
        });
        Assert.That(File.ReadAllText(path), Is.EqualTo("new"));
    }

    [Test]
    public void AFolderInTheWayIsTheUsersError()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["taken"]);
        var thrown = Assert.Throws<EngineException>(() => AtomicFile.WriteText(folder["taken"], "x"));
        Assert.That(thrown!.Message, Does.Contain(folder["taken"]));
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }
}

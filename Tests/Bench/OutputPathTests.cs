using GenEngine.Bench;
using GenEngine.Kernels;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

public class OutputPathTests
{
    private string _folder = "";

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("输出 with spaces ").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void FoldersAreMadeAndLeftEmpty()
    {
        string folder = OutputPath.Folder(Path.Combine(_folder, "图 片", "a b"));
        Assert.That(Directory.Exists(folder));
        Assert.That(Directory.GetFileSystemEntries(folder), Is.Empty);
    }

    [Test]
    public void AFileInTheWayIsNamed()
    {
        string path = Path.Combine(_folder, "file");
        File.WriteAllText(path, "");
        Assert.That(() => OutputPath.Folder(path), Throws.InstanceOf<EngineException>().With.Message.Contains(path).And.Message.Contains("Name another one"));
        Assert.That(() => OutputPath.WriteFile(Path.Combine(path, "x.json"), "{}"), Throws.InstanceOf<EngineException>().With.Message.Contains("x.json"));
    }

    [Test]
    public void AReadOnlyPlaceIsNamed()
    {
        // where even the superuser cannot write
        string path = OperatingSystem.IsLinux() ? "/proc/genengine" : "\0";
        Assert.That(() => OutputPath.Folder(path), Throws.InstanceOf<EngineException>().With.Message.Contains("Cannot write"));
    }

    [Test]
    public void FilesAreReplacedWhole()
    {
        string path = Path.Combine(_folder, "新", "ratios.json");
        OutputPath.WriteFile(path, "old");
        OutputPath.WriteFile(path, "new");
        Assert.That(File.ReadAllText(path), Is.EqualTo("new"));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(path)!), Is.EqualTo(new[] { path }));
    }
}

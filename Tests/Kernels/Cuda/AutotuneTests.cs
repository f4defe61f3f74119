using System.Text.Json;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.MatMul;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>Choices by measurement and their file; the clock is the test's.</summary>
public sealed class AutotuneTests
{
    private static readonly TuningKey Key = new("product", Precision.Tf32, 3, 1, 128, 64, 784);
    private static readonly string[] Names = ["large", "middle", "small"];

    private TemporaryFolder _folder = null!;

    private string FilePath => Path.Combine(_folder.Path, "tuning.json");

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase(0, new[] { 3f, 2f, 1f }, 2)]
    [TestCase(2, new[] { 3f, 2f, 1f }, 2)]
    [TestCase(0, new[] { 1f, 0.99f, 2f }, 0, Description = "not worth a change")]
    [TestCase(1, new[] { 0.5f, 1f, 2f }, 0)]
    public void TheFastestIsTakenWhenItIsClearlyFaster(int analytic, float[] ms, int expected) =>
        Assert.That(Tuner().Choose(Key, Names, analytic, () => { }, (i, launches) => ms[i] * launches), Is.EqualTo(expected));

    [Test]
    public void TheBestOfSeveralRoundsCounts()
    {
        int asked = 0;
        // the first candidate is disturbed in all rounds but the last
        float Time(int i, int launches) => launches * (i == 0 ? (asked++ < 3 ? 9f : 1f) : 2f);
        Assert.That(Tuner().Choose(Key, Names, 2, () => { }, Time), Is.EqualTo(0));
    }

    [Test]
    public void ShortLaunchesAreRepeated()
    {
        int most = 0;
        Tuner().Choose(Key, Names, 0, () => { }, (_, launches) =>
        {
            most = Math.Max(most, launches);
            return 0.1f * launches;
        });
        Assert.That(most, Is.EqualTo(5), "half a millisecond");
    }

    [Test]
    public void AChoiceIsMeasuredOnceAndFoundOnDiskLater()
    {
        Assert.That(Tuner().Choose(Key, Names, 0, () => { }, Backwards), Is.EqualTo(2));
        var later = Tuner();
        Assert.That(later.Find(Key), Is.Null);
        Assert.That(later.Choose(Key, Names, 0, () => Assert.Fail("prepares"), (_, _) => throw new InvalidOperationException("measures")), Is.EqualTo(2));
        Assert.That((later.Measured, later.Find(Key)), Is.EqualTo((0, 2)));
        Assert.That(later.Find(Key with { D = 785 }), Is.Null, "another shape");
    }

    [Test]
    public void ForceMeasuresAnew()
    {
        Tuner().Choose(Key, Names, 0, () => { }, Backwards);
        Assert.That(new Autotune(Store(), force: true).Choose(Key, Names, 0, () => { }, (i, launches) => (i + 1) * launches), Is.Zero);
        Assert.That(Store().Find(Key.ToString()), Is.EqualTo("large"));
    }

    [Test]
    public void ANameThatIsNoCandidateAnyMoreIsMeasuredAnew()
    {
        Store().Keep(Key.ToString(), "a tile of an older engine");
        var tuner = Tuner();
        Assert.That(tuner.Choose(Key, Names, 0, () => { }, Backwards), Is.EqualTo(2));
        Assert.That(tuner.Measured, Is.EqualTo(1));
    }

    [Test]
    public void GpusAreToldApartAndTheirEntriesKept()
    {
        Store().Keep("k", "a");
        var other = new TuningStore("another GPU", FilePath);
        Assert.That(other.Find("k"), Is.Null);
        other.Keep("k", "b");
        Assert.That((Store().Find("k"), new TuningStore("another GPU", FilePath).Find("k")), Is.EqualTo(("a", "b")));
        using var json = JsonDocument.Parse(File.ReadAllText(FilePath));
        Assert.That(json.RootElement.GetProperty("choices").EnumerateObject().Select(entry => entry.Name),
            Is.All.Contain($"GenEngine {typeof(Autotune).Assembly.GetName().Version}"));
        Assert.That(Directory.GetFiles(_folder.Path), Has.Length.EqualTo(1), "no temporary file is left");
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("{\"format\": 99, \"choices\": {}}")]
    [TestCase("{\"format\": 1, \"choices\": {\"a\": 7}}")]
    [TestCase("{\"format\": 1}")]
    [TestCase("{\"format\": \"one\", \"choices\": {}}")]
    public void ADamagedFileCountsAsEmptyAndIsWrittenAnew(string content)
    {
        File.WriteAllText(FilePath, content);
        Assert.That(Store().Find("k"), Is.Null);
        Store().Keep("k", "a");
        Assert.That(Store().Find("k"), Is.EqualTo("a"));
    }

    [Test]
    public void AFileThatCannotBeWrittenIsNoError()
    {
        string blocked = Path.Combine(_folder.Touch("a file"), "tuning.json");
        var store = new TuningStore("GPU", blocked);
        store.Keep("k", "a");
        Assert.That(store.Find("k"), Is.EqualTo("a"), "this process knows it all the same");
    }

    [Test]
    public void TheEmulatorHasNothingToMeasure()
    {
        if (TestDevices.Simt is not { } device) Assert.Ignore(TestDevices.SimtMissingReason!);
        else
        {
            Assert.That(device.Tuner, Is.Null);
            var kernel = KernelCatalog.Variants.First(variant => variant.Entry == "matmul");
            Assert.That(() => device.Time(kernel, LaunchShape.Linear(1, 32), default(MatMulArgs), 1), Throws.TypeOf<NotSupportedException>());
        }
    }

    private static float Backwards(int candidate, int launches) => (3 - candidate) * launches;

    private TuningStore Store() => new("GPU", FilePath);

    private Autotune Tuner() => new(Store());
}

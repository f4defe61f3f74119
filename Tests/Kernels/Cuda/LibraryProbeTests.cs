using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>The order and the rules of the search for NVRTC and the driver, on made-up machines.</summary>
public class LibraryProbeTests
{
    private readonly Dictionary<string, string> _variables = [];
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeMachine()
    {
        _folder = new TemporaryFolder();
        _variables.Clear();
    }

    [TearDown]
    public void RemoveMachine() => _folder.Dispose();

    [Test]
    public void TheVariableNamesAFileOrAFolderAndEndsTheSearch()
    {
        string toolkit = _folder.Touch("usr/local/cuda/lib64/libnvrtc.so.13");
        string chosen = _folder.Touch("我的 工具/libnvrtc.so.12");
        foreach (string value in (string[])[chosen, Path.GetDirectoryName(chosen)!])
        {
            _variables["GENENGINE_NVRTC"] = value;
            Assert.That(Found(), Is.EqualTo(new[] { chosen }), $"the NVRTC in {toolkit} must not be fallen back to");
        }

        _variables["GENENGINE_NVRTC"] = Path.Combine(_folder.Path, "nowhere");
        Assert.That(Probe().NvrtcPlaces().Single().Files, Is.Empty);
    }

    [Test]
    public void PlacesComeInTheDocumentedOrder()
    {
        _variables["CUDA_PATH"] = Path.Combine(_folder.Path, "cuda path");
        _variables["CUDA_HOME"] = Path.Combine(_folder.Path, "cuda home");
        _variables["VIRTUAL_ENV"] = Path.Combine(_folder.Path, "venv");
        _variables["CONDA_PREFIX"] = Path.Combine(_folder.Path, "conda");
        string[] expected =
        [
            _folder.Touch("cuda path/lib64/libnvrtc.so.12"),
            _folder.Touch("cuda home/targets/x86_64-linux/lib/libnvrtc.so.12"),
            _folder.Touch("usr/local/cuda/lib64/libnvrtc.so.12"),
            _folder.Touch("usr/local/cuda-12.10/lib64/libnvrtc.so.12"),
            _folder.Touch("usr/local/cuda-12.9/lib64/libnvrtc.so.12"),
            _folder.Touch("opt/cuda/lib64/libnvrtc.so.12"),
            _folder.Touch("venv/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12"),
            _folder.Touch("home/.local/lib/python3.11/site-packages/nvidia/cu13/lib/libnvrtc.so.13"),
            _folder.Touch("usr/lib/python3/dist-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.11.2"),
            _folder.Touch("conda/lib/libnvrtc.so.12"),
            _folder.Touch("缓存 nvrtc/usr/lib/x86_64-linux-gnu/libnvrtc.so.12"),
        ];
        Assert.That(Found().Where(Path.IsPathRooted), Is.EqualTo(expected));
        Assert.That(Found().Where(file => !Path.IsPathRooted(file)),
            Is.EqualTo(new[] { "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so" }), "the loader's own search comes last");
    }

    [Test]
    public void EmptyPlacesAreReportedToo()
    {
        _variables["CUDA_PATH"] = Path.Combine(_folder.Path, "gone");
        var empty = Probe().NvrtcPlaces().Where(place => place.Files.Count == 0).Select(place => place.Path).ToArray();
        Assert.That(empty, Does.Contain(Path.Combine(_folder.Path, "gone", "lib64")));
        Assert.That(empty, Does.Contain(Path.Combine(_folder.Path + "/usr/local/cuda*", "lib64")));
    }

    [Test]
    public void ADriverThatIsTooOldForALibraryLeavesItOut()
    {
        string cuda12 = _folder.Touch("usr/local/cuda-12.4/lib64/libnvrtc.so.12");
        string cuda13 = _folder.Touch("usr/local/cuda-13.0/lib64/libnvrtc.so.13");
        Assert.That(Found().Take(2), Is.EqualTo(new[] { cuda13, cuda12 }));
        Assert.That(Found(newestMajor: 12).First(), Is.EqualTo(cuda12));
        Assert.That(Found(newestMajor: 12), Does.Not.Contain("libnvrtc.so.13"));
    }

    [Test]
    public void NamesThatOnlyLookLikeNvrtcAreNotTaken()
    {
        foreach (string name in (string[])["libnvrtc.alt.so.12", "libnvrtc_static.a", "libnvrtc-builtins.so.12.4", "libnvrtc.so.12.debug"])
            _folder.Touch("opt/cuda/lib64/" + name);
        Assert.That(Found().Where(Path.IsPathRooted), Is.Empty);
    }

    [Test]
    public void BuiltinsComeFromTheSameFolderAndMajorVersion()
    {
        string nvrtc = _folder.Touch("lib/libnvrtc.so.12");
        string builtins = _folder.Touch("lib/libnvrtc-builtins.so.12.4");
        _folder.Touch("lib/libnvrtc-builtins.so.11.8");
        _folder.Touch("other/libnvrtc-builtins.so.12.4");
        Assert.That(Probe().BuiltinsBeside(nvrtc), Is.EqualTo(new[] { builtins }));
    }

    [Test]
    public void LinksToOneLibraryCountOnce()
    {
        string real = _folder.Touch("opt/cuda/lib64/libnvrtc.so.12.4.127");
        foreach (string link in (string[])["libnvrtc.so.12", "libnvrtc.so"]) File.CreateSymbolicLink(Path.Combine(Path.GetDirectoryName(real)!, link), real);
        Assert.That(Found().Count(Path.IsPathRooted), Is.EqualTo(1));
    }

    [Test]
    public void WindowsHasItsOwnNamesAndFolders()
    {
        _variables["ProgramFiles"] = Path.Combine(_folder.Path, "Program Files");
        _variables["LOCALAPPDATA"] = Path.Combine(_folder.Path, "用户 Local");
        _variables["VIRTUAL_ENV"] = Path.Combine(_folder.Path, "venv");
        const string Toolkits = "Program Files/NVIDIA GPU Computing Toolkit/CUDA/";
        string[] expected =
        [
            _folder.Touch(Toolkits + "v13.0/bin/x64/nvrtc64_130_0.dll"),
            _folder.Touch(Toolkits + "v12.8/bin/nvrtc64_120_0.dll"),
            _folder.Touch(Toolkits + "v11.8/bin/nvrtc64_112_0.dll"),
            _folder.Touch("venv/Lib/site-packages/nvidia/cuda_nvrtc/bin/nvrtc64_120_0.dll"),
            _folder.Touch("缓存 nvrtc/bin/nvrtc64_120_0.dll"),
            "nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll",
        ];
        _folder.Touch(Toolkits + "v12.8/bin/nvrtc64_120_0.alt.dll");
        var probe = Probe(windows: true);
        Assert.That(probe.NvrtcPlaces().SelectMany(place => place.Files), Is.EqualTo(expected));

        string builtins = _folder.Touch(Toolkits + "v12.8/bin/nvrtc-builtins64_128.dll");
        Assert.That(probe.BuiltinsBeside(expected[1]), Is.EqualTo(new[] { builtins }));
    }

    [TestCase("/a b/libnvrtc.so.12", 12)]
    [TestCase("libnvrtc.so.11.2", 11)]
    [TestCase("libnvrtc.so.12.4.127", 12)]
    [TestCase("nvrtc64_130_0.dll", 13)]
    [TestCase("C:\\x\\nvrtc64_112_0.dll", 11)]
    [TestCase("libnvrtc.so", null)]
    public void TheFileNameTellsTheMajorVersion(string file, int? major) => Assert.That(LibraryProbe.MajorOf(file), Is.EqualTo(major));

    [Test]
    public void TheDriverIsSearchedByItsRunTimeNameAndNeverInStubs()
    {
        _folder.Touch("usr/local/cuda/lib64/stubs/libcuda.so");
        string wsl = _folder.Touch("usr/lib/wsl/lib/libcuda.so.1");
        Assert.That(Probe().DriverPlaces().SelectMany(place => place.Files), Is.EqualTo(new[] { "libcuda.so.1", wsl }));
        Assert.That(Probe(windows: true).DriverPlaces().SelectMany(place => place.Files), Is.EqualTo(new[] { "nvcuda.dll" }));

        string chosen = _folder.Touch("驱动/libfake.so");
        _variables["GENENGINE_LIBCUDA"] = chosen;
        Assert.That(Probe().DriverPlaces().SelectMany(place => place.Files), Is.EqualTo(new[] { chosen }));
    }

    private LibraryProbe Probe(bool windows = false) =>
        new(new ProbeHost(windows, _variables.GetValueOrDefault, Path.Combine(_folder.Path, "home"), Path.Combine(_folder.Path, "缓存 nvrtc"), _folder.Path));

    private IEnumerable<string> Found(int? newestMajor = null) => Probe().NvrtcPlaces(newestMajor).SelectMany(place => place.Files);
}

using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using GenEngine.Tests.Files;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>Loading NVRTC and the driver for real, from where a test puts them, and what is said when they are not there.</summary>
public class NvrtcLibraryTests
{
    private const string OneCompilation = "NvrtcTests.CompilesToMachineCodeForEveryArchitecture";

    [Test]
    public void AFolderWithBlanksAndChineseCharactersWorksAndBringsItsBuiltins()
    {
        using var folder = CopyNvrtc(builtins: true);
        var (code, output) = EngineCopy.Finish(EngineCopy.Start(OneCompilation, ("GENENGINE_NVRTC", folder.Path)));
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Contain("succeeded: 6").And.Contain(folder.Path));
    }

    [Test]
    public void WithoutItsBuiltinsTheErrorSaysSo()
    {
        using var folder = CopyNvrtc(builtins: false);
        var (code, output) = EngineCopy.Finish(EngineCopy.Start(OneCompilation, ("GENENGINE_NVRTC", folder.Path)));
        Assert.That(code, Is.Not.Zero, "compiled with the builtins of another folder?");
        Assert.That(output, Does.Contain("libnvrtc-builtins must lie in the folder of libnvrtc"));
    }

    [Test]
    public void TheErrorListsThePlaceAndTheFix() =>
        new EngineCopy().Run(typeof(NvrtcLibraryTests), nameof(ExpectNowhere), ("GENENGINE_NVRTC", "/no where/工具"));

    [Test]
    public void AFileThatIsNoLibraryIsReportedWithTheLoadersWords()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Touch("libnvrtc.so.12");
        new EngineCopy().Run(typeof(NvrtcLibraryTests), nameof(ExpectNoLibrary), ("GENENGINE_NVRTC", file));
    }

    [Test]
    public void WithoutADriverEveryPlaceIsListed() =>
        new EngineCopy().Run(typeof(NvrtcLibraryTests), nameof(ExpectNoDriver), ("GENENGINE_LIBCUDA", "/no where/libcuda.so.1"));

    public static void ExpectNowhere()
    {
        var error = Assert.Throws<DeviceUnavailableException>(() => NvrtcCompiler.Load())!;
        TestContext.Out.WriteLine(error.Message);
        Assert.That(error.Message, Does.Contain("GENENGINE_NVRTC: /no where/工具 - no such folder").And.Contain("tools/get-nvrtc").And.Contain("pip install"));
    }

    public static void ExpectNoLibrary()
    {
        var error = Assert.Throws<DeviceUnavailableException>(() => NvrtcCompiler.Load())!;
        Assert.That(error.Message, Does.Contain("libnvrtc.so.12 - ").And.Match("too short|invalid ELF|Unable to load"));
    }

    public static void ExpectNoDriver()
    {
        var error = Assert.Throws<DeviceUnavailableException>(() => CudaDriver.Open())!;
        Assert.That(error.Message, Does.Contain("GENENGINE_LIBCUDA: /no where/libcuda.so.1 - no such folder").And.Contain("--device cpu"));
        var report = CudaDriver.Probe();
        Assert.That(report.IsUsable, Is.False);
        Assert.That(report.ToString(), Does.StartWith("driver: No NVIDIA driver").And.Contain("NVRTC:"));
    }

    private static TemporaryFolder CopyNvrtc(bool builtins)
    {
        string library = NvrtcTests.Require().LibraryPath;
        if (!Path.IsPathRooted(library)) Assert.Ignore($"NVRTC was found by the system's loader ({library}): its file is not known, so it cannot be copied. Run tools/get-nvrtc.");
        var folder = new TemporaryFolder();
        string[] files = [library, .. builtins ? LibraryProbe.ThisMachine.BuiltinsBeside(library) : []];
        foreach (string file in files) File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        return folder;
    }
}

using GenEngine.Kernels;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>Measuring on the make-believe driver, whose clock a test sets; run by <see cref="FakeCudaTests"/>.</summary>
public static class FakeTuningScenarios
{
    private static readonly GpuKernel Scale = new("Tests/Kernels/Cuda/fake.cu", "scale", typeof(FakeCudaScenarios.ScaleArgs));
    private static readonly TuningKey Key = new("scale", Precision.Float32, 0, 1, 2, 3, 4);
    private static readonly string[] Names = ["large", "small", "odd"];

    static FakeTuningScenarios() => KernelSource.AddAssembly(typeof(FakeTuningScenarios).Assembly);

    public static void TheFastestByTheClockIsTakenAndKept()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("genengine-tuning").FullName, "tuning.json");
        using var device = Open(file);
        using var x = device.Allocate(4, "x");
        device.Upload<float>([1], x.All);
        FakeCuda.Times(3, 2, 4); // candidates are timed in turn
        Assert.That(Choose(device, x.All), Is.EqualTo(1));
        Assert.That((device.Tuner!.Measured, FakeCuda.TimesAsked), Is.EqualTo((1, 12)), "once to load, three rounds");
        Assert.That(FakeCuda.LaunchCount, Is.EqualTo(12), "a launch of 2 ms needs no repetition");
        Assert.That(device.Tuner.Find(Key), Is.EqualTo(1));
        Assert.That(File.ReadAllText(file), Does.Contain("Fake GPU").And.Contain("GenEngine ").And.Contain("small"));

        using var later = Open(file);
        using var y = later.Allocate(4, "y");
        later.Upload<float>([1], y.All);
        Assert.That(Choose(later, y.All), Is.EqualTo(1));
        Assert.That((later.Tuner!.Measured, FakeCuda.TimesAsked), Is.EqualTo((0, 0)), "found on disk");
    }

    public static void NothingIsTimedInsideACapture()
    {
        using var device = Open(Path.Combine(Directory.CreateTempSubdirectory("genengine-tuning").FullName, "tuning.json"));
        using var x = device.Allocate(4, "x");
        device.BeginCapture();
        Assert.That(() => Choose(device, x.All), Throws.InvalidOperationException.With.Message.Contains("captured"));
        device.AbortCapture();
        Assert.That(FakeCuda.TimesAsked, Is.Zero);
    }

    public static void PrecisionNeedsTheGpuToHaveIt()
    {
        FakeCuda.Reset();
        FakeCuda.Machine(arch: 75);
        using var device = new GpuDevice(CudaDriver.Open(cache: new CubinCache(Directory.CreateTempSubdirectory("genengine-cubin").FullName)));
        Assert.That(() => device.Precision = Precision.Tf32, Throws.TypeOf<EngineException>().With.Message.Contains("tf32").And.Message.Contains("8.0").And.Message.Contains("7.5"));
        device.Precision = Precision.Float32;
    }

    public static void TheEnvironmentTurnsTuningOff()
    {
        try
        {
            Environment.SetEnvironmentVariable(Autotune.Variable, "off");
            using (var device = OpenPlain()) Assert.That(device.Tuner, Is.Null);
            Environment.SetEnvironmentVariable(Autotune.Variable, "force");
            using (var device = OpenPlain()) Assert.That(device.Tuner, Is.Not.Null);
            Environment.SetEnvironmentVariable(Autotune.Variable, "maybe");
            FakeCuda.Reset();
            using var driver = CudaDriver.Open();
            Assert.That(() => Autotune.For(driver), Throws.TypeOf<EngineException>().With.Message.Contains("'maybe'").And.Message.Contains("off"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Autotune.Variable, null);
        }
    }

    private static int Choose(GpuDevice device, GenEngine.Kernels.Devices.BufferRange x)
    {
        var args = new FakeCudaScenarios.ScaleArgs { X = x.Address, N = 1, S = 1 };
        return device.Tuner!.Choose(Key, Names, 0, () => device.Prefetch([Scale]), (_, launches) => device.Time(Scale, GenEngine.Kernels.Devices.LaunchShape.Linear(1, 32), args, launches));
    }

    private static GpuDevice OpenPlain()
    {
        FakeCuda.Reset();
        return new GpuDevice(CudaDriver.Open(cache: new CubinCache(Directory.CreateTempSubdirectory("genengine-cubin").FullName)));
    }

    private static GpuDevice Open(string file)
    {
        FakeCuda.Reset();
        var driver = CudaDriver.Open(cache: new CubinCache(Directory.CreateTempSubdirectory("genengine-cubin").FullName));
        return new GpuDevice(driver) { Tuner = new Autotune(new TuningStore(driver.Description, file)) };
    }
}

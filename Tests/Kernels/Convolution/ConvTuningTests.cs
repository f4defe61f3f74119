using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Tests.Files;
using GenEngine.Tests.Kernels.Cuda;
using GenEngine.Tests.Kernels.MatMul;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>Convolutions on a device that measures: which tile is launched, and that nothing else changes.</summary>
public sealed class ConvTuningTests
{
    private static readonly ConvGpuCase Convolution = new(ConvSpec.Square(3, padding: 1), 2, 5, 7, 12, 20, Bias: true, Accumulate: true);

    /// <summary>Plans in which nothing but the taps differs.</summary>
    private static readonly ConvSpec[] Alike = [ConvSpec.Square(3, padding: 1), ConvSpec.Square(3, padding: 2, dilation: 2), ConvSpec.Masked(ConvMask.B, 3)];

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void TheTileThatTheClockPrefersIsLaunched([Values] Precision precision, [Values("forward", "input", "filter")] string pass)
    {
        string[] favourites = precision == Precision.Float32 ? ["TILE_M=128,TILE_N=64", "TILE_M=16,TILE_N=32", "TILE_K=256,TILE_M=128"] : [precision == Precision.Tf32x3 ? "TILE_K=32,TILE_M=128,TILE_N=128" : "TILE_K=16,TILE_M=128,TILE_N=128", "TILE_M=64,TILE_N=64"];
        double[] expected = Plain(pass, precision);
        foreach (string favourite in favourites)
        {
            var driver = Driver(kernel => kernel.Name.Contains(favourite, StringComparison.Ordinal) ? 1 : 2);
            using var device = new GpuDevice(driver) { Tuner = Tuner(favourite), Precision = precision };
            int live = driver.Live;
            DeviceArray.AssertSameBits(Run(device, pass, Convolution), expected, "measuring adds nothing, and any tile gives the same bits");
            Assert.That((driver.Live, device.Tuner!.Measured), Is.EqualTo((live, 1)));
            int timed = driver.Timed;
            driver.Launched.Clear();
            DeviceArray.AssertSameBits(Run(device, pass, Convolution), expected, "again");
            Assert.That(driver.Timed, Is.EqualTo(timed), "measured once");
            Assert.That(driver.Launched.First(), Does.Contain(favourite));
        }
    }

    [Test]
    public void AStoredChoiceIsTakenWithoutAMeasurement([Values("forward", "filter")] string pass)
    {
        for (int start = 0; start < 2; start++)
        {
            var driver = Driver(_ => 1);
            using var device = new GpuDevice(driver) { Tuner = Tuner("stored") };
            Run(device, pass, Convolution);
            Assert.That(device.Tuner!.Measured, Is.EqualTo(start == 0 ? 1 : 0));
        }
    }

    [Test]
    public void PlansWhoseImagesAreAlikeAreMeasuredApart()
    {
        using var device = new GpuDevice(Driver(_ => 1)) { Tuner = Tuner("alike") };
        for (int round = 0; round < 2; round++)
        {
            foreach (var spec in Alike) (Convolution with { Spec = spec }).Forward(device, DType.Float32);
        }

        Assert.That(device.Tuner!.Measured, Is.EqualTo(Alike.Length));
    }

    [Test]
    public void ACaptureTakesTheArithmeticAndTimesNothing()
    {
        var driver = Driver(_ => 1);
        using var device = new GpuDevice(driver) { Tuner = Tuner("capture") };
        using var scene = new Scene(device);
        device.BeginCapture();
        scene.Run();
        using var step = device.EndCapture();
        Assert.That(driver.Timed, Is.Zero);
    }

    /// <summary>The filter's gradient needs none: the chunks' sums are measured where they lie.</summary>
    [Test]
    public void WithoutScratchMemoryTheArithmeticChooses()
    {
        var driver = Driver(_ => 1);
        using var device = new GpuDevice(driver) { Tuner = Tuner("scratch") };
        using var scene = new Scene(device);
        driver.RefuseMemory = true;
        for (int i = 0; i < 2; i++) scene.Forward();
        Assert.That((driver.Timed, device.Tuner!.Measured), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Float64IsNotMeasured()
    {
        var driver = Driver(_ => 1);
        using var device = new GpuDevice(driver) { Tuner = Tuner("double") };
        Convolution.Forward(device, DType.Float64);
        Convolution.Weight(device, DType.Float64);
        Assert.That(driver.Timed, Is.Zero);
    }

    [Test]
    public void NamesTellTilesApart() => Assert.That(ConvGpu.Tiles(DType.Float32).Select(tile => tile.Name), Is.Unique);

    private static double[] Run(Device device, string pass, ConvGpuCase convolution) => pass switch
    {
        "forward" => convolution.Forward(device, DType.Float32),
        "input" => convolution.Backward(device, DType.Float32),
        _ => convolution.Weight(device, DType.Float32),
    };

    private static double[] Plain(string pass, Precision precision)
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        var device = TestDevices.Simt!;
        device.Precision = precision;
        double[] result = Run(device, pass, Convolution);
        device.Precision = Precision.Float32;
        return result;
    }

    private static TimingDriver Driver(Func<GpuKernel, float> milliseconds)
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        return new TimingDriver(SimtDriver.Open(), milliseconds);
    }

    private Autotune Tuner(string name) => new(new TuningStore("GPU", Path.Combine(_folder.Path, name.Replace(',', '-') + ".json")));

    /// <summary>A convolution and its filter's gradient whose memory is there before.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly GpuDevice _device;
        private readonly ConvProgram _program;
        private readonly DeviceArray _x, _filter, _y, _scratch;

        public Scene(GpuDevice device)
        {
            _device = device;
            var plan = ConvPlan.Create(ConvSpec.Square(1), new ConvImage(3, 3, 4), 8);
            _program = new ConvProgram(device, plan);
            _x = new DeviceArray(device, DType.Float32, new double[plan.Input.Count]);
            _filter = new DeviceArray(device, DType.Float32, new double[plan.FilterCount]);
            _y = new DeviceArray(device, DType.Float32, new double[plan.Output.Count]);
            _scratch = new DeviceArray(device, DType.Float32, (int)(ConvWeight.ScratchBytes(device, DType.Float32, _program, 1) / sizeof(float)));
        }

        public void Forward() => Conv.Run(_device, DType.Float32, _program, 1, _x, _filter, _y);

        public void Run()
        {
            Forward();
            ConvWeight.Run(_device, DType.Float32, _program, 1, _x, _y, _filter, _scratch);
        }

        public void Dispose()
        {
            foreach (IDisposable part in (IDisposable[])[_program, _x, _filter, _y, _scratch]) part.Dispose();
        }
    }
}

using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices.Gpu;
using GenEngine.Kernels.Devices.Gpu.Simt;
using GenEngine.Kernels.MatMul;
using GenEngine.Tests.Files;
using GenEngine.Tests.Kernels.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.MatMul;

/// <summary>Products on a device that measures: which tile is launched, and that nothing else changes.</summary>
public sealed class MatMulTuningTests
{
    private static readonly MatMulShape Shape = new(1, 64, 64, 32);

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void TheTileThatTheClockPrefersIsLaunched([Values] Precision precision)
    {
        foreach (string favourite in (string[])["TILE_M=128,TILE_N=128", "TILE_M=64,TILE_N=64"])
        {
            var driver = Driver(kernel => kernel.Name.Contains(favourite, StringComparison.Ordinal) ? 1 : 2);
            using var device = new GpuDevice(driver) { Tuner = Tuner(favourite), Precision = precision };
            var test = new MatMulCase<float>(MatMulOp.NN, Shape, bias: true, accumulate: true);
            float[] expected = Plain(test, precision);
            int live = driver.Live;
            Assert.That(test.Run(device), Is.EqualTo(expected), "measuring adds nothing to C, and any tile gives the same bits");
            Assert.That((driver.Live, device.Tuner!.Measured), Is.EqualTo((live, 1)));
            int timed = driver.Timed;
            Assert.That(test.Run(device), Is.EqualTo(expected));
            Assert.That(driver.Timed, Is.EqualTo(timed), "measured once");
            Assert.That(driver.LastLaunched, Does.Contain(favourite));
        }
    }

    [Test]
    public void ACaptureTakesWhatIsKnownOrTheArithmeticAndTimesNothing()
    {
        var driver = Driver(_ => 1);
        using var device = new GpuDevice(driver) { Tuner = Tuner("capture") };
        using var memory = device.Allocate(3 * 64 * 64 * 4, "operands");
        device.BeginCapture();
        GenEngine.Kernels.MatMul.MatMul.Run(
            device, DType.Float32, MatMulOp.NN, new(1, 64, 64, 64), memory.Range(0, 16384), memory.Range(16384, 16384), null, memory.Range(32768, 16384));
        using var step = device.EndCapture();
        Assert.That(driver.Timed, Is.Zero);
    }

    [Test]
    public void WithoutScratchMemoryTheArithmeticChooses()
    {
        var driver = Driver(_ => 1);
        using var device = new GpuDevice(driver) { Tuner = Tuner("scratch") };
        using var memory = device.Allocate(3 * 64 * 64 * 4, "operands");
        device.Upload<float>(new float[2 * 64 * 64], memory.Range(0, 32768));
        driver.RefuseMemory = true;
        for (int i = 0; i < 2; i++)
        {
            GenEngine.Kernels.MatMul.MatMul.Run(
                device, DType.Float32, MatMulOp.NN, new(1, 64, 64, 64), memory.Range(0, 16384), memory.Range(16384, 16384), null, memory.Range(32768, 16384));
        }

        Assert.That((driver.Timed, device.Tuner!.Measured), Is.EqualTo((0, 0)));
    }

    [Test]
    public void NamesTellTilesApart()
    {
        Assert.That(MmaTile.All.Select(tile => tile.Name), Is.Unique);
        Assert.That(SimtTile.Float.Select(tile => tile.Name), Is.Unique);
    }

    private static float[] Plain(MatMulCase<float> test, Precision precision)
    {
        var device = TestDevices.Simt!;
        device.Precision = precision;
        float[] result = test.Run(device);
        device.Precision = Precision.Float32;
        return result;
    }

    private static TimingDriver Driver(Func<GpuKernel, float> milliseconds)
    {
        if (TestDevices.SimtMissingReason is { } reason) Assert.Ignore(reason);
        return new TimingDriver(SimtDriver.Open(), milliseconds);
    }

    private Autotune Tuner(string name) => new(new TuningStore("GPU", Path.Combine(_folder.Path, name + ".json")));
}

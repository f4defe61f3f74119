using GenEngine.Bench.Shapes;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Bench;

/// <summary>The second-level cache of floors on paper, against what a pencil gives.</summary>
[Parallelizable]
public sealed class SecondCacheTests
{
    private const int Kilobyte = 1024;

    private CpuDevice _device = null!;
    private DeviceBuffer _buffer = null!;

    [SetUp]
    public void Allocate()
    {
        _device = new CpuDevice();
        _buffer = _device.Allocate(512 * Kilobyte, "pieces");
    }

    [TearDown]
    public void Release()
    {
        _buffer.Dispose();
        _device.Dispose();
    }

    [Test]
    public void WhatWasReadIsThereUntilAsMuchHasBeenReadSince()
    {
        var cache = new SecondCache(160 * Kilobyte);
        Assert.That(Touch(cache, AccessMode.Read, 0, 64), Is.EqualTo(64));
        Assert.That(Touch(cache, AccessMode.Read, 0, 64), Is.Zero);
        Assert.That(Touch(cache, AccessMode.Read, 64, 64), Is.EqualTo(64));
        Assert.That(Touch(cache, AccessMode.Read, 32, 64), Is.Zero, "of both");
        Assert.That(Touch(cache, AccessMode.Read, 128, 64), Is.EqualTo(64), "the first 32 have to go");
        Assert.That(Touch(cache, AccessMode.Read, 32, 64), Is.Zero);
        Assert.That(Touch(cache, AccessMode.Read, 0, 32), Is.EqualTo(32));
    }

    [Test]
    public void WhatIsReadInTurnAndDoesNotFitIsNeverThere()
    {
        var cache = new SecondCache(100 * Kilobyte);
        for (int turn = 0; turn < 3; turn++) Assert.That(Touch(cache, AccessMode.Read, 0, 256), Is.EqualTo(256));
    }

    [Test]
    public void WhatWasWrittenCostsMemoryWhenItGoesAndOnce()
    {
        var cache = new SecondCache(128 * Kilobyte);
        Assert.That(Touch(cache, AccessMode.Write, 0, 64), Is.Zero);
        Assert.That(Touch(cache, AccessMode.Read, 0, 64), Is.Zero, "it is read where it was written");
        Assert.That(Touch(cache, AccessMode.Update, 0, 64), Is.Zero);
        Assert.That(Touch(cache, AccessMode.Read, 64, 128), Is.EqualTo(128 + 64), "what was written goes to memory");
        Assert.That(Touch(cache, AccessMode.Read, 192, 128), Is.EqualTo(128), "what was only read goes nowhere");
        Assert.That(Touch(cache, AccessMode.Update, 0, 32), Is.EqualTo(32), "an update is read first");
    }

    [Test]
    public void OfARangeThatIsTouchedInPartThatPartComes()
    {
        var cache = new SecondCache(64 * Kilobyte);
        Assert.That(Touch(cache, AccessMode.Read, 0, 128, 0.25), Is.EqualTo(32));
        Assert.That(Touch(cache, AccessMode.Read, 0, 128, 0.25), Is.Zero);
    }

    private double Touch(SecondCache cache, AccessMode mode, int from, int length, double share = 1) =>
        cache.Touch(new Access(new BufferRange(_buffer, from * Kilobyte, length * Kilobyte), mode), share) / Kilobyte;
}

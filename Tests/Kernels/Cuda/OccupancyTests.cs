using GenEngine.Kernels.Devices.Gpu.Cuda;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Cuda;

/// <summary>Blocks a multiprocessor by arithmetic; the figures are those of CUDA's occupancy calculator.</summary>
[Parallelizable]
public sealed class OccupancyTests
{
    [TestCase(80, 256, 32, 0, 8, Description = "2048 threads")]
    [TestCase(80, 1024, 32, 0, 2)]
    [TestCase(80, 32, 16, 0, 32, Description = "block slots")]
    [TestCase(80, 256, 128, 0, 2, Description = "registers")]
    [TestCase(80, 256, 129, 0, 1)]
    [TestCase(80, 128, 168, 0, 3, Description = "registers in steps of 8 a thread")]
    [TestCase(80, 128, 255, 0, 2)]
    [TestCase(80, 256, 32, 48 * 1024, 3, Description = "shared memory, 1 KB of it the system's")]
    [TestCase(80, 256, 32, 163 * 1024, 1)]
    [TestCase(80, 256, 32, 164 * 1024, 0, Description = "does not fit")]
    [TestCase(86, 256, 32, 48 * 1024, 2)]
    [TestCase(86, 256, 32, 0, 6, Description = "1536 threads")]
    [TestCase(75, 256, 32, 0, 4)]
    [TestCase(75, 256, 32, 32 * 1024, 2, Description = "no reserve before sm_80")]
    [TestCase(90, 128, 100, 72 * 1024, 3)]
    [TestCase(90, 33, 32, 0, 32, Description = "a partial warp counts whole")]
    public void BlocksAMultiprocessor(int arch, int threads, int registers, int sharedBytes, int expected) =>
        Assert.That(Occupancy.Of(arch)!.BlocksOf(threads, registers, sharedBytes), Is.EqualTo(expected));

    [Test]
    public void AnUnknownArchitectureHasNoLimits() => Assert.That(Occupancy.Of(42), Is.Null);
}

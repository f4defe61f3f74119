using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Engine;

/// <summary>Tests that each have a CPU device of their own, which fills what a launch writes with NaN before, and a context on it.</summary>
/// <param name="seed">The context's.</param>
public abstract class OnCpu(ulong seed = 0)
{
    private protected CpuDevice _device = null!;
    private protected Context _context = null!;

    [SetUp]
    public void Open()
    {
        _device = new CpuDevice(new CpuOptions(Threads: 2)) { PoisonWrites = true };
        _context = new Context(_device, seed: seed);
    }

    [TearDown]
    public void Close()
    {
        _context.Dispose();
        _device.Dispose();
    }
}

using BenchmarkDotNet.Attributes;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Numerics;

namespace GenEngine.Bench.Micro;

/// <summary>A benchmark on the CPU device, at one thread and at one a core; GENENGINE_ISA chooses the instruction set.</summary>
public abstract class DeviceBenchmark : IDisposable
{
    private CpuDevice? _device;

    [ParamsSource(nameof(ThreadCounts))]
    public int Threads { get; set; } = 1;

    public static IEnumerable<int> ThreadCounts => new[] { 1, Environment.ProcessorCount }.Distinct();

    protected CpuDevice Device => _device ?? throw new InvalidOperationException("not set up");

    [GlobalSetup]
    public void SetUp()
    {
        _device = new CpuDevice(new CpuOptions(Threads));
        Prepare();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _device?.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract void Prepare();

    /// <summary>Device memory of floats in [-1, 1); freed with the device.</summary>
    protected BufferRange Uniform(long count, string name)
    {
        var values = new float[count];
        var random = new SplitMix64((ulong)count);
        for (int i = 0; i < values.Length; i++) values[i] = (float)((2 * random.NextDouble()) - 1);
        var range = Empty(count, name);
        Device.Upload<float>(values, range);
        return range;
    }

    protected BufferRange Empty(long count, string name) => Device.Allocate(count * sizeof(float), name).All;
}

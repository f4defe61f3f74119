using GenEngine.Kernels.Devices;

namespace GenEngine.Bench.Compare;

/// <summary>One named piece of this engine's work, with the arithmetic and the traffic that it cannot do without.</summary>
internal abstract class OwnJob : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];

    protected OwnJob(Device device) => Device = device;

    /// <summary>Floating-point operations of one run; a multiply-add counts twice.</summary>
    public abstract double Flops { get; }

    /// <summary>Bytes of one run that must come from or go to memory; 0 where caches hold all.</summary>
    public abstract double Bytes { get; }

    protected Device Device { get; }

    public abstract void Run();

    public virtual void Dispose()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
    }

    /// <summary>Floats uniform in [-1, 1), the same every time.</summary>
    protected BufferRange Uniform(long count, string name)
    {
        float[] values = Array.ConvertAll(RandomValues.Uniform(count, (ulong)(count + _buffers.Count)), value => (float)value);
        var range = Empty(count, name);
        Device.Upload<float>(values, range);
        return range;
    }

    protected BufferRange Zeros(long count, string name)
    {
        var range = Empty(count, name);
        Device.Upload<float>(new float[count], range);
        return range;
    }

    /// <summary>Uninitialised memory.</summary>
    protected BufferRange Empty(long count, string name)
    {
        var buffer = Device.Allocate(count * sizeof(float), name);
        _buffers.Add(buffer);
        return buffer.All;
    }
}

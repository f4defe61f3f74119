using GenEngine.Kernels;
using GenEngine.Kernels.Devices;

namespace GenEngine.Bench.Shapes;

/// <summary>One piece of work at a shape that the user names, on any device, with what it cannot do without.</summary>
internal abstract class ShapeJob(Device device, DType real) : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];

    /// <summary>Name and extents: gemm-128x784x400.</summary>
    public abstract string Name { get; }

    /// <summary>What is computed, for people.</summary>
    public abstract string Work { get; }

    /// <summary>Floating-point operations of one run; a multiply-add counts twice.</summary>
    public abstract double Flops { get; }

    /// <summary>Bytes of all operands, each once.</summary>
    public double Bytes { get; private set; }

    public Device Device { get; } = device;

    public DType Real { get; } = real;

    /// <summary>Runs that the device can be asked for at once; 1 where there is no such thing, and before it has run a few times.</summary>
    public virtual int Unrolled => 1;

    public abstract void Run();

    /// <summary><see cref="Unrolled"/> runs at once.</summary>
    public virtual void RunUnrolled() => Run();

    public virtual void Dispose()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
    }

    /// <summary>Values uniform in [-1, 1), the same every time.</summary>
    protected BufferRange Uniform(long count, string name)
    {
        double[] values = RandomValues.Uniform(count, (ulong)(count + _buffers.Count));
        var range = Empty(count, name);
        if (Real == DType.Float64) Device.Upload<double>(values, range);
        else Device.Upload<float>(Array.ConvertAll(values, value => (float)value), range);
        return range;
    }

    /// <summary>Uninitialised memory.</summary>
    protected BufferRange Empty(long count, string name)
    {
        Bytes += count * Real.Size();
        return Allocate(count * Real.Size(), name);
    }

    /// <summary>Room that a kernel asks for to rearrange its operands in, which are counted already; null where it asks for none.</summary>
    protected BufferRange? Scratch(long bytes) => bytes == 0 ? null : Allocate(bytes, "room for operands");

    private BufferRange Allocate(long bytes, string name)
    {
        var buffer = Device.Allocate(bytes, name);
        _buffers.Add(buffer);
        return buffer.All;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Devices.Gpu;

namespace GenEngine.Kernels.Recording;

/// <summary>
/// Writes a step's losses to the next row of a ring in device memory and counts the step, so that a captured step leaves a history
/// that the host reads every so often, without waiting in between.
/// </summary>
public static class RecordScalars
{
    /// <summary>Values in one row of the ring.</summary>
    public const int MaxValues = 8;

    /// <summary>ring[(counter mod capacity), 0 .. n-1] = values; counter += 1.</summary>
    /// <param name="device">Where everything lives.</param>
    /// <param name="dtype">Float32 or Float64: of the values and the ring.</param>
    /// <param name="values">One to eight ranges of one element.</param>
    /// <param name="ring">[capacity, 8].</param>
    /// <param name="counter">One unsigned 64-bit integer.</param>
    /// <param name="capacity">Rows of the ring.</param>
    /// <exception cref="EngineException">More than eight values, or a ring too small.</exception>
    public static void Run(Device device, DType dtype, ReadOnlySpan<BufferRange> values, BufferRange ring, BufferRange counter, int capacity)
    {
        if (values.Length is 0 or > MaxValues) throw new EngineException($"record: {values.Length} values; a row of the ring holds 1 to {MaxValues}.");
        if (ring.Bytes < (long)capacity * MaxValues * dtype.Size()) throw new EngineException($"record: {ring} is too small for {capacity} rows.");
        var args = new RecordArgs { Ring = ring.Address, Counter = counter.Address, Capacity = capacity, Count = values.Length };
        var accesses = new Access[values.Length + 2];
        for (int i = 0; i < values.Length; i++)
        {
            accesses[i] = Access.Read(values[i].Slice(0, dtype.Size()));
            args.Values[i] = values[i].Address;
        }

        accesses[^2] = Access.Update(ring);
        accesses[^1] = Access.Update(counter);
        if (device is GpuDevice gpu) RecordScalarsGpu.Launch(gpu, dtype, ref args, accesses);
        else RecordScalarsCpu.Launch((CpuDevice)device, dtype, ref args, accesses);
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct RecordArgs
{
    public RecordPointers Values;
    public ulong Ring;
    public ulong Counter;
    public int Capacity;
    public int Count;
}

[InlineArray(RecordScalars.MaxValues)]
internal struct RecordPointers
{
    private ulong _first;
}

using System.Runtime.InteropServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Recording;

namespace GenEngine;

/// <summary>Losses of the latest steps, kept on the device by the step itself and read by the host every so often.</summary>
public sealed class LossHistory : IDisposable
{
    /// <summary>Steps that can pass between two reads.</summary>
    public const int Capacity = 1024;

    private readonly Context _context;
    private readonly DeviceBuffer _ring;
    private readonly DeviceBuffer _counter;
    private readonly int _values;
    private ulong _read;

    public LossHistory(Context context, int values)
    {
        _context = context;
        _values = values;
        _ring = context.Allocate((long)Capacity * RecordScalars.MaxValues * context.Real.Size(), "loss ring");
        _counter = context.Allocate(sizeof(ulong), "loss counter");
        context.Device.Upload<ulong>([0UL], _counter.All);
        context.Device.Upload<byte>(new byte[_ring.Bytes], _ring.All);
    }

    /// <summary>Inside a step: notes its scalar losses.</summary>
    public void Record(IReadOnlyList<Tensor> losses)
    {
        if (losses.Count != _values) throw new EngineException($"The model gives {losses.Count} losses and names {_values}.");
        _context.Label("loss history");
        var ranges = new BufferRange[losses.Count];
        for (int i = 0; i < ranges.Length; i++) ranges[i] = losses[i].Range;
        RecordScalars.Run(_context.Device, _context.Real, ranges, _ring.All, _counter.All, Capacity);
    }

    /// <summary>Outside a step: the losses of the steps since the last read, oldest first; each [step, loss].</summary>
    /// <exception cref="EngineException">More steps passed than the ring holds.</exception>
    public double[][] Read()
    {
        Span<ulong> counter = stackalloc ulong[1];
        _context.Device.Download(_counter.All, counter);
        ulong fresh = counter[0] - _read;
        if (fresh > Capacity) throw new EngineException($"{fresh} steps passed since the losses were last read; the ring holds {Capacity}.");
        if (fresh == 0) return [];
        double[] ring = Download();
        var rows = new double[fresh][];
        for (ulong i = 0; i < fresh; i++)
        {
            int row = (int)((_read + i) % Capacity) * RecordScalars.MaxValues;
            rows[i] = ring[row..(row + _values)];
        }

        _read = counter[0];
        return rows;
    }

    public void Dispose()
    {
        _ring.Dispose();
        _counter.Dispose();
    }

    private double[] Download()
    {
        var bytes = new byte[_ring.Bytes];
        _context.Device.Download<byte>(_ring.All, bytes);
        return _context.Real == DType.Float64
            ? MemoryMarshal.Cast<byte, double>(bytes).ToArray()
            : Array.ConvertAll(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), value => (double)value);
    }
}

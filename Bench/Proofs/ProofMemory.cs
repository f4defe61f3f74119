using System.Runtime.CompilerServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Numerics;

namespace GenEngine.Bench.Proofs;

/// <summary>Device memory of one proof, freed with it.</summary>
internal sealed class ProofMemory(Device device) : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];

    /// <summary>A copy of these values.</summary>
    public BufferRange Of<T>(params T[] values) where T : unmanaged
    {
        var range = Room((long)values.Length * Unsafe.SizeOf<T>());
        device.Upload<T>(values, range);
        return range;
    }

    /// <summary>Numbers in [-1, 1), the same each time: float32 values of either type, integers of 0 to 255 cut to the type, bits of bytes and short floats.</summary>
    public BufferRange Drawn(DType dtype, int count, ulong seed = 1)
    {
        var random = new SplitMix64(seed);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = (float)((2 * random.NextDouble()) - 1);
        return dtype switch
        {
            DType.Float32 => Of(Array.ConvertAll(values, value => (float)value)),
            DType.Float64 => Of(values),
            _ => Of(Bytes(count * dtype.Size(), seed)),
        };
    }

    /// <summary>Bytes of all values, the same each time.</summary>
    public static byte[] Bytes(int count, ulong seed = 1)
    {
        var random = new SplitMix64(seed);
        var bytes = new byte[count];
        for (int i = 0; i < count; i++) bytes[i] = (byte)random.Next(256);
        return bytes;
    }

    /// <summary>Memory for so many elements, of zeros.</summary>
    public BufferRange Room(DType dtype, long count)
    {
        var range = Room(count * dtype.Size());
        device.Upload<byte>(new byte[range.Bytes], range);
        return range;
    }

    /// <summary>Every element of a range; short floats by their bits.</summary>
    public double[] Read(DType dtype, BufferRange range)
    {
        return dtype switch
        {
            DType.Float32 => As<float>(value => value),
            DType.Float64 => As<double>(value => value),
            DType.Int32 => As<int>(value => value),
            DType.Int64 => As<long>(value => value),
            DType.UInt8 => As<byte>(value => value),
            _ => As<ushort>(value => value),
        };

        double[] As<T>(Converter<T, double> number) where T : unmanaged
        {
            var values = new T[range.Bytes / Unsafe.SizeOf<T>()];
            device.Download<T>(range, values);
            return Array.ConvertAll(values, number);
        }
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
    }

    private BufferRange Room(long bytes)
    {
        _buffers.Add(device.Allocate(bytes, $"operand {_buffers.Count}"));
        return _buffers[^1].All;
    }
}

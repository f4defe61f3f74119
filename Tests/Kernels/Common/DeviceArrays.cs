using System.Numerics;
using System.Runtime.CompilerServices;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;

namespace GenEngine.Tests.Kernels.Common;

/// <summary>Arrays on a device for the length of a test.</summary>
internal sealed class DeviceArrays(Device device) : IDisposable
{
    private readonly List<DeviceBuffer> _buffers = [];

    /// <param name="shift">Elements by which the range misses the alignment of device memory.</param>
    public BufferRange Upload<T>(T[] values, int shift = 0) where T : unmanaged
    {
        var range = Empty<T>(values.Length, shift);
        device.Upload<T>(values, range);
        return range;
    }

    public BufferRange Empty<T>(long count, int shift = 0) where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        var buffer = device.Allocate(Math.Max(1, count + shift) * size, "test");
        _buffers.Add(buffer);
        return buffer.Range(shift * size, count * size);
    }

    public T[] Download<T>(BufferRange range) where T : unmanaged
    {
        var values = new T[range.Bytes / Unsafe.SizeOf<T>()];
        device.Download<T>(range, values);
        return values;
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers) buffer.Dispose();
    }

    /// <summary>Numbers in [from, to), the same for a seed, rounded to T.</summary>
    public static T[] Random<T>(int seed, long count, double from = -3, double to = 3) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var random = new Random(seed);
        var values = new T[count];
        for (long i = 0; i < count; i++) values[i] = T.CreateTruncating(from + (random.NextDouble() * (to - from)));
        return values;
    }
}

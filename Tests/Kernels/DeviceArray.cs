using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels;

/// <summary>A float, double or BF16 array on a device, seen as doubles: float to double keeps every value, so comparisons stay bitwise.</summary>
internal sealed class DeviceArray : IDisposable
{
    private readonly DeviceBuffer _buffer;
    private readonly DType _dtype;

    /// <param name="skip">Elements before the range, to shift it off its alignment.</param>
    public DeviceArray(Device device, DType dtype, int count, int skip = 0)
    {
        _dtype = dtype;
        Count = count;
        _buffer = device.Allocate((long)(count + skip) * dtype.Size(), "test");
        Range = _buffer.Range((long)skip * dtype.Size(), (long)count * dtype.Size());
    }

    public DeviceArray(Device device, DType dtype, double[] values, int skip = 0)
        : this(device, dtype, values.Length, skip) => Write(values);

    public int Count { get; }

    public BufferRange Range { get; }

    public static implicit operator BufferRange(DeviceArray array) => array.Range;

    /// <summary>Values rounded to the element type, as the device would hold them.</summary>
    public static double[] Round(DType dtype, IEnumerable<double> values) => [.. values.Select(v => dtype == DType.Float32 ? (float)v : v)];

    public void Write(double[] values)
    {
        if (_dtype == DType.BFloat16) _buffer.Device.Upload<byte>(System.Runtime.InteropServices.MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(values, value => BFloat16.Bits((float)value))), Range);
        else if (_dtype == DType.Float32) _buffer.Device.Upload<float>(Array.ConvertAll(values, v => (float)v), Range);
        else _buffer.Device.Upload<double>(values, Range);
    }

    public double[] Read()
    {
        if (_dtype == DType.Float32)
        {
            var singles = new float[Count];
            _buffer.Device.Download(Range, singles.AsSpan());
            return Array.ConvertAll(singles, v => (double)v);
        }

        if (_dtype == DType.BFloat16)
        {
            var bits = new ushort[Count];
            _buffer.Device.Download<byte>(Range, System.Runtime.InteropServices.MemoryMarshal.AsBytes(bits.AsSpan()));
            return Array.ConvertAll(bits, b => (double)BFloat16.Value(b));
        }

        var values = new double[Count];
        _buffer.Device.Download(Range, values.AsSpan());
        return values;
    }

    public void Dispose() => _buffer.Dispose();

    /// <summary>Machine epsilon: the gap above 1.</summary>
    public static double Epsilon(DType dtype) => dtype == DType.Float32 ? Math.ScaleB(1, -23) : Math.ScaleB(1, -52);

    /// <summary>The same bits, zeros' signs included; any NaN equals any other.</summary>
    public static void AssertSameBits(double[] actual, double[] expected, string what)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length), what);
        for (int i = 0; i < actual.Length; i++)
        {
            bool same = actual[i].Equals(expected[i]) && (double.IsNaN(actual[i]) || double.IsNegative(actual[i]) == double.IsNegative(expected[i]));
            if (!same) Assert.Fail($"{what}: element {i} is {actual[i]:R}, not {expected[i]:R}.");
        }
    }

    /// <summary>|actual - expected| &lt;= tolerance(i); NaN and infinity must be met exactly.</summary>
    public static void AssertNear(double[] actual, double[] expected, Func<int, double> tolerance, string what)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length), what);
        for (int i = 0; i < actual.Length; i++)
        {
            bool near = actual[i].Equals(expected[i]) || Math.Abs(actual[i] - expected[i]) <= tolerance(i);
            if (!near) Assert.Fail($"{what}: element {i} is {actual[i]:R}, not {expected[i]:R}; it may differ by {tolerance(i):G3}.");
        }
    }
}

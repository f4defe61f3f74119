using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Layout;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Layout;

/// <summary>Fill, copy, pad, transpose and one-hot against plain loops, for element types of every size.</summary>
[TestFixtureSource(typeof(LayoutDevices), nameof(LayoutDevices.Devices))]
[Parallelizable]
public class MoveTests(TestDevice which)
{
    private Device Target => which.Open();

    [TestCase(DType.Float32, 1.1)]
    [TestCase(DType.Float64, -1.1)]
    [TestCase(DType.Int32, -7)]
    [TestCase(DType.Int64, -(1L << 40))]
    [TestCase(DType.UInt8, 255)]
    [TestCase(DType.BFloat16, 1.00390625)]
    public void Fill_writes_the_value_and_nothing_else(DType dtype, double value)
    {
        byte[] one = dtype switch
        {
            DType.Float32 => BitConverter.GetBytes((float)value),
            DType.Float64 => BitConverter.GetBytes(value),
            DType.Int32 => BitConverter.GetBytes((int)value),
            DType.Int64 => BitConverter.GetBytes((long)value),
            DType.BFloat16 => [0x80, 0x3F], // 1 + 2^-8 lies between two bfloat16 and goes to the even one
            _ => [(byte)value],
        };
        foreach (int count in new[] { 1, 31, 1000, 200_001 })
        {
            int size = dtype.Size();
            using var y = Target.Put(new byte[(count + 2) * size]);
            Fill.Run(Target, dtype, y.Range(size, (count + 1) * size), count, value);
            byte[] got = y.Get<byte>();
            Assert.That(got[..size].Concat(got[^size..]), Is.All.Zero);
            for (int i = 1; i <= count; i++)
            {
                if (!got.AsSpan(i * size, size).SequenceEqual(one)) Assert.Fail($"element {i - 1} of {count}");
            }
        }
    }

    [Test]
    public void Fill_refuses_what_the_type_cannot_hold()
    {
        using var y = Target.Allocate(64, "y");
        Assert.That(() => Fill.Run(Target, DType.UInt8, y.All, 1, 256), Throws.InstanceOf<EngineException>());
        Assert.That(() => Fill.Run(Target, DType.Int32, y.All, 1, 0.5), Throws.InstanceOf<EngineException>());
        Assert.That(() => Fill.Run(Target, DType.Float32, y.All, 17, 0), Throws.InstanceOf<EngineException>());
    }

    [TestCase(1, 0, 0)]
    [TestCase(4096, 0, 0)]
    [TestCase(1000, 8, 16)]
    [TestCase(1000, 4, 8)]
    [TestCase(999, 1, 8)]
    [TestCase(200_002, 2, 0)]
    public void Copy_moves_bytes_at_any_alignment(int bytes, int from, int to)
    {
        byte[] values = Bytes(bytes + from);
        using var x = Target.Put(values);
        using var y = Target.Put(new byte[bytes + to + 1]);
        Copy.Run(Target, x.Range(from, bytes), y.Range(to, bytes));
        Assert.That(y.Get<byte>(), Is.EqualTo((byte[])[.. new byte[to], .. values[from..], 0]));
        Assert.That(() => Copy.Run(Target, x.Range(0, 1), y.Range(0, 0)), Throws.InstanceOf<EngineException>());
    }

    [TestCase(DType.UInt8)]
    [TestCase(DType.BFloat16)]
    [TestCase(DType.Int32)]
    [TestCase(DType.Float64)]
    public void Pad_and_crop(DType dtype)
    {
        int size = dtype.Size();
        byte[] nine = dtype switch { DType.Float64 => BitConverter.GetBytes(9.0), DType.Int32 => [9, 0, 0, 0], DType.BFloat16 => [0x10, 0x41], _ => [9] };
        foreach (var (n, h, w, c, top, bottom, left, right) in new[]
                 {
                     (2, 3, 4, 5, 1, 2, 3, 0), (1, 1, 1, 1, 0, 0, 0, 0), (3, 7, 9, 1, 0, 1, 0, 4), (1, 64, 70, 16, 2, 2, 2, 2),
                 })
        {
            int outHeight = top + h + bottom, outWidth = left + w + right;
            byte[] x = Bytes(n * h * w * c * size), expected = new byte[n * outHeight * outWidth * c * size];
            for (int i = 0; i < expected.Length; i += size) nine.CopyTo(expected, i);
            for (int b = 0; b < n; b++)
            {
                for (int row = 0; row < h; row++)
                    Array.Copy(x, ((b * h) + row) * w * c * size, expected, ((((b * outHeight) + top + row) * outWidth) + left) * c * size, w * c * size);
            }

            using var from = Target.Put(x);
            using var to = Target.Allocate(expected.Length, "padded");
            using var back = Target.Allocate(x.Length, "cropped");
            Pad.Run(Target, dtype, from.All, to.All, n, h, w, c, top, bottom, left, right, 9);
            Assert.That(to.Get<byte>().AsSpan().SequenceEqual(expected), "padded");
            Pad.Backward(Target, dtype, to.All, back.All, n, h, w, c, top, bottom, left, right);
            Assert.That(back.Get<byte>().AsSpan().SequenceEqual(x), "cropped");
        }
    }

    [TestCase(1, 1, 1)]
    [TestCase(2, 3, 5)]
    [TestCase(3, 33, 31)]
    [TestCase(1, 64, 100)]
    [TestCase(5, 1, 70)]
    [TestCase(1, 515, 130)]
    public void Transpose_swaps_rows_and_columns(int batch, int rows, int columns)
    {
        int count = batch * rows * columns;
        Check(DType.Float32, [.. Enumerable.Range(0, count).Select(i => (float)i)]);
        Check(DType.Float64, [.. Enumerable.Range(0, count).Select(i => (double)i)]);
        Check(DType.UInt8, Bytes(count));

        void Check<T>(DType dtype, T[] x) where T : unmanaged
        {
            using var from = Target.Put(x);
            using var to = Target.Allocate(from.Bytes, "y");
            Transpose.Run(Target, dtype, from.All, to.All, batch, rows, columns);
            var expected = new T[x.Length];
            for (int i = 0; i < x.Length; i++)
            {
                int b = i / (rows * columns), r = i / columns % rows, c = i % columns;
                expected[(((b * columns) + c) * rows) + r] = x[i];
            }

            Assert.That(to.Get<T>(), Is.EqualTo(expected));
        }
    }

    [Test]
    public void One_hot_of_labels_inside_and_outside()
    {
        int[] labels = [3, 0, -1, 9, 10, int.MaxValue, int.MinValue, 4];
        using var from = Target.Put(labels);
        using var floats = Target.Allocate(labels.Length * 10 * 4, "floats");
        using var bytes = Target.Allocate(labels.Length * 10, "bytes");
        OneHot.Run(Target, DType.Float32, from.All, floats.All, labels.Length, 10);
        OneHot.Run(Target, DType.UInt8, from.All, bytes.All, labels.Length, 10);
        Assert.That(floats.Get<float>(), Is.EqualTo(labels.SelectMany(label => Enumerable.Range(0, 10).Select(c => c == label ? 1f : 0f))));
        Assert.That(bytes.Get<byte>(), Is.EqualTo(labels.SelectMany(label => Enumerable.Range(0, 10).Select(c => c == label ? (byte)1 : (byte)0))));
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}

using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Elementwise;
using GenEngine.Tests.Kernels.Common;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Elementwise;

/// <summary>Binary, Accumulate and MultiplyAdd are one rounding an element: they equal plain C# exactly, on every device.</summary>
[TestFixture]
[Parallelizable]
internal sealed class BinaryTests
{
    public static IEnumerable<TestDevice> Devices =>
        TestDevices.All.Append(new TestDevice("simt-checked", () => TestDevices.SimtChecked, () => TestDevices.SimtMissingReason));

    [Test]
    public void Float([ValueSource(nameof(Devices))] TestDevice which, [Values] Broadcast broadcast) => AllShapes<float>(which.Open(), broadcast);

    [Test]
    public void Double([ValueSource(nameof(Devices))] TestDevice which, [Values] Broadcast broadcast) => AllShapes<double>(which.Open(), broadcast);

    [Test]
    public void AnyShape([ValueSource(nameof(Devices))] TestDevice which)
    {
        var device = which.Open();
        var shapes = from rows in Gen.Choose(1, 40)
                     from columns in Gen.Choose(1, 700)
                     from shift in Gen.Choose(0, 4)
                     from op in Gen.Elements(Enum.GetValues<BinaryOp>())
                     from broadcast in Gen.Elements(Enum.GetValues<Broadcast>())
                     select (rows, columns, shift, op, broadcast);
        Prop.ForAll(shapes.ToArbitrary(), shape => Check<float>(device, shape.op, shape.broadcast, shape.rows, shape.columns, shape.shift))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(device is CpuDevice ? 200 : 40).WithQuietOnSuccess(true));
    }

    [Test]
    public void BitsDependNeitherOnThreadsNorOnTheInstructionSet([Values] Broadcast broadcast)
    {
        foreach (var isa in Enum.GetValues<CpuIsa>().Where(isa => isa.IsSupported()))
        {
            foreach (int threads in new[] { 1, 2, 5 })
            {
                Check<float>(TestDevices.Cpu(isa, threads), BinaryOp.Div, broadcast, 3001, 67, 0);
                Check<float>(TestDevices.Cpu(isa, threads), BinaryOp.Sub, broadcast, 3, 100_003, 0);
            }
        }
    }

    [TestCaseSource(nameof(Devices))]
    public void AccumulateAndMultiplyAdd(TestDevice which)
    {
        var device = which.Open();
        foreach (int n in new[] { 1, 3, 4, 15, 64, 67, 1001 })
        {
            using var arrays = new DeviceArrays(device);
            float[] a = DeviceArrays.Random<float>(n, n), b = DeviceArrays.Random<float>(n + 1, n), c = DeviceArrays.Random<float>(n + 2, n);
            BufferRange da = arrays.Upload(a), db = arrays.Upload(b), dc = arrays.Upload(c), y = arrays.Empty<float>(n);
            float[] fused = [.. Enumerable.Range(0, n).Select(i => MathF.FusedMultiplyAdd(a[i], b[i], c[i]))];
            MultiplyAdd.Run(device, DType.Float32, da, db, dc, y, n);
            Assert.That(arrays.Download<float>(y), Is.EqualTo(fused));
            MultiplyAdd.Run(device, DType.Float32, da, db, dc, dc, n);
            Assert.That(arrays.Download<float>(dc), Is.EqualTo(fused), "in place");
            Accumulate.Run(device, DType.Float32, da, db, n);
            Assert.That(arrays.Download<float>(db), Is.EqualTo(a.Zip(b, (u, v) => u + v)));
            Binary.Run(device, DType.Float32, BinaryOp.Mul, da, da, y, 1, n, Broadcast.None);
            Assert.That(arrays.Download<float>(y), Is.EqualTo(a.Select(v => v * v)), "one array twice");
            Binary.Run(device, DType.Float32, BinaryOp.Mul, da, da, da, 1, n, Broadcast.None);
            Assert.That(arrays.Download<float>(da), Is.EqualTo(a.Select(v => v * v)), "one array twice and in place");
        }
    }

    private static void AllShapes<T>(Device device, Broadcast broadcast) where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool cpu = device is CpuDevice;
        foreach (var op in Enum.GetValues<BinaryOp>())
        {
            for (int n = 1; n <= 67; n += cpu ? 1 : 11) Check<T>(device, op, broadcast, 1, n, 0);
            foreach (var (rows, columns) in new[] { (7, 1), (5, 3), (9, 16), (4, 64), (3, 255), (3, 256), (2, 1000), (67, 10) })
                Check<T>(device, op, broadcast, rows, columns, 0);
        }
    }

    private static void Check<T>(Device device, BinaryOp op, Broadcast broadcast, int rows, int columns, int shift)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var arrays = new DeviceArrays(device);
        int n = rows * columns, others = broadcast switch { Broadcast.None => n, Broadcast.Channel => columns, Broadcast.Row => rows, _ => 1 };
        T[] a = DeviceArrays.Random<T>(n, n), b = DeviceArrays.Random<T>(n + 1, others, 0.5, 4), expected = new T[n];
        for (int i = 0; i < n; i++)
        {
            T other = b[broadcast switch { Broadcast.None => i, Broadcast.Channel => i % columns, Broadcast.Row => i / columns, _ => 0 }];
            expected[i] = op switch { BinaryOp.Add => a[i] + other, BinaryOp.Sub => a[i] - other, BinaryOp.Mul => a[i] * other, _ => a[i] / other };
        }

        BufferRange da = arrays.Upload(a, shift), db = arrays.Upload(b), y = arrays.Empty<T>(n, shift);
        Binary.Run(device, DTypes.Of<T>(), op, da, db, y, rows, columns, broadcast);
        AssertEqual(arrays.Download<T>(y), "");
        Binary.Run(device, DTypes.Of<T>(), op, da, db, da, rows, columns, broadcast);
        AssertEqual(arrays.Download<T>(da), " in place");

        void AssertEqual(T[] actual, string how)
        {
            if (!actual.AsSpan().SequenceEqual(expected)) Assert.Fail($"{op} {broadcast} of {rows} x {columns}, shifted by {shift}{how}");
        }
    }
}

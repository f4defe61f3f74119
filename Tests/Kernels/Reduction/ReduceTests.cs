using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Reduction;
using GenEngine.Tests.Kernels.Common;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Reduction;

[TestFixture]
[Parallelizable]
internal sealed class ReduceTests
{
    private static readonly (int Rows, int Columns)[] Shapes =
    [
        (1, 1), (1, 31), (1, 32), (1, 33), (7, 10), (64, 1), (65, 1), (64, 33), (65, 33), (129, 4), (130, 65), (200, 100), (700, 3), (3, 1365), (3, 1366), (5, 2000), (70, 257),
    ];

    public static IEnumerable<TestDevice> Devices =>
        TestDevices.All.Append(new TestDevice("simt-checked", () => TestDevices.SimtChecked, () => TestDevices.SimtMissingReason));

    [Test]
    public void FloatSums([ValueSource(nameof(Devices))] TestDevice which, [Values] ReduceAxis axis) => Sums<float>(which.Open(), axis);

    [Test]
    public void DoubleSums([ValueSource(nameof(Devices))] TestDevice which, [Values] ReduceAxis axis) => Sums<double>(which.Open(), axis);

    [Test]
    public void FloatMaxima([ValueSource(nameof(Devices))] TestDevice which, [Values] ReduceAxis axis) => Maxima<float>(which.Open(), axis);

    [Test]
    public void DoubleMaxima([ValueSource(nameof(Devices))] TestDevice which, [Values] ReduceAxis axis) => Maxima<double>(which.Open(), axis);

    [Test]
    public void AnyShape([ValueSource(nameof(Devices))] TestDevice which)
    {
        var device = which.Open();
        var shapes = from rows in Gen.Choose(1, 300)
                     from columns in Gen.Choose(1, 90)
                     from axis in Gen.Elements(Enum.GetValues<ReduceAxis>())
                     select (rows, columns, axis);
        Prop.ForAll(shapes.ToArbitrary(), shape =>
        {
            CheckSum<float>(device, shape.axis, shape.rows, shape.columns);
            CheckMaximum<float>(device, shape.axis, shape.rows, shape.columns);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(device is CpuDevice ? 150 : 20).WithQuietOnSuccess(true));
    }

    [Test]
    public void RowsFromValidRowsOnAreAsIfAbsent([ValueSource(nameof(Devices))] TestDevice which, [Values(ReduceAxis.Rows, ReduceAxis.All)] ReduceAxis axis)
    {
        var device = which.Open();
        foreach (var (rows, columns) in new[] { (5, 3), (64, 40), (200, 37) })
        {
            foreach (int valid in new[] { 1, rows / 2, rows - 1, rows, rows + 5 })
            {
                float[] x = DeviceArrays.Random<float>(rows, rows * columns), kept = x[..(Math.Min(valid, rows) * columns)];
                Array.Fill(x, float.NaN, kept.Length, x.Length - kept.Length);
                foreach (var op in new[] { ReduceOp.Sum, ReduceOp.Mean })
                {
                    float[] expected = Run(device, op, axis, kept, kept.Length / columns, columns, null).Values;
                    Assert.That(Run(device, op, axis, x, rows, columns, null, validRows: valid).Values, Is.EqualTo(expected), $"{op}, {valid} of {rows} x {columns}");
                }
            }
        }
    }

    [Test]
    public void BitsDependNeitherOnThreadsNorOnTheInstructionSet([Values] ReduceAxis axis)
    {
        foreach (var isa in Enum.GetValues<CpuIsa>().Where(isa => isa.IsSupported()))
        {
            foreach (int threads in new[] { 1, 2, 5 })
            {
                CheckSum<float>(TestDevices.Cpu(isa, threads), axis, 1201, 301);
                CheckMaximum<float>(TestDevices.Cpu(isa, threads), axis, 1201, 301);
            }
        }
    }

    [Test]
    public void MoreThanOneRowOfPartialSums()
    {
        var device = TestDevices.Cpu(CpuIsas.Best, 2);
        CheckSum<float>(device, ReduceAxis.All, 4099, 4099);
    }

    [Test]
    public void MaximumOfSpecials([ValueSource(nameof(Devices))] TestDevice which, [Values] ReduceAxis axis)
    {
        var device = which.Open();
        (float[] Values, int Rows, int Columns)[] cases =
        [
            ([float.NaN, 1, float.NaN, 7, 3, 7], 1, 6),
            ([float.NaN, float.NaN, float.NaN], 3, 1),
            ([float.NaN, float.NegativeInfinity], 2, 1),
            ([-1, 0f, -0f, -2], 4, 1),
            ([-1, -0f, 0f, -2], 1, 4),
            ([.. Enumerable.Repeat(5f, 200)], 100, 2),
        ];
        foreach (var (x, rows, columns) in cases) CheckMaximum(device, axis, x, rows, columns);
    }

    [TestCaseSource(nameof(Devices))]
    public void WhatCannotRunIsRefused(TestDevice which)
    {
        var device = which.Open();
        using var arrays = new DeviceArrays(device);
        BufferRange x = arrays.Empty<float>(200), y = arrays.Empty<float>(1), n = arrays.Upload(new[] { 1 });
        Assert.Multiple(() =>
        {
            Assert.Throws<EngineException>(() => Reduce.Run(device, DType.Float32, ReduceOp.Sum, ReduceAxis.All, x, y, null, 100, 100));
            Assert.Throws<EngineException>(() => Reduce.Run(device, DType.Float32, ReduceOp.Sum, ReduceAxis.Rows, x, y, null, 200, 1));
            Assert.Throws<EngineException>(() => Reduce.Run(device, DType.Float32, ReduceOp.Sum, ReduceAxis.All, x, y, null, 1, 200, argmax: n));
            Assert.Throws<EngineException>(() => Reduce.Run(device, DType.Float32, ReduceOp.Max, ReduceAxis.All, x, y, null, 1, 200, validRows: n));
            Assert.Throws<EngineException>(() => Reduce.Run(device, DType.Float32, ReduceOp.Sum, ReduceAxis.Columns, x, y, null, 1, 200, validRows: n));
            Assert.Throws<EngineException>(() => Reduce.Run(device, DType.Int32, ReduceOp.Sum, ReduceAxis.All, x, y, null, 1, 200));
            Assert.Throws<EngineException>(() => Reduce.Backward(device, DType.Float32, ReduceOp.Max, ReduceAxis.All, y, null, x, 1, 200));
        });
    }

    private static void Sums<T>(Device device, ReduceAxis axis) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (var (rows, columns) in Shapes) CheckSum<T>(device, axis, rows, columns);
        if (device is not CpuDevice) return;
        for (int n = 1; n <= 67; n++)
        {
            CheckSum<T>(device, axis, 3, n);
            CheckSum<T>(device, axis, n, 3);
        }
    }

    private static void Maxima<T>(Device device, ReduceAxis axis) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (var (rows, columns) in Shapes) CheckMaximum<T>(device, axis, rows, columns);
    }

    private static void CheckSum<T>(Device device, ReduceAxis axis, int rows, int columns) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string what = $"{axis} of {rows} x {columns}";
        T[] x = DeviceArrays.Random<T>(rows + columns, (long)rows * columns), sums = axis switch
        {
            ReduceAxis.Rows => SummationLaw.Columns<T>(x, columns),
            ReduceAxis.Columns => [.. Enumerable.Range(0, rows).Select(r => SummationLaw.Row<T>(x.AsSpan(r * columns, columns)))],
            _ => [SummationLaw.All<T>(x)],
        };
        T n = T.CreateTruncating(x.Length / sums.Length);
        T[] means = [.. sums.Select(sum => sum / n)], old = DeviceArrays.Random<T>(7, sums.Length), dy = DeviceArrays.Random<T>(8, sums.Length);
        AssertBits(Run(device, ReduceOp.Sum, axis, x, rows, columns, null).Values, sums, $"sum over {what}");
        AssertBits(Run(device, ReduceOp.Mean, axis, x, rows, columns, null).Values, means, $"mean over {what}");
        AssertBits(Run(device, ReduceOp.Sum, axis, x, rows, columns, old).Values, [.. old.Zip(sums, (a, b) => a + b)], $"accumulated sum over {what}");

        for (int result = 0; result < sums.Length; result++)
        {
            double exact = 0, magnitude = 0;
            for (int i = 0; i < x.Length; i++)
            {
                if (Place(axis, i, columns).Result != result) continue;
                exact += double.CreateTruncating(x[i]);
                magnitude += Math.Abs(double.CreateTruncating(x[i]));
            }

            // a chain of k additions errs by at most k u times the sum of magnitudes; no chain of the law is longer than this
            double bound = (200 + (rows / 64.0) + (columns / 32.0)) * magnitude * Math.ScaleB(1, typeof(T) == typeof(float) ? -24 : -50);
            if (Math.Abs(double.CreateTruncating(sums[result]) - exact) > bound) Assert.Fail($"sum over {what}: {sums[result]:R}, not {exact:R}");
            if (sums.Length > 300 || x.Length > 100_000) break; // the bits are checked all the same
        }

        if (x.Length > 1_000_000) return;
        CheckBackward(device, ReduceOp.Sum, axis, rows, columns, dy, null, i => dy[Place(axis, i, columns).Result]);
        CheckBackward(device, ReduceOp.Mean, axis, rows, columns, dy, null, i => dy[Place(axis, i, columns).Result] / n);
    }

    private static void CheckMaximum<T>(Device device, ReduceAxis axis, int rows, int columns) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] x = DeviceArrays.Random<T>(rows + columns, rows * columns);
        for (int i = 0; i < x.Length; i += 3) x[i] = T.Round(x[i]); // ties
        CheckMaximum(device, axis, x, rows, columns);
    }

    private static void CheckMaximum<T>(Device device, ReduceAxis axis, T[] x, int rows, int columns) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string what = $"maximum over {axis} of {rows} x {columns}";
        int results = axis switch { ReduceAxis.Rows => columns, ReduceAxis.Columns => rows, _ => 1 };
        var maxima = new T[results];
        var places = new int[results];
        Array.Fill(maxima, T.NegativeInfinity);
        Array.Fill(places, -1);
        for (int i = 0; i < x.Length; i++)
        {
            var (result, place) = Place(axis, i, columns);
            if (x[i] > maxima[result] || (x[i] == maxima[result] && places[result] < 0)) (maxima[result], places[result]) = (x[i], place);
        }

        for (int result = 0; result < results; result++) places[result] = Math.Max(0, places[result]);
        var (values, indices) = Run(device, ReduceOp.Max, axis, x, rows, columns, null, argmax: true);
        Assert.That(values, Is.EqualTo(maxima), what);
        Assert.That(indices, Is.EqualTo(places), what);
        AssertBits(Run(device, ReduceOp.Max, axis, x, rows, columns, null).Values, values, $"{what}, with and without argmax");
        AssertBits(Run(TestDevices.Cpu(CpuIsa.Portable, 1), ReduceOp.Max, axis, x, rows, columns, null).Values, values, $"{what}, as on the portable CPU");
        T[] dy = DeviceArrays.Random<T>(9, results);
        CheckBackward(device, ReduceOp.Max, axis, rows, columns, dy, indices, i =>
        {
            var (result, place) = Place(axis, i, columns);
            return indices[result] == place ? dy[result] : T.Zero;
        });
    }

    private static void CheckBackward<T>(Device device, ReduceOp op, ReduceAxis axis, int rows, int columns, T[] dy, int[]? indices, Func<int, T> gradient)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var arrays = new DeviceArrays(device);
        T[] old = DeviceArrays.Random<T>(10, rows * columns), expected = new T[rows * columns];
        for (int i = 0; i < expected.Length; i++) expected[i] = gradient(i);
        BufferRange up = arrays.Upload(dy), dx = arrays.Empty<T>(expected.Length);
        BufferRange? argmax = indices is null ? null : arrays.Upload(indices);
        Reduce.Backward(device, DTypes.Of<T>(), op, axis, up, argmax, dx, rows, columns);
        AssertBits(arrays.Download<T>(dx), expected, $"{op} over {axis} backward of {rows} x {columns}");
        device.Upload<T>(old, dx);
        Reduce.Backward(device, DTypes.Of<T>(), op, axis, up, argmax, dx, rows, columns, accumulate: true);
        AssertBits(arrays.Download<T>(dx), [.. old.Zip(expected, (a, b) => a + b)], $"{op} over {axis} accumulating backward of {rows} x {columns}");
    }

    /// <summary>Which result element i goes into, and its index there.</summary>
    private static (int Result, int Index) Place(ReduceAxis axis, int i, int columns) => axis switch
    {
        ReduceAxis.Rows => (i % columns, i / columns),
        ReduceAxis.Columns => (i / columns, i % columns),
        _ => (0, i),
    };

    private static (T[] Values, int[] Indices) Run<T>(
        Device device, ReduceOp op, ReduceAxis axis, T[] x, int rows, int columns, T[]? old, bool argmax = false, int? validRows = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var arrays = new DeviceArrays(device);
        int results = axis switch { ReduceAxis.Rows => columns, ReduceAxis.Columns => rows, _ => 1 };
        long bytes = Reduce.WorkspaceBytes(DTypes.Of<T>(), axis, rows, columns);
        BufferRange source = arrays.Upload(x), target = old is null ? arrays.Empty<T>(results) : arrays.Upload(old), places = arrays.Empty<int>(results);
        BufferRange? workspace = bytes == 0 ? null : arrays.Empty<byte>(bytes);
        BufferRange? valid = validRows is { } count ? arrays.Upload(new[] { count }) : null;
        Reduce.Run(device, DTypes.Of<T>(), op, axis, source, target, workspace, rows, columns, argmax ? places : null, old is not null, valid);
        return (arrays.Download<T>(target), argmax ? arrays.Download<int>(places) : []);
    }

    private static void AssertBits<T>(T[] actual, T[] expected, string what) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (!VecMathTests.SameBits(actual[i], expected[i])) Assert.Fail($"{what}: element {i} is {actual[i]:R}, not {expected[i]:R}");
        }
    }
}

using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Gate;
using NUnit.Framework;
using GateKernel = GenEngine.Kernels.Gate.Gate;

namespace GenEngine.Tests.Kernels.Gate;

/// <summary>Gates: accuracy over the whole domain, the same bits everywhere and in both layouts, and which gradients are written.</summary>
[Parallelizable]
public sealed class GateTests
{
    private static readonly double[] s_special =
        [0, -0.0, 1e-30, -1e-30, 1e-4, -1e-4, 0.5, -0.5, 1, -1, 4, -4, 9, -9, 20, -20, 60, -60, 88, -88, 100, -100, 800, -800, double.PositiveInfinity, double.NegativeInfinity];

    [Test]
    public void Values_and_gradients_are_accurate_in_the_tails_too([EachDevice] TestDevice which, [EachReal] DType dtype, [Values] GateKind kind)
    {
        var device = which.Open();
        var pairs = s_special.Where(double.IsFinite).SelectMany(a => s_special.Where(double.IsFinite).Select(b => (A: Arithmetic.Round(dtype, a), B: Arithmetic.Round(dtype, b)))).ToArray();
        double[] a = [.. pairs.Select(pair => pair.A)], b = [.. pairs.Select(pair => pair.B)], dy = [.. pairs.Select((_, i) => i % 2 == 0 ? 1.0 : -2.0)];
        var (y, da, db) = Run(device, dtype, kind, a, b, dy);
        double eps = DeviceArray.Epsilon(dtype), tiny = dtype == DType.Float32 ? 1e-36 : 1e-300;
        double F(double x) => kind == GateKind.Tanh ? Math.Tanh(x) : x;
        double Slope(double x) => kind == GateKind.Tanh ? 4 * Math.Exp(-2 * Math.Abs(x)) / Math.Pow(1 + Math.Exp(-2 * Math.Abs(x)), 2) : 1;
        double S(double x) => x > 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));
        double[] expected = [.. pairs.Select(p => F(p.A) * S(p.B))];
        double[] expectedA = [.. pairs.Select((p, i) => dy[i] * S(p.B) * Slope(p.A))], expectedB = [.. pairs.Select((p, i) => dy[i] * F(p.A) * S(p.B) * S(-p.B))];

        // tanh is 1 from 16 (32) on, and its slope is not followed further
        double floor = kind == GateKind.Tanh ? (dtype == DType.Float32 ? 1e-12 : 1e-26) : 0;
        DeviceArray.AssertNear(y, expected, i => (5 * eps * Math.Abs(expected[i])) + tiny, "y");
        DeviceArray.AssertNear(da, expectedA, i => (8 * eps * Math.Abs(expectedA[i])) + floor + tiny, "da");
        DeviceArray.AssertNear(db, expectedB, i => (8 * eps * Math.Abs(expectedB[i])) + tiny, "db");
    }

    [Test]
    public void Special_values_give_the_same_bits_everywhere([EachDevice] TestDevice which, [EachReal] DType dtype, [Values] GateKind kind)
    {
        double[] all = [.. s_special, double.NaN];
        var pairs = all.SelectMany(a => all.Select(b => (A: Arithmetic.Round(dtype, a), B: Arithmetic.Round(dtype, b)))).ToArray();
        double[] a = [.. pairs.Select(pair => pair.A)], b = [.. pairs.Select(pair => pair.B)], dy = [.. pairs.Select(_ => 1.5)];
        var (y, da, db) = Run(which.Open(), dtype, kind, a, b, dy);
        var portable = Run(TestDevices.Cpu(CpuIsa.Portable, 1), dtype, kind, a, b, dy);
        DeviceArray.AssertSameBits(y, portable.Y, "y");
        DeviceArray.AssertSameBits(da, portable.DA, "da");
        DeviceArray.AssertSameBits(db, portable.DB, "db");
        for (int i = 0; i < y.Length; i++)
        {
            if (double.IsNaN(a[i]) || double.IsNaN(b[i])) Assert.That(y[i], Is.NaN, $"{a[i]}, {b[i]}");
        }
    }

    [Test]
    public void Halves_of_one_tensor_give_the_bits_of_two([EachDevice] TestDevice which, [EachReal] DType dtype, [Values] bool conditional, [Values] bool accumulate)
    {
        var device = which.Open();
        foreach (var (images, positions, columns) in ((int, int, int)[])[(1, 1, 1), (2, 3, 5), (3, 4, 16), (1, 70, 65), (2, 9, 64)])
        {
            int rows = images * positions, count = rows * columns;
            double[] x = Arithmetic.Draw(dtype, 2 * count, 1), c = Arithmetic.Draw(dtype, 2 * images * columns, 2), dy = Arithmetic.Draw(dtype, count, 3), before = Arithmetic.Draw(dtype, 2 * count, 4);
            double[] Half(double[] from, int half) => [.. Enumerable.Range(0, count).Select(i => from[Place(i, half)])];
            int Place(int i, int half) => (i / columns * 2 * columns) + (half * columns) + (i % columns);
            double[] moved = [.. x.Select((value, i) => conditional ? Arithmetic.Add(dtype, value, c[(i / (positions * 2 * columns) * 2 * columns) + (i % (2 * columns))]) : value)];
            var expected = Run(device, dtype, GateKind.Tanh, Half(moved, 0), Half(moved, 1), dy);

            using var xs = new DeviceArray(device, dtype, x);
            using var cs = new DeviceArray(device, dtype, c);
            using var dys = new DeviceArray(device, dtype, dy);
            using var ys = new DeviceArray(device, dtype, count);
            using var dxs = new DeviceArray(device, dtype, before);
            BufferRange? condition = conditional ? cs.Range : null;
            GateKernel.Forward(device, dtype, GateKind.Tanh, xs, condition, ys, images, positions, columns);
            GateKernel.Backward(device, dtype, GateKind.Tanh, xs, condition, dys, dxs, images, positions, columns, accumulate);
            string shape = $"{images}x{positions}x{columns}";
            DeviceArray.AssertSameBits(ys.Read(), expected.Y, $"y of {shape}");
            double[] dx = dxs.Read();
            DeviceArray.AssertSameBits(Half(dx, 0), Arithmetic.Onto(dtype, Half(before, 0), expected.DA, accumulate), $"da of {shape}");
            DeviceArray.AssertSameBits(Half(dx, 1), Arithmetic.Onto(dtype, Half(before, 1), expected.DB, accumulate), $"db of {shape}");
        }
    }

    [Test]
    public void Each_gradient_is_written_or_added_or_left_alone([EachDevice] TestDevice which, [Values(3, 64, 67)] int count)
    {
        var device = which.Open();
        const DType Type = DType.Float32;
        double[] a = Arithmetic.Draw(Type, count, 1), b = Arithmetic.Draw(Type, count, 2), dy = Arithmetic.Draw(Type, count, 3), before = Arithmetic.Draw(Type, count, 4);
        var (_, da, db) = Run(device, Type, GateKind.Linear, a, b, dy);
        using var at = new DeviceArray(device, Type, a);
        using var bt = new DeviceArray(device, Type, b);
        using var dyt = new DeviceArray(device, Type, dy);
        foreach (var (toA, toB) in ((bool?, bool?)[])[(false, null), (null, false), (true, false), (false, true), (true, true), (null, true)])
        {
            using var ga = new DeviceArray(device, Type, before);
            using var gb = new DeviceArray(device, Type, before);
            GateKernel.BackwardPair(device, Type, GateKind.Linear, at, bt, dyt, toA is null ? null : ga.Range, toB is null ? null : gb.Range, count, toA ?? false, toB ?? false);
            DeviceArray.AssertSameBits(ga.Read(), toA is { } addA ? Arithmetic.Onto(Type, before, da, addA) : before, $"da, {toA} {toB}");
            DeviceArray.AssertSameBits(gb.Read(), toB is { } addB ? Arithmetic.Onto(Type, before, db, addB) : before, $"db, {toA} {toB}");
        }
    }

    [Test]
    public void Numbers_that_do_not_fit_are_refused()
    {
        var device = TestDevices.Cpu(CpuIsa.Portable, 1);
        using var all = new DeviceArray(device, DType.Float32, 100);
        using var y = new DeviceArray(device, DType.Float32, 100);
        Assert.That(
            () => GateKernel.Forward(device, DType.Float32, GateKind.Tanh, all, null, y, 2, 0, 5),
            Throws.InstanceOf<EngineException>().With.Message.Contains("gate").And.Message.Contains("0 positions"));
        Assert.That(() => GateKernel.Forward(device, DType.Float32, GateKind.Tanh, all, null, y, 2, 5, 6), Throws.InstanceOf<EngineException>(), "x is too short");
        Assert.That(() => GateKernel.ForwardPair(device, DType.Int32, GateKind.Tanh, all, all, y, 10), Throws.InstanceOf<EngineException>());
    }

    private static (double[] Y, double[] DA, double[] DB) Run(Device device, DType dtype, GateKind kind, double[] a, double[] b, double[] dy)
    {
        using var at = new DeviceArray(device, dtype, a);
        using var bt = new DeviceArray(device, dtype, b);
        using var dyt = new DeviceArray(device, dtype, dy);
        using var y = new DeviceArray(device, dtype, a.Length);
        using var da = new DeviceArray(device, dtype, a.Length);
        using var db = new DeviceArray(device, dtype, a.Length);
        GateKernel.ForwardPair(device, dtype, kind, at, bt, y, a.Length);
        GateKernel.BackwardPair(device, dtype, kind, at, bt, dyt, da, db, a.Length);
        return (y.Read(), da.Read(), db.Read());
    }
}

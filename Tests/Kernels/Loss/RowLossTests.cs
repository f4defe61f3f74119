using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Loss;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Loss;

/// <summary>Losses of a row: values, the summation law, gradients, the same bits everywhere.</summary>
[Parallelizable]
public sealed class RowLossTests
{
    private static readonly (int Rows, int Columns)[] s_shapes =
    [
        (1, 1), (5, 1), (3, 5), (2, 15), (2, 17), (2, 31), (2, 32), (2, 33), (4, 63), (3, 96), (5, 100),
        (3, 511), (3, 784), (2, 1001), (40, 1300), (2, 5000),
    ];

    // far out both terms of the cross-entropy are large and cancel; at 0 the absolute error has its kink
    private static readonly double[] s_special = [0, -0.0, 1, -1, 30, -30, 100, -100, 1000, -1000, 1e-8, -1e-8];

    private static Device Portable => TestDevices.Cpu(CpuIsa.Portable, 1);

    [Test]
    public void Forward([EachDevice] TestDevice which, [Values] RowLossKind kind, [EachReal] DType dtype)
    {
        var device = which.Open();
        double eps = DeviceArray.Epsilon(dtype);
        foreach (var (rows, columns) in s_shapes)
        {
            var (x, t) = Data(dtype, kind, rows, columns);
            double[] terms = [.. x.Zip(t, (a, b) => Term(kind, a, b))];
            double[] exact = [.. terms.Chunk(columns).Select(row => row.Sum())];
            double[] size = [.. exact.Select((sum, r) => kind == RowLossKind.BceWithLogits ? sum + Cancelled(x, t, r, columns) : sum)];
            double[] loss = Run(device, dtype, kind, x, t, rows, columns);
            DeviceArray.AssertNear(loss, exact, r => (4 + (columns / 32.0)) * eps * size[r], $"{rows} x {columns}");
            DeviceArray.AssertSameBits(loss, Run(Portable, dtype, kind, x, t, rows, columns), $"{rows} x {columns}");
        }
    }

    [Test]
    public void Sums_follow_the_law([EachDevice] TestDevice which, [Values(RowLossKind.Mse, RowLossKind.L1)] RowLossKind kind)
    {
        foreach (var (rows, columns) in s_shapes)
        {
            var (x, t) = Data(DType.Float32, kind, rows, columns);
            float[] d = [.. x.Zip(t, (a, b) => (float)a - (float)b)];
            double[] expected = [.. Enumerable.Range(0, rows).Select(r => (double)RowLaw.Sum(columns, (lane, c) =>
            {
                float e = d[(r * columns) + c];
                return kind == RowLossKind.Mse ? MathF.FusedMultiplyAdd(e, e, lane) : lane + MathF.Abs(e);
            }))];
            DeviceArray.AssertSameBits(Run(which.Open(), DType.Float32, kind, x, t, rows, columns), expected, $"{rows} x {columns}");
        }
    }

    [Test]
    public void Backward([EachDevice] TestDevice which, [Values] RowLossKind kind, [EachReal] DType dtype)
    {
        var device = which.Open();
        double eps = DeviceArray.Epsilon(dtype);
        foreach (var (rows, columns) in s_shapes)
        {
            var (x, t) = Data(dtype, kind, rows, columns);
            double[] g = DeviceArray.Round(dtype, Enumerable.Range(0, rows).Select(r => Math.Cos(r) + 0.2));
            double[] expected = [.. x.Select((v, i) => g[i / columns] * Slope(kind, v, t[i]))];
            foreach (int skip in new[] { 0, 1 })
            {
                double[] d = Gradient(device, dtype, kind, x, t, g, rows, columns, skip);
                double Size(int i) => 1 + Math.Abs(t[i]) + (kind == RowLossKind.Mse ? Math.Abs(2 * x[i]) : 0);
                DeviceArray.AssertNear(d, expected, i => 4 * eps * Math.Abs(g[i / columns]) * Size(i), $"{rows} x {columns}");
                DeviceArray.AssertSameBits(d, Gradient(Portable, dtype, kind, x, t, g, rows, columns, 0), $"{rows} x {columns}");
            }
        }
    }

    [Test]
    public void Forward_leaves_what_backward_would_write([EachDevice] TestDevice which, [Values] RowLossKind kind, [EachReal] DType dtype)
    {
        var device = which.Open();
        foreach (var (rows, columns) in s_shapes)
        {
            var (x, t) = Data(dtype, kind, rows, columns);
            double scale = DeviceArray.Round(dtype, [1.0 / rows])[0];
            using var prediction = new DeviceArray(device, dtype, x);
            using var target = new DeviceArray(device, dtype, t);
            using var loss = new DeviceArray(device, dtype, rows);
            using var d = new DeviceArray(device, dtype, x.Length, skip: 1);
            RowLoss.Forward(device, dtype, kind, prediction, target, loss, rows, columns, d.Range, 1.0 / rows);
            DeviceArray.AssertSameBits(loss.Read(), Run(device, dtype, kind, x, t, rows, columns), $"loss of {rows} x {columns}");
            double[] expected = Gradient(device, dtype, kind, x, t, [.. Enumerable.Repeat(scale, rows)], rows, columns, 0);
            DeviceArray.AssertSameBits(d.Read(), expected, $"gradient of {rows} x {columns}");
        }
    }

    [Test]
    public void Backward_is_the_derivative([EachDevice] TestDevice which, [Values] RowLossKind kind)
    {
        var device = which.Open();
        const int Rows = 3, Columns = 37;
        var random = new Random(3);
        double[] t = [.. Enumerable.Range(0, Rows * Columns).Select(_ => random.NextDouble())];
        double[] x = [.. t.Select(v => v + ((random.Next(2) == 0 ? -1 : 1) * (0.1 + random.NextDouble())))]; // away from the kink
        double[] g = [0.7, -1.3, 2.1];
        double Loss(double[] at) => Run(device, DType.Float64, kind, at, t, Rows, Columns).Zip(g, (a, b) => a * b).Sum();
        GradientCheck.Check(Loss, x, Gradient(device, DType.Float64, kind, x, t, g, Rows, Columns, 0), $"{which} {kind}");
    }

    [Test]
    public void NaN_is_not_lost([EachDevice] TestDevice which, [Values] RowLossKind kind)
    {
        var device = which.Open();
        double[] x = [1, double.NaN, 0.5, 0.25], t = [0, 0, 1, 1], g = [1, 1];
        double[] loss = Run(device, DType.Float32, kind, x, t, 2, 2);
        Assert.That(loss[0], Is.NaN);
        Assert.That(loss[1], Is.Not.NaN);
        double[] d = Gradient(device, DType.Float32, kind, x, t, g, 2, 2, 0);
        Assert.That(d.Select(double.IsNaN), Is.EqualTo(new[] { false, true, false, false }));
    }

    private static double Term(RowLossKind kind, double x, double t) => kind switch
    {
        RowLossKind.BceWithLogits => Math.Max(x, 0) - (x * t) + double.LogP1(Math.Exp(-Math.Abs(x))),
        RowLossKind.Mse => (x - t) * (x - t),
        _ => Math.Abs(x - t),
    };

    private static double Slope(RowLossKind kind, double x, double t) => kind switch
    {
        RowLossKind.BceWithLogits => (1 / (1 + Math.Exp(-x))) - t,
        RowLossKind.Mse => 2 * (x - t),
        _ => Math.Sign(x - t),
    };

    /// <summary>max(x, 0) and x t where they meet: their difference cannot be better than their rounding.</summary>
    private static double Cancelled(double[] x, double[] t, int row, int columns) =>
        Enumerable.Range(row * columns, columns).Sum(i => t[i] is 0 or 1 ? 0 : Math.Abs(x[i]));

    private static (double[] X, double[] T) Data(DType dtype, RowLossKind kind, int rows, int columns)
    {
        var random = new Random(rows + (1000 * columns));
        int n = rows * columns;
        double Common() => (random.NextDouble() * 8) - 4;
        double[] x = [.. Enumerable.Range(0, n).Select(i => i % 3 == 1 ? s_special[random.Next(s_special.Length)] : Common())];
        double[] t = kind == RowLossKind.BceWithLogits
            ? [.. Enumerable.Range(0, n).Select(_ => random.Next(3) switch { 0 => 0, 1 => 1, _ => random.NextDouble() })]
            : [.. x.Select(v => random.Next(5) == 0 ? v : Common())];
        return (DeviceArray.Round(dtype, x), DeviceArray.Round(dtype, t));
    }

    private static double[] Run(Device device, DType dtype, RowLossKind kind, double[] x, double[] t, int rows, int columns)
    {
        using var prediction = new DeviceArray(device, dtype, x);
        using var target = new DeviceArray(device, dtype, t);
        using var loss = new DeviceArray(device, dtype, rows);
        RowLoss.Forward(device, dtype, kind, prediction, target, loss, rows, columns);
        return loss.Read();
    }

    private static double[] Gradient(
        Device device, DType dtype, RowLossKind kind, double[] x, double[] t, double[] g, int rows, int columns, int skip)
    {
        using var prediction = new DeviceArray(device, dtype, x, skip);
        using var target = new DeviceArray(device, dtype, t);
        using var dLoss = new DeviceArray(device, dtype, g);
        using var dPrediction = new DeviceArray(device, dtype, x.Length, skip);
        RowLoss.Backward(device, dtype, kind, prediction, target, dLoss, dPrediction, rows, columns);
        return dPrediction.Read();
    }
}

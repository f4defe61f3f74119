using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Loss;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Loss;

/// <summary>Softmax cross-entropy and its one-pass gradient.</summary>
[Parallelizable]
public sealed class SoftmaxCrossEntropyTests
{
    private static readonly (int Rows, int Columns)[] s_shapes =
        [(1, 1), (3, 2), (7, 10), (2, 31), (5, 32), (2, 33), (4, 64), (3, 255), (70, 256), (3, 257), (2, 1000)];

    private static Device Portable => TestDevices.Cpu(CpuIsa.Portable, 1);

    [Test]
    public void Loss_and_gradient([EachDevice] TestDevice which, [EachReal] DType dtype, [Values(1, 30, 3000)] double scale)
    {
        var device = which.Open();
        double eps = DeviceArray.Epsilon(dtype);
        foreach (var (rows, columns) in s_shapes)
        {
            var (x, labels) = Data(dtype, rows, columns, scale);
            var (expectedLoss, expectedGradient) = Exact(x, labels, columns);
            var (loss, gradient) = Run(device, dtype, x, labels, columns);
            string shape = $"{rows} x {columns}";
            double roundings = 8 + (columns / 32.0), tiny = dtype == DType.Float32 ? 1e-44 : 1e-300;
            DeviceArray.AssertNear(loss, expectedLoss, r => roundings * eps * (1 + Math.Log(columns) + expectedLoss[r]), $"loss of {shape}");

            // p - 1 for the label, p for the others
            double Size(int i) => i % columns == labels[i / columns] ? expectedGradient[i] + 2 : expectedGradient[i];
            double GradientTolerance(int i) => ((roundings + Spread(x, i / columns, columns)) * eps * Size(i)) + tiny;
            DeviceArray.AssertNear(gradient, expectedGradient, GradientTolerance, $"gradient of {shape}");

            var portable = Run(Portable, dtype, x, labels, columns);
            DeviceArray.AssertSameBits(loss, portable.Loss, $"loss of {shape}");
            DeviceArray.AssertSameBits(gradient, portable.Gradient, $"gradient of {shape}");
            DeviceArray.AssertSameBits(LossAlone(device, dtype, x, labels, columns), loss, $"loss alone of {shape}");
        }
    }

    [Test]
    public void Gradient_is_the_derivative([EachDevice] TestDevice which, [Values(7, 40, 257)] int columns)
    {
        var device = which.Open();
        int rows = columns > 256 ? 1 : 3;
        var (x, labels) = Data(DType.Float64, rows, columns, 1);
        double[] g = [.. new[] { 0.5, -2, 1.5 }.Take(rows)];
        double Loss(double[] at) => LossAlone(device, DType.Float64, at, labels, columns).Zip(g, (a, b) => a * b).Sum();
        double[] gradient = Run(device, DType.Float64, x, labels, columns).Gradient;
        GradientCheck.Check(Loss, x, [.. gradient.Select((d, i) => d * g[i / columns])], which.Name);
    }

    [Test]
    public void Unknown_labels_make_their_rows_NaN_and_no_other([EachDevice] TestDevice which, [Values(10, 100, 300)] int columns)
    {
        var device = which.Open();
        double[] x = Data(DType.Float32, 5, columns, 1).X;
        int[] labels = [0, -1, columns - 1, columns, int.MaxValue];
        var (loss, gradient) = Run(device, DType.Float32, x, labels, columns);
        Assert.That(loss.Select(double.IsNaN), Is.EqualTo(new[] { false, true, false, true, true }));
        Assert.That(gradient.Select(double.IsNaN), Is.EqualTo(Enumerable.Range(0, 5 * columns).Select(i => i / columns is 1 or 3 or 4)));
        Assert.That(LossAlone(device, DType.Float32, x, labels, columns), Is.EqualTo(loss));
    }

    [Test]
    public void Ignored_positions_are_not_read_and_others_keep_their_bits([EachDevice] TestDevice which, [EachReal] DType dtype, [Values(2, 33, 256, 300)] int columns)
    {
        const int Sequences = 3, Positions = 5, Ignore = 2, Rows = Sequences * Positions;
        var device = which.Open();
        var (x, labels) = Data(dtype, Rows, columns, 1);
        bool Ignored(int row) => row % Positions < Ignore;
        var (loss, gradient) = Run(device, dtype, x, labels, columns);
        double[] expectedLoss = [.. loss.Select((v, r) => Ignored(r) ? 0 : v)];
        double[] expectedGradient = [.. gradient.Select((v, i) => Ignored(i / columns) ? 0 : v)];

        // what an ignored position holds does not matter
        double[] poisoned = [.. x.Select((v, i) => Ignored(i / columns) ? double.NaN : v)];
        int[] unknown = [.. labels.Select((label, r) => Ignored(r) ? int.MinValue : label)];
        foreach (var (values, indices) in ((double[], int[])[])[(x, labels), (poisoned, unknown)])
        {
            var (actualLoss, actualGradient) = Run(device, dtype, values, indices, columns, 1, Positions, Ignore);
            DeviceArray.AssertSameBits(actualLoss, expectedLoss, "loss");
            DeviceArray.AssertSameBits(actualGradient, expectedGradient, "gradient");
        }
    }

    [Test]
    public void The_scale_is_that_of_the_gradient_alone([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        var device = which.Open();
        var (x, labels) = Data(dtype, 5, 70, 1);
        var (loss, gradient) = Run(device, dtype, x, labels, 70);
        var (same, scaled) = Run(device, dtype, x, labels, 70, 1.0 / 5);
        DeviceArray.AssertSameBits(same, loss, "loss");
        DeviceArray.AssertNear(scaled, [.. gradient.Select(v => v / 5)], i => 4 * DeviceArray.Epsilon(dtype) * Math.Max(Math.Abs(gradient[i] / 5), 1e-3), "gradient");
    }

    [Test]
    public void Sequences_that_do_not_fit_are_refused()
    {
        var error = Assert.Throws<EngineException>(() => Run(Portable, DType.Float32, new double[12], [0, 0, 0, 0], 3, 1, positions: 3));
        Assert.That(error!.Message, Does.Contain("softmax_cross_entropy").And.Contain("4 rows").And.Contain("3 positions"));
        error = Assert.Throws<EngineException>(() => Run(Portable, DType.Float32, new double[12], [0, 0, 0, 0], 3, 1, positions: 2, ignore: 2));
        Assert.That(error!.Message, Does.Contain("softmax_cross_entropy").And.Contain("not 2"));
    }

    [Test]
    public void Infinite_logits([EachDevice] TestDevice which, [Values(3, 40, 400)] int columns)
    {
        // a class ruled out by -inf has probability 0 and no gradient; its label costs infinitely much
        double[] x = [.. Enumerable.Range(0, 2 * columns).Select(i => i % columns == 1 ? double.NegativeInfinity : 0.0)];
        var (loss, gradient) = Run(which.Open(), DType.Float32, x, [0, 1], columns);
        Assert.That(loss[0], Is.EqualTo(Math.Log(columns - 1)).Within(1e-6));
        Assert.That(loss[1], Is.EqualTo(double.PositiveInfinity));
        Assert.That(gradient[1], Is.Zero);
        Assert.That(gradient[columns + 1], Is.EqualTo(-1));
    }

    private static (double[] Loss, double[] Gradient) Exact(double[] x, int[] labels, int columns)
    {
        var gradient = new double[x.Length];
        var loss = new double[labels.Length];
        for (int r = 0; r < labels.Length; r++)
        {
            double[] row = x[(r * columns)..((r + 1) * columns)];
            double max = row.Max(), sum = row.Sum(v => Math.Exp(v - max));
            loss[r] = Math.Log(sum) + max - row[labels[r]];
            for (int c = 0; c < columns; c++) gradient[(r * columns) + c] = (Math.Exp(row[c] - max) / sum) - (c == labels[r] ? 1 : 0);
        }

        return (loss, gradient);
    }

    /// <summary>How far the row's logits reach below its largest: x - max is rounded, and exp turns that into a relative error.</summary>
    private static double Spread(double[] x, int row, int columns)
    {
        double[] values = x[(row * columns)..((row + 1) * columns)];
        return values.Max() - values.Min();
    }

    private static (double[] X, int[] Labels) Data(DType dtype, int rows, int columns, double scale)
    {
        var random = new Random(rows + (100 * columns));
        double[] x = DeviceArray.Round(dtype, Enumerable.Range(0, rows * columns).Select(_ => scale * ((random.NextDouble() * 4) - 2)));
        return (x, [.. Enumerable.Range(0, rows).Select(_ => random.Next(columns))]);
    }

    private static (double[] Loss, double[] Gradient) Run(
        Device device, DType dtype, double[] x, int[] labels, int columns, double scale = 1, int positions = 1, int ignore = 0)
    {
        using var logits = new DeviceArray(device, dtype, x);
        using var loss = new DeviceArray(device, dtype, labels.Length);
        using var dLogits = new DeviceArray(device, dtype, x.Length);
        using var indices = Upload(device, labels);
        SoftmaxCrossEntropy.Forward(device, dtype, logits, indices.All, loss, dLogits.Range, labels.Length, columns, scale, positions, ignore);
        return (loss.Read(), dLogits.Read());
    }

    private static double[] LossAlone(Device device, DType dtype, double[] x, int[] labels, int columns)
    {
        using var logits = new DeviceArray(device, dtype, x);
        using var loss = new DeviceArray(device, dtype, labels.Length);
        using var indices = Upload(device, labels);
        SoftmaxCrossEntropy.Forward(device, dtype, logits, indices.All, loss, null, labels.Length, columns);
        return loss.Read();
    }

    private static DeviceBuffer Upload(Device device, int[] labels)
    {
        var buffer = device.Allocate(labels.Length * sizeof(int), "labels");
        device.Upload<int>(labels, buffer.All);
        return buffer;
    }
}

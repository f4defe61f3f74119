using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Normalization;
using NUnit.Framework;
using BatchNormKernel = GenEngine.Kernels.Normalization.BatchNorm;

namespace GenEngine.Tests.Kernels.Normalization;

/// <summary>The statistics' order and accuracy, and the kernels' options, on every device.</summary>
[Parallelizable]
public sealed class BatchNormKernelTests
{
    private static readonly (int Rows, int Columns)[] s_shapes = [(2, 1), (63, 3), (64, 64), (65, 5), (193, 37), (4200, 2), (70, 1030)];

    private static IEnumerable<TestCaseData> Shapes => s_shapes.Select(shape => new TestCaseData(shape.Rows, shape.Columns));

    [Test]
    public void Statistics_follow_the_documented_order([EachDevice] TestDevice target, [ValueSource(nameof(s_shapes))] (int Rows, int Columns) shape)
    {
        var device = target.Open();
        var (rows, columns) = shape;
        float[] x = Draw(rows * columns, 1);
        using var input = new DeviceArray(device, DType.Float32, Wide(x));
        using var partials = new DeviceArray(device, DType.Float32, (int)BatchNormKernel.PartialElements(rows, columns));
        using var statistics = new DeviceArray(device, DType.Float32, 3 * columns);
        BatchNormKernel.Statistics(device, DType.Float32, input, partials, rows, columns);
        BatchNormKernel.Finish(device, DType.Float32, partials, statistics, rows, columns, 1e-5);
        var (expectedPartials, expected) = NormalizationLaw.Statistics(x, rows, columns, 1e-5f);
        DeviceArray.AssertSameBits(partials.Read(), Wide(expectedPartials), "partials");
        DeviceArray.AssertSameBits(statistics.Read(), Wide(expected), "statistics");
    }

    [Test]
    public void Gradient_sums_follow_the_column_law([EachDevice] TestDevice target, [ValueSource(nameof(s_shapes))] (int Rows, int Columns) shape)
    {
        var device = target.Open();
        var (rows, columns) = shape;
        float[] x = Draw(rows * columns, 2), dy = Draw(rows * columns, 3), statistics = [.. Draw(columns, 4), .. Draw(columns, 5)];
        using var input = new DeviceArray(device, DType.Float32, Wide(x));
        using var up = new DeviceArray(device, DType.Float32, Wide(dy));
        using var stats = new DeviceArray(device, DType.Float32, Wide(statistics));
        using var ones = new DeviceArray(device, DType.Float32, Wide(Draw(columns, 6)));
        using var partials = new DeviceArray(device, DType.Float32, (int)BatchNormBackward.PartialElements(rows, columns));
        using var dGamma = new DeviceArray(device, DType.Float32, Wide(Draw(columns, 7)));
        using var dBeta = new DeviceArray(device, DType.Float32, columns);
        BatchNormBackward.Sums(device, DType.Float32, up, input, stats, ones, ones, partials, rows, columns);
        BatchNormBackward.Finish(device, DType.Float32, partials, null, new(dGamma, true), new(dBeta, false), rows, columns);
        var (sums, dots) = NormalizationLaw.Pairs(rows, columns, (r, c) =>
        {
            int i = (r * columns) + c;
            return (dy[i], (x[i] - statistics[c]) * statistics[columns + c]);
        });
        DeviceArray.AssertSameBits(dBeta.Read(), Wide(sums), "dbeta");
        DeviceArray.AssertSameBits(dGamma.Read(), Wide([.. dots.Zip(Draw(columns, 7), (dot, old) => old + dot)]), "dgamma, added");
    }

    /// <summary>Mean 1000, deviation 0.01: the squares of x would keep no digit of the variance.</summary>
    [Test]
    public void A_large_mean_does_not_cancel([EachDevice] TestDevice target, [Values(5, 64, 1000)] int rows)
    {
        var device = target.Open();
        const int Columns = 3;
        float[] x = [.. Draw(rows * Columns, 8).Select(value => 1000 + (0.01f * value))];
        using var input = new DeviceArray(device, DType.Float32, Wide(x));
        using var partials = new DeviceArray(device, DType.Float32, (int)BatchNormKernel.PartialElements(rows, Columns));
        using var statistics = new DeviceArray(device, DType.Float32, 3 * Columns);
        BatchNormKernel.Statistics(device, DType.Float32, input, partials, rows, Columns);
        BatchNormKernel.Finish(device, DType.Float32, partials, statistics, rows, Columns, 0);
        for (int c = 0; c < Columns; c++)
        {
            var (mean, variance) = Moments(x, c, Columns);
            Assert.That(statistics.Read()[c], Is.EqualTo(mean).Within(1e-4)); // two units in the last place of 1000
            Assert.That(statistics.Read()[Columns + c], Is.EqualTo(1 / Math.Sqrt(variance)).Within(2e-4).Percent);
            Assert.That(statistics.Read()[(2 * Columns) + c], Is.EqualTo(variance * rows / (rows - 1)).Within(4e-4).Percent);
        }
    }

    /// <summary>The worst that can happen to a shift: each chunk's first row is far from all the others. The sums' few roundings grow 65 times.</summary>
    [Test]
    public void An_outlier_as_the_shift_costs_few_digits([EachDevice] TestDevice target)
    {
        var device = target.Open();
        const int Rows = 256;
        float[] x = [.. Draw(Rows, 9).Select((value, i) => i % 64 == 0 ? 1e6f + value : value)];
        using var input = new DeviceArray(device, DType.Float32, Wide(x));
        using var partials = new DeviceArray(device, DType.Float32, (int)BatchNormKernel.PartialElements(Rows, 1));
        using var statistics = new DeviceArray(device, DType.Float32, 3);
        BatchNormKernel.Statistics(device, DType.Float32, input, partials, Rows, 1);
        BatchNormKernel.Finish(device, DType.Float32, partials, statistics, Rows, 1, 0);
        var (_, variance) = Moments(x, 0, 1);
        Assert.That(statistics.Read()[2], Is.EqualTo(variance * Rows / (Rows - 1)).Within(10 * 65 * Math.Pow(2, -24) * 100).Percent);
    }

    [Test]
    public void In_place_and_apart_give_the_same_bits([EachDevice] TestDevice target, [EachReal] DType dtype, [Values(20, 21)] int columns, [Values(0, 1)] int skip)
    {
        var device = target.Open();
        const int Rows = 67;
        int count = Rows * columns;
        using var x = new DeviceArray(device, dtype, Wide(Draw(count, 10)), skip);
        using var dy = new DeviceArray(device, dtype, Wide(Draw(count, 11)), skip);
        using var own = new DeviceArray(device, dtype, Wide(Draw(count, 12)));
        using var statistics = new DeviceArray(device, dtype, Wide(Draw(2 * columns, 13)));
        using var gamma = new DeviceArray(device, dtype, Wide(Draw(columns, 14)));
        using var means = new DeviceArray(device, dtype, Wide(Draw(2 * columns, 15)));
        void Run(DeviceArray dx, bool accumulate = false) =>
            BatchNormBackward.Apply(device, dtype, dy, x, statistics, gamma, gamma, means, dx, Rows, columns, Activation.LeakyRelu, 0.2, accumulate);
        Run(own);
        double[] apart = own.Read();
        Run(own, accumulate: true);
        for (int i = 0; i < count; i++) Assert.That(own.Read()[i], Is.EqualTo(2 * apart[i]).Within(1e-6 * (1 + Math.Abs(apart[i]))));
        Run(dy);
        DeviceArray.AssertSameBits(dy.Read(), apart, "dx in dy's place");
    }

    [TestCaseSource(nameof(Shapes))]
    public void Threads_and_instruction_sets_do_not_change_bits(int rows, int columns)
    {
        double[] First(CpuDevice device)
        {
            using var x = new DeviceArray(device, DType.Float32, Wide(Draw(rows * columns, 16)));
            using var y = new DeviceArray(device, DType.Float32, rows * columns);
            using var partials = new DeviceArray(device, DType.Float32, (int)BatchNormKernel.PartialElements(rows, columns));
            using var statistics = new DeviceArray(device, DType.Float32, 3 * columns);
            using var gamma = new DeviceArray(device, DType.Float32, Wide(Draw(columns, 17)));
            BatchNormKernel.Statistics(device, DType.Float32, x, partials, rows, columns);
            BatchNormKernel.Finish(device, DType.Float32, partials, statistics, rows, columns, 1e-5);
            BatchNormKernel.Apply(device, DType.Float32, x, statistics, gamma, gamma, y, rows, columns, Activation.Softplus);
            return [.. y.Read(), .. statistics.Read()];
        }

        double[] expected = First(TestDevices.Cpu(CpuIsa.Portable, 1));
        foreach (var isa in Enum.GetValues<CpuIsa>().Where(isa => isa.IsSupported()))
            foreach (int threads in (int[])[1, 2]) DeviceArray.AssertSameBits(First(TestDevices.Cpu(isa, threads)), expected, $"{isa}, {threads} threads");
    }

    [Test]
    public void Bad_arguments_are_refused_with_their_values()
    {
        var device = TestDevices.Cpu(CpuIsa.Portable, 1);
        using var memory = new DeviceArray(device, DType.Float32, 64);
        using var other = new DeviceArray(device, DType.Float32, 64);
        string Message(Action run) => Assert.Throws<EngineException>(run)!.Message;
        Assert.That(Message(() => BatchNormKernel.Finish(device, DType.Float32, memory, other, 1, 5, 1e-5)), Does.Contain("1 x 5").And.Contain("at least 2 rows"));
        Assert.That(Message(() => BatchNormKernel.Statistics(device, DType.Float32, memory, other, 13, 5)), Does.Contain("batch_norm: x needs 65"));
        Assert.That(Message(() => BatchNormKernel.Statistics(device, DType.Int32, memory, other, 4, 5)), Does.Contain("float or double"));
        Assert.That(
            Message(() => BatchNormBackward.Apply(device, DType.Float32, memory, other, other, other, other, null, memory, 2, 2, accumulate: true)),
            Does.Contain("batch_norm_backward").And.Contain("a dx of its own"));
    }

    internal static float[] Draw(int count, int seed)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float)((2 * random.NextDouble()) - 1);
        return values;
    }

    internal static double[] Wide(float[] values) => Array.ConvertAll(values, value => (double)value);

    private static (double Mean, double Variance) Moments(float[] x, int column, int columns)
    {
        double[] values = [.. x.Where((_, i) => i % columns == column).Select(value => (double)value)];
        double mean = values.Average();
        return (mean, values.Average(value => (value - mean) * (value - mean)));
    }
}

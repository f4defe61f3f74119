using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Normalization;
using NUnit.Framework;
using static GenEngine.Tests.Kernels.Normalization.BatchNormKernelTests;
using BatchNormKernel = GenEngine.Kernels.Normalization.BatchNorm;
using LayerNormKernel = GenEngine.Kernels.Normalization.LayerNorm;

namespace GenEngine.Tests.Kernels.Normalization;

/// <summary>Layer norm and weight norm: their rows' order and accuracy; no launch of the family allocates.</summary>
[Parallelizable]
public sealed class RowNormTests
{
    [Test]
    public void Layer_norm_follows_the_row_law([EachDevice] TestDevice target, [Values(1, 3, 31, 32, 65, 130)] int columns)
    {
        var device = target.Open();
        const int Rows = 6;
        float[] x = [.. Draw(Rows * columns, 1).Select(value => value + 3)], gamma = Draw(columns, 2), beta = Draw(columns, 3);
        using var input = new DeviceArray(device, DType.Float32, Wide(x));
        using var scale = new DeviceArray(device, DType.Float32, Wide(gamma));
        using var shift = new DeviceArray(device, DType.Float32, Wide(beta));
        using var statistics = new DeviceArray(device, DType.Float32, 2 * Rows);
        using var y = new DeviceArray(device, DType.Float32, Rows * columns);
        LayerNormKernel.Forward(device, DType.Float32, input, scale, shift, statistics, y, Rows, columns, 1e-5);
        var expected = new float[Rows * columns];
        for (int r = 0; r < Rows; r++)
        {
            float[] row = x[(r * columns)..((r + 1) * columns)];
            float mean = row[0] + (RowLaw.Sum(columns, (lane, c) => lane + (row[c] - row[0])) / columns);
            float squares = RowLaw.Sum(columns, (lane, c) => MathF.FusedMultiplyAdd(row[c] - mean, row[c] - mean, lane));
            float inverse = 1 / MathF.Sqrt((squares / columns) + 1e-5f);
            for (int c = 0; c < columns; c++) expected[(r * columns) + c] = MathF.FusedMultiplyAdd((row[c] - mean) * inverse, gamma[c], beta[c]);
        }

        DeviceArray.AssertSameBits(y.Read(), Wide(expected), "y");
    }

    [Test]
    public void Layer_norm_of_a_large_mean_does_not_cancel([EachDevice] TestDevice target)
    {
        var device = target.Open();
        const int Columns = 300;
        float[] x = [.. Draw(Columns, 4).Select(value => 1000 + (0.01f * value))];
        using var input = new DeviceArray(device, DType.Float32, Wide(x));
        using var ones = new DeviceArray(device, DType.Float32, [.. Enumerable.Repeat(1.0, Columns)]);
        using var zeros = new DeviceArray(device, DType.Float32, new double[Columns]);
        using var statistics = new DeviceArray(device, DType.Float32, 2);
        using var y = new DeviceArray(device, DType.Float32, Columns);
        LayerNormKernel.Forward(device, DType.Float32, input, ones, zeros, statistics, y, 1, Columns, 0);
        double mean = x.Average(value => (double)value), variance = x.Average(value => (value - mean) * (value - mean));
        Assert.That(statistics.Read()[1], Is.EqualTo(1 / Math.Sqrt(variance)).Within(1e-2).Percent);
    }

    [Test]
    public void Weight_norm_gives_rows_of_the_asked_length([EachDevice] TestDevice target, [EachReal] DType dtype, [Values(1, 5, 64, 577)] int columns)
    {
        var device = target.Open();
        const int Rows = 7;
        float[] lengths = Draw(Rows, 5);
        using var v = new DeviceArray(device, dtype, Wide([.. Draw(Rows * columns, 6).Select(value => value + 1.5f)]));
        using var g = new DeviceArray(device, dtype, Wide(lengths));
        using var w = new DeviceArray(device, dtype, Rows * columns);
        using var inverse = new DeviceArray(device, dtype, Rows);
        WeightNorm.Forward(device, dtype, v, g, w, inverse, Rows, columns);
        double[] rows = w.Read();
        for (int r = 0; r < Rows; r++)
        {
            double length = Math.Sqrt(rows.Skip(r * columns).Take(columns).Sum(value => value * value));
            Assert.That(length, Is.EqualTo(Math.Abs(lengths[r])).Within(1e-6));
        }
    }

    [Test]
    public void A_launch_allocates_nothing([ValueSource(typeof(TestDevices), nameof(TestDevices.All))] TestDevice which)
    {
        var device = which.Open();
        const int Rows = 8, Columns = 12;
        using var memory = new DeviceArray(device, DType.Float32, [.. Enumerable.Range(0, 4096).Select(i => i % 7 + 1.0)]);
        var all = memory.Range;
        BufferRange At(int index) => all.Slice(index * 512, 512);
        void Step()
        {
            BatchNormKernel.Statistics(device, DType.Float32, At(0), At(1), Rows, Columns);
            BatchNormKernel.Finish(device, DType.Float32, At(1), At(2), Rows, Columns, 1e-5);
            BatchNormKernel.UpdateRunning(device, DType.Float32, At(2), At(3), At(4), Columns, 0.1);
            BatchNormKernel.UseRunning(device, DType.Float32, At(3), At(4), At(5), Columns, 1e-5);
            BatchNormKernel.Apply(device, DType.Float32, At(0), At(2), At(6), At(7), At(8), Rows, Columns);
            BatchNormBackward.Sums(device, DType.Float32, At(8), At(0), At(2), At(6), At(7), At(1), Rows, Columns);
            BatchNormBackward.Finish(device, DType.Float32, At(1), At(9), new(At(10), false), new(At(11), true), Rows, Columns);
            BatchNormBackward.Apply(device, DType.Float32, At(8), At(0), At(2), At(6), At(7), At(9), At(8), Rows, Columns);
            LayerNormKernel.Forward(device, DType.Float32, At(0), At(6), At(7), At(2), At(8), Rows, Columns, 1e-5);
            LayerNormKernel.Backward(device, DType.Float32, At(8), At(0), At(6), At(2), At(12), Rows, Columns);
            LayerNormKernel.Sums(device, DType.Float32, At(8), At(0), At(2), At(1), Rows, Columns);
            WeightNorm.Forward(device, DType.Float32, At(0), At(6), At(8), At(2), Rows, Columns);
            WeightNorm.Backward(device, DType.Float32, At(8), At(0), At(6), At(2), new(At(12), false), new(At(10), true), Rows, Columns);
        }

        for (int i = 0; i < 3; i++) Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) Step();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Bad_arguments_are_refused_with_their_values()
    {
        var device = TestDevices.Cpu(CpuIsa.Portable, 1);
        using var memory = new DeviceArray(device, DType.Float32, 64);
        using var other = new DeviceArray(device, DType.Float32, 64);
        string Message(Action run) => Assert.Throws<EngineException>(run)!.Message;
        Assert.That(Message(() => LayerNormKernel.Forward(device, DType.Float32, memory, other, other, other, other, 13, 5, 1e-5)), Does.Contain("layer_norm: x needs 65"));
        Assert.That(Message(() => LayerNormKernel.Backward(device, DType.Float32, memory, other, other, other, memory, 2, 2, accumulate: true)), Does.Contain("a dx of its own"));
        Assert.That(Message(() => WeightNorm.Forward(device, DType.Float32, memory, other, other, other, 65, 1)), Does.Contain("weight_norm: v needs 65"));
    }
}

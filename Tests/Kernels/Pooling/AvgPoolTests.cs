using GenEngine.Kernels;
using GenEngine.Kernels.Pooling;
using GenEngine.Tests.Kernels.Reduction;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Pooling;

/// <summary>Average pooling, over windows and over whole images, against plain loops in the order that the kernels state, bit for bit.</summary>
[Parallelizable]
public sealed class AvgPoolTests
{
    [Test]
    public void Values_and_gradient([EachDevice] TestDevice which, [EachReal] DType dtype, [Values] bool accumulate)
    {
        var device = which.Open();
        foreach (var test in PoolCase.All)
        {
            double[] values = Arithmetic.Draw(dtype, test.Inputs, 1), dyValues = Arithmetic.Draw(dtype, test.Outputs, 2), before = Arithmetic.Draw(dtype, test.Inputs, 3);
            double[] expected = new double[test.Outputs], gradient = new double[test.Inputs];
            foreach (var (output, taps) in test.Windows())
            {
                double sum = 0;
                foreach (var (input, _) in taps)
                {
                    sum = Arithmetic.Add(dtype, sum, values[input]);
                    gradient[input] = Arithmetic.Add(dtype, gradient[input], dyValues[output]);
                }

                expected[output] = Arithmetic.Round(dtype, sum / test.Window.Taps); // padding counts
            }

            for (int i = 0; i < gradient.Length; i++) gradient[i] = Arithmetic.Round(dtype, gradient[i] / test.Window.Taps);
            using var x = new DeviceArray(device, dtype, values);
            using var y = new DeviceArray(device, dtype, test.Outputs);
            using var dy = new DeviceArray(device, dtype, dyValues);
            using var dx = new DeviceArray(device, dtype, before);
            AvgPool.Forward(device, dtype, x, y, test.N, test.H, test.W, test.C, test.Window);
            AvgPool.Backward(device, dtype, dy, dx, test.N, test.H, test.W, test.C, test.Window, accumulate);
            DeviceArray.AssertSameBits(y.Read(), expected, $"y of {test}");
            DeviceArray.AssertSameBits(dx.Read(), Arithmetic.Onto(dtype, before, gradient, accumulate), $"dx of {test}");
        }
    }

    [Test]
    public void Padding_counts_as_zeros([EachDevice] TestDevice which)
    {
        var device = which.Open();
        using var x = new DeviceArray(device, DType.Float32, [9, 9, 9, 9]);
        using var y = new DeviceArray(device, DType.Float32, 4);
        AvgPool.Forward(device, DType.Float32, x, y, 1, 2, 2, 1, PoolWindow.Square(3, 1, 1));
        Assert.That(y.Read(), Is.All.EqualTo(4), "four of nine elements are nines, as in PyTorch with count_include_pad");
    }

    [Test]
    public void Whole_images_are_summed_by_the_column_law([EachDevice] TestDevice which, [EachReal] DType dtype, [Values] bool mean, [Values] bool accumulate)
    {
        var device = which.Open();
        foreach (var (n, positions, c) in ((int, int, int)[])[(1, 1, 1), (2, 64, 3), (3, 65, 16), (1, 700, 33), (2, 5, 130), (2, 1030, 64)])
        {
            double[] values = Arithmetic.Draw(dtype, n * positions * c, 1), before = Arithmetic.Draw(dtype, n * c, 2);
            var sums = Enumerable.Range(0, n).SelectMany(image => Columns(dtype, values[(image * positions * c)..((image + 1) * positions * c)], c)).ToArray();
            if (mean) sums = [.. sums.Select(sum => Arithmetic.Round(dtype, sum / positions))];
            using var x = new DeviceArray(device, dtype, values);
            using var y = new DeviceArray(device, dtype, before);
            GlobalPool.Forward(device, dtype, x, y, n, positions, c, mean, accumulate);
            DeviceArray.AssertSameBits(y.Read(), Arithmetic.Onto(dtype, before, sums, accumulate), $"{n}x{positions}x{c}");

            double[] spread = [.. Enumerable.Range(0, values.Length).Select(i => Arithmetic.Round(dtype, before[(i / (positions * c) * c) + (i % c)] / (mean ? positions : 1)))];
            using var dy = new DeviceArray(device, dtype, before);
            GlobalPool.Backward(device, dtype, dy, x, n, positions, c, mean, accumulate);
            DeviceArray.AssertSameBits(x.Read(), Arithmetic.Onto(dtype, values, spread, accumulate), $"gradient of {n}x{positions}x{c}");
        }
    }

    [Test]
    public void Numbers_that_do_not_fit_are_refused()
    {
        var device = TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsa.Portable, 1);
        using var all = new DeviceArray(device, DType.Float32, 100);
        Assert.That(
            () => AvgPool.Forward(device, DType.Float32, all, all, 1, 3, 3, 1, PoolWindow.Square(4)),
            Throws.InstanceOf<EngineException>().With.Message.Contains("avg_pool").And.Message.Contains("4x4").And.Message.Contains("3x3"));
        Assert.That(
            () => GlobalPool.Forward(device, DType.Float32, all, all, 1, 0, 3),
            Throws.InstanceOf<EngineException>().With.Message.Contains("global_pool").And.Message.Contains("0 positions"));
        Assert.That(() => GlobalPool.Forward(device, DType.Float32, all, all, 1, 101, 1), Throws.InstanceOf<EngineException>());
        Assert.That(() => GlobalPool.Forward(device, DType.Int32, all, all, 1, 10, 1), Throws.InstanceOf<EngineException>());
    }

    private static double[] Columns(DType dtype, double[] x, int columns) => dtype == DType.Float32
        ? Array.ConvertAll(SummationLaw.Columns<float>(Array.ConvertAll(x, value => (float)value), columns), value => (double)value)
        : SummationLaw.Columns<double>(x, columns);
}

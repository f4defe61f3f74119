using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Loss;
using GenEngine.Kernels.Sampling;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Sampling;

/// <summary>Draws from the discretised logistic mixture: the frequencies that the loss gives as probabilities.</summary>
[Parallelizable]
public sealed class LogisticMixtureSampleTests
{
    private static CpuDevice Cpu => TestDevices.Cpu(CpuIsa.Portable, 2);

    [Test]
    public void Frequencies_of_levels_are_their_probabilities([EachReal] DType dtype)
    {
        // K = 2, one component reaching past the darkest level; 200 000 draws against the loss's probabilities
        double[] row = [0.4, -0.3, -0.9, 0.35, -2.2, -3.1];
        const int Rows = 200_000;
        var counts = new double[256];
        foreach (double x in Draw(Cpu, dtype, Enumerable.Repeat(row, Rows), 1, 2)) counts[Level(x)]++;
        double[] expected = Probabilities(dtype, row);
        double distance = 0;
        int bins = 0;
        for (int level = 0; level < 256; level++)
        {
            if (expected[level] * Rows < 20) continue;
            distance += Math.Pow(counts[level] - (expected[level] * Rows), 2) / (expected[level] * Rows);
            bins++;
        }

        // chi-squared: mean bins, deviation sqrt(2 bins)
        Assert.That(bins, Is.GreaterThan(60));
        Assert.That(distance, Is.LessThan(bins + (5 * Math.Sqrt(2 * bins))));
        Assert.That(counts[0] / Rows, Is.EqualTo(expected[0]).Within(0.005));
    }

    [Test]
    public void Later_channels_follow_earlier_ones([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        // sharp: green = mean + tanh(1) red, blue = mean + tanh(-0.5) red + tanh(0.8) green, to the level
        double[] row = [0, 0.1, -1, 1, -0.2, -9, -0.5, 0.05, -9, 0.8];
        double[] x = Draw(which.Open(), dtype, Enumerable.Repeat(row, 300), 3, 1);
        foreach (double[] pixel in x.Chunk(3))
        {
            double green = -0.2 + (Math.Tanh(1) * pixel[0]), blue = 0.05 + (Math.Tanh(-0.5) * pixel[0]) + (Math.Tanh(0.8) * pixel[1]);
            Assert.That(pixel[1], Is.EqualTo(Math.Clamp(green, -1, 1)).Within(0.02));
            Assert.That(pixel[2], Is.EqualTo(Math.Clamp(blue, -1, 1)).Within(0.02));
        }

        Assert.That(x.Where((_, i) => i % 3 == 0).Distinct().Count(), Is.GreaterThan(50));
    }

    [Test]
    public void All_draws_are_levels_and_the_same_on_every_device([EachDevice] TestDevice which, [Values(1, 3)] int channels)
    {
        var random = new Random(channels);
        double[][] rows = [.. Enumerable.Range(0, 130).Select(_ => Enumerable.Range(0, LogisticMixture.Width(channels, 7)).Select(_ => (6 * random.NextDouble()) - 4).ToArray())];
        double[] x = Draw(which.Open(), DType.Float32, rows, channels, 7);
        DeviceArray.AssertSameBits(x, Draw(Cpu, DType.Float32, rows, channels, 7), "draws");
        Assert.That(x, Is.EqualTo(x.Select(v => (double)(float)((2.0 * Level(v) / 255) - 1))).Within(1e-7));
        Assert.That(x.Distinct().Count(), Is.GreaterThan(20));
    }

    [Test]
    public void Other_channels_and_components_are_refused()
    {
        Assert.That(Refused(2, 1), Does.Contain("logistic_mixture_sample").And.Contain("not 2"));
        Assert.That(Refused(3, 0), Does.Contain("logistic_mixture_sample").And.Contain("not 0"));

        static string Refused(int channels, int components) => Assert.Throws<EngineException>(() =>
            LogisticMixtureSample.Run(Cpu, DType.Float32, default, default, 1, channels, components, default, 0))!.Message;
    }

    private static int Level(double x) => (int)Math.Round((x + 1) * 127.5);

    private static double[] Probabilities(DType dtype, double[] row)
    {
        double[] levels = [.. Enumerable.Range(0, 256).Select(level => (2.0 * level / 255) - 1)];
        using var parameters = new DeviceArray(Cpu, dtype, [.. Enumerable.Repeat(row, 256).SelectMany(values => values)]);
        using var target = new DeviceArray(Cpu, dtype, levels);
        using var loss = new DeviceArray(Cpu, dtype, 256);
        LogisticMixture.Forward(Cpu, dtype, parameters, target, loss, null, 256, 1, row.Length / 3);
        return [.. loss.Read().Select(nll => Math.Exp(-nll))];
    }

    private static double[] Draw(Device device, DType dtype, IEnumerable<double[]> rows, int channels, int components)
    {
        double[] values = [.. rows.SelectMany(row => row)];
        int count = values.Length / LogisticMixture.Width(channels, components);
        using var parameters = new DeviceArray(device, dtype, values);
        using var x = new DeviceArray(device, dtype, count * channels);
        using var state = device.Allocate(RandomState.Bytes, "state");
        device.Upload([new RandomState(11, 3)], state.All);
        LogisticMixtureSample.Run(device, dtype, parameters, x, count, channels, components, state.All, 5);
        return x.Read();
    }
}

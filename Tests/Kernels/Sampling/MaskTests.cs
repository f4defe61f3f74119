using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Sampling;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Sampling;

/// <summary>Bernoulli samples and dropout: their definitions, exactly, on every device.</summary>
[Parallelizable]
public sealed class MaskTests
{
    private static readonly RandomState s_state = new(42, 17);
    private static readonly PhiloxStream s_stream = new(42, 17, 6);
    private static readonly int[] s_counts = [1, 3, 4, 6, 17, 256, 259, 33000];

    [Test]
    public void Bernoulli_sample([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        var device = which.Open();
        using var state = RandomFillTests.Upload(device, s_state);
        foreach (int count in s_counts)
        {
            static double Probability(int i) => i % 5 == 0 ? 1 : i % 7 == 0 ? 0 : i % 11 == 0 ? double.NaN : 0.37;
            double[] p = DeviceArray.Round(dtype, Enumerable.Range(0, count).Select(Probability));
            using var probabilities = new DeviceArray(device, dtype, p, count % 3);
            using var y = new DeviceArray(device, dtype, count, count % 2);
            BernoulliSample.Run(device, dtype, probabilities, y, count, state.All, 6);
            Assert.That(y.Read(), Is.EqualTo(p.Select((v, i) => s_stream.Uniform(i) < v ? 1.0 : 0.0)), $"{count} draws");
            DeviceArray.AssertSameBits(probabilities.Read(), p, "probabilities");
        }
    }

    [Test]
    public void Dropout_scales_what_it_keeps([EachDevice] TestDevice which, [EachReal] DType dtype, [Values(0, 0.3, 0.5)] double rate)
    {
        var device = which.Open();
        using var state = RandomFillTests.Upload(device, s_state);
        foreach (int count in s_counts)
        {
            double[] x = DeviceArray.Round(dtype, Enumerable.Range(0, count).Select(i => Math.Sin(i) - 0.1));
            double scale = DeviceArray.Round(dtype, [1 / (1 - rate)])[0], limit = DeviceArray.Round(dtype, [rate])[0];
            double[] expected = DeviceArray.Round(dtype, x.Select((v, i) => s_stream.Uniform(i) >= limit ? v * scale : 0));
            using var input = new DeviceArray(device, dtype, x, count % 3);
            using var output = new DeviceArray(device, dtype, count, count % 2);
            Dropout.Run(device, dtype, input, output, count, rate, state.All, 6);
            DeviceArray.AssertSameBits(output.Read(), expected, $"{count} elements");
            Dropout.Run(device, dtype, input, input, count, rate, state.All, 6);
            DeviceArray.AssertSameBits(input.Read(), expected, $"{count} elements in place");
        }
    }

    [Test]
    public void Dropout_keeps_the_mean_and_forgets_what_it_drops()
    {
        var device = TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsas.Best, 2);
        const int Count = 100_000;
        double[] x = [.. Enumerable.Range(0, Count).Select(i => i == 5 ? double.NaN : 1.0)];
        using var state = RandomFillTests.Upload(device, s_state);
        using var y = new DeviceArray(device, DType.Float32, x);
        Dropout.Run(device, DType.Float32, y, y, Count, 0.2, state.All, 6);
        double[] kept = [.. y.Read().Where((_, i) => i != 5)];
        Assert.That(kept.Count(v => v != 0) / (double)Count, Is.EqualTo(0.8).Within(4 * Math.Sqrt(0.16 / Count)));
        Assert.That(kept.Average(), Is.EqualTo(1).Within(4 * Math.Sqrt(0.25 / Count)));
        Assert.That(y.Read()[5], s_stream.Uniform(5) < 0.2f ? Is.Zero : Is.NaN);
    }

    [Test]
    public void Rates_outside_the_half_open_interval_are_refused([Values(-0.1, 1, double.NaN)] double rate)
    {
        var device = TestDevices.Cpu(GenEngine.Kernels.Devices.Cpu.CpuIsa.Portable, 1);
        using var state = RandomFillTests.Upload(device, s_state);
        using var y = new DeviceArray(device, DType.Float32, 4);
        Assert.That(() => Dropout.Run(device, DType.Float32, y, y, 4, rate, state.All, 0), Throws.TypeOf<EngineException>());
    }
}

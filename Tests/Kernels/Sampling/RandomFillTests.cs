using GenEngine.Kernels;
using GenEngine.Kernels.Common;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Sampling;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Sampling;

/// <summary>Draws: the right function of the Philox words, the same bits on every device, and the right statistics.</summary>
[Parallelizable]
public sealed class RandomFillTests
{
    private static readonly RandomState s_state = new(0x0123456789abcdef, (7UL << 32) + 5);
    private static readonly int[] s_counts = [1, 2, 3, 4, 5, 7, 8, 31, 33, 255, 256, 257, 1021, 40000];

    private static Device Portable => TestDevices.Cpu(CpuIsa.Portable, 1);

    [Test]
    public void Uniform_is_the_word([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        var device = which.Open();
        var stream = new PhiloxStream(s_state.Seed, s_state.Offset, 3);
        foreach (int count in s_counts)
        {
            var uniforms = Enumerable.Range(0, count).Select(i => Math.FusedMultiplyAdd(stream.Uniform(i), 3, -1));
            double[] expected = DeviceArray.Round(dtype, uniforms);
            DeviceArray.AssertSameBits(Fill(device, dtype, Distribution.Uniform, count, 3, -1, 2, count % 2), expected, $"{count} draws");
        }
    }

    [Test]
    public void Uniform_stays_below_its_end([EachDevice] TestDevice which)
    {
        // float steps by 1 here, so most sums round up to the end
        double[] y = Fill(which.Open(), DType.Float32, Distribution.Uniform, 1000, 0, 16777214, 16777216);
        Assert.That(y.Distinct().Order(), Is.EqualTo(new double[] { 16777214, 16777215 }));
    }

    [Test]
    public void Normal_is_Box_Muller([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        const int Count = 20000;
        double[] y = Fill(which.Open(), dtype, Distribution.Normal, Count, 1);
        double[] expected = Normals(Count, 1);
        double eps = DeviceArray.Epsilon(dtype);
        DeviceArray.AssertNear(y, expected, i => (4 * eps * Math.Abs(expected[i])) + (4 * Math.ScaleB(1, -52)), "normal");
    }

    [Test]
    public void Every_device_draws_the_same([EachDevice] TestDevice which, [Values] Distribution distribution, [EachReal] DType dtype)
    {
        var device = which.Open();
        foreach (int count in s_counts)
        {
            double[] expected = Fill(Portable, dtype, distribution, count, 9, 0.3, 1.7);
            DeviceArray.AssertSameBits(Fill(device, dtype, distribution, count, 9, 0.3, 1.7, count % 3), expected, $"{count} draws");
        }
    }

    [Test]
    public void Float_and_double_draw_the_same([Values(Distribution.Uniform, Distribution.Normal)] Distribution distribution)
    {
        double[] single = Fill(Portable, DType.Float32, distribution, 5000, 2), real = Fill(Portable, DType.Float64, distribution, 5000, 2);
        DeviceArray.AssertNear(single, real, i => 8 * DeviceArray.Epsilon(DType.Float32) * Math.Abs(real[i]), "float");
    }

    [Test]
    public void Bernoulli_is_a_uniform_below_p([EachDevice] TestDevice which, [Values(0, 0.25, 1)] double p)
    {
        var stream = new PhiloxStream(s_state.Seed, s_state.Offset, 4);
        double[] y = Fill(which.Open(), DType.Float32, Distribution.Bernoulli, 1001, 4, p);
        Assert.That(y, Is.EqualTo(Enumerable.Range(0, 1001).Select(i => stream.Uniform(i) < p ? 1.0 : 0.0)));
    }

    [Test]
    public void Captured_draws_advance([EachDevice] TestDevice which)
    {
        var device = which.Open();
        using var y = new DeviceArray(device, DType.Float32, 100);
        using var state = Upload(device, s_state);
        device.BeginCapture();
        RandomFill.Run(device, DType.Float32, Distribution.Normal, y, 100, state.All, 5, 0, 1);
        RandomState.Advance(device, state.All);
        using var step = device.EndCapture();
        for (ulong k = 0; k < 3; k++)
        {
            step.Replay();
            var now = s_state with { Offset = s_state.Offset + k };
            DeviceArray.AssertSameBits(y.Read(), Fill(Portable, DType.Float32, Distribution.Normal, 100, 5, 0, 1, 0, now), $"replay {k}");
        }

        var read = new RandomState[1];
        device.Download(state.All, read.AsSpan());
        Assert.That(read[0], Is.EqualTo(s_state with { Offset = s_state.Offset + 3 }));
    }

    [Test]
    public void Uniform_statistics()
    {
        const int Count = 400_000;
        double[] u = Fill(Portable, DType.Float32, Distribution.Uniform, Count, 0);
        Assert.That(u.Min(), Is.GreaterThanOrEqualTo(0));
        Assert.That(u.Max(), Is.LessThan(1));
        CheckMoments(u, 0.5, 1.0 / 12, 1.0 / 180);
        CheckDistribution(u, x => x);
    }

    [Test]
    public void Normal_statistics()
    {
        const int Count = 400_000;
        double[] n = Fill(Portable, DType.Float32, Distribution.Normal, Count, 0, 3, 2);
        CheckMoments(n, 3, 4, 2 * 16);
        CheckDistribution(n, x => NormalCdf((x - 3) / 2));
        double[] z = [.. n.Select(v => (v - 3) / 2)];
        double fourth = z.Average(v => v * v * v * v);
        Assert.That(fourth, Is.EqualTo(3).Within(4 * Math.Sqrt(96.0 / Count)), "kurtosis");
    }

    /// <summary>Neighbours, streams, offsets and seeds do not follow each other.</summary>
    [Test]
    public void Draws_are_uncorrelated()
    {
        const int Count = 200_000;
        double[] z = Fill(Portable, DType.Float64, Distribution.Normal, Count, 0);
        for (int lag = 1; lag <= 8; lag++) CheckUncorrelated(z[lag..], z[..^lag], $"lag {lag}");
        double[] Other(uint stream, RandomState at) => Fill(Portable, DType.Float64, Distribution.Normal, Count, stream, 0, 1, 0, at);
        double[] other = Other(1, s_state);
        CheckUncorrelated(z, other, "stream");
        CheckUncorrelated([.. z.Select(v => v * v)], [.. other.Select(v => v * v)], "squares");
        CheckUncorrelated(z, Other(0, s_state with { Offset = s_state.Offset + 1 }), "offset");
        CheckUncorrelated(z, Other(0, s_state with { Seed = s_state.Seed + 1 }), "seed");
    }

    [Test]
    public void Errors_say_what_is_wrong()
    {
        var device = Portable;
        using var y = new DeviceArray(device, DType.Float32, 8);
        using var state = Upload(device, s_state);
        void Refused(DType dtype, Distribution distribution, int count, string why) => Assert.That(
            () => RandomFill.Run(device, dtype, distribution, y, count, state.All, 0, 1, 1), Throws.TypeOf<EngineException>().With.Message.Contains(why));
        Refused(DType.Float32, Distribution.Uniform, 8, "p0 < p1");
        Refused(DType.Int32, Distribution.Normal, 8, "float or double");
        Refused(DType.Float32, Distribution.Normal, 9, "9 elements");
    }

    internal static DeviceBuffer Upload(Device device, RandomState state)
    {
        var buffer = device.Allocate(RandomState.Bytes, "random state");
        device.Upload<RandomState>(new[] { state }, buffer.All);
        return buffer;
    }

    private static double[] Fill(
        Device device, DType dtype, Distribution distribution, int count, uint stream, double p0 = 0, double p1 = 1, int skip = 0, RandomState? at = null)
    {
        using var y = new DeviceArray(device, dtype, count, skip);
        using var state = Upload(device, at ?? s_state);
        RandomFill.Run(device, dtype, distribution, y, count, state.All, stream, p0, p1);
        return y.Read();
    }

    private static double[] Normals(int count, uint id)
    {
        var stream = new PhiloxStream(s_state.Seed, s_state.Offset, id);
        var normals = new double[count];
        for (int i = 0; i < count; i++)
        {
            long pair = i & ~1;
            double radius = Math.Sqrt(-2 * Math.Log(stream.Uniform(pair) + Math.ScaleB(1, -24)));
            var (sin, cos) = double.SinCosPi(2 * stream.Uniform(pair + 1));
            normals[i] = radius * (i % 2 == 0 ? cos : sin);
        }

        return normals;
    }

    /// <summary>Mean and variance within four standard errors; fourth = E (x - mean)^4 - variance^2.</summary>
    private static void CheckMoments(double[] x, double mean, double variance, double fourth)
    {
        double m = x.Average(), v = x.Average(value => (value - mean) * (value - mean));
        Assert.That(m, Is.EqualTo(mean).Within(4 * Math.Sqrt(variance / x.Length)), "mean");
        Assert.That(v, Is.EqualTo(variance).Within(4 * Math.Sqrt(fourth / x.Length)), "variance");
    }

    /// <summary>Kolmogorov-Smirnov: the empirical distribution within the 0.1 % bound.</summary>
    private static void CheckDistribution(double[] x, Func<double, double> cdf)
    {
        double[] sorted = [.. x.Order()];
        double distance = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            double p = cdf(sorted[i]);
            distance = Math.Max(distance, Math.Max(p - ((double)i / x.Length), ((i + 1.0) / x.Length) - p));
        }

        Assert.That(distance, Is.LessThan(1.95 / Math.Sqrt(x.Length)), "Kolmogorov-Smirnov distance");
    }

    private static void CheckUncorrelated(double[] x, double[] y, string what)
    {
        double mx = x.Average(), my = y.Average(), xy = 0, xx = 0, yy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            xy += (x[i] - mx) * (y[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (y[i] - my) * (y[i] - my);
        }

        Assert.That(xy / Math.Sqrt(xx * yy), Is.EqualTo(0).Within(4 / Math.Sqrt(x.Length)), what);
    }

    /// <summary>The normal distribution function: its Taylor series near 0, Laplace's continued fraction in the tails.</summary>
    private static double NormalCdf(double x)
    {
        double density = Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
        if (Math.Abs(x) < 4)
        {
            double term = x, sum = x;
            for (int k = 3; Math.Abs(term) > 1e-17; k += 2) sum += term *= x * x / k;
            return 0.5 + (density * sum);
        }

        double fraction = Math.Abs(x);
        for (int k = 60; k > 0; k--) fraction = Math.Abs(x) + (k / fraction);
        return x > 0 ? 1 - (density / fraction) : density / fraction;
    }
}

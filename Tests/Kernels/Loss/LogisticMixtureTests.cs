using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Loss;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Loss;

/// <summary>The discretised logistic mixture: a distribution over 256 levels, with its gradient, from sharp to flat.</summary>
[Parallelizable]
public sealed class LogisticMixtureTests
{
    private static Device Portable => TestDevices.Cpu(CpuIsa.Portable, 1);

    private static IEnumerable<TestDevice> Cpus => TestDevices.All.Where(device => device.Name.StartsWith("cpu", StringComparison.Ordinal));

    [Test]
    public void Probabilities_of_all_levels_sum_to_one([EachDevice] TestDevice which, [EachReal] DType dtype, [Values(-7, -4, -1, 3, 20)] double logScale)
    {
        const int Components = 5;
        double[] row = Parameters(1, Components, 1, logScale);
        double[] loss = Run(which.Open(), dtype, Repeat(row, 256), Levels, 1, Components).Loss;

        // a level and a mean are rounded in float; the sharpest scale magnifies that by exp(7)
        Assert.That(loss.Sum(nll => Math.Exp(-nll)), Is.EqualTo(1).Within(dtype == DType.Float32 ? 2e-4 : 1e-12));
    }

    [Test]
    public void Of_colour_the_blue_conditional_sums_to_one([EachDevice] TestDevice which, [Values(-5, -2, 1)] double logScale)
    {
        // p(r, g) summed over blue does not depend on blue's parameters, which take the last 3 K values of a row
        const int Components = 3;
        double Marginal(int seed)
        {
            double[] row = Parameters(1, Components, 3, logScale), other = Parameters(seed, Components, 3, logScale + (seed % 2));
            Array.Copy(other, 7 * Components, row, 7 * Components, Components * 2);
            row[9 * Components] = other[9 * Components]; // a coefficient of blue on green
            double[] target = [.. Levels.SelectMany(blue => new[] { Level(40), Level(200), blue })];
            return Run(which.Open(), DType.Float64, Repeat(row, 256), target, 3, Components).Loss.Sum(nll => Math.Exp(-nll));
        }

        double first = Marginal(1);
        Assert.That(first, Is.GreaterThan(0));
        for (int seed = 2; seed < 6; seed++) Assert.That(Marginal(seed), Is.EqualTo(first).Within(1e-12 * first));
    }

    [Test]
    public void Green_and_blue_sum_to_the_grey_mixture_of_red([ValueSource(nameof(Cpus))] TestDevice which, [EachReal] DType dtype)
    {
        const int Components = 2;
        double[] row = DeviceArray.Round(dtype, Parameters(3, Components, 3, -2)), grey = row[..(3 * Components)];
        double[] target = [.. Levels.SelectMany(green => Levels.SelectMany(blue => new[] { Level(93), green, blue }))];
        double[] loss = Run(which.Open(), dtype, Repeat(row, 256 * 256), target, 3, Components).Loss;
        double red = Run(which.Open(), dtype, grey, [Level(93)], 1, Components).Loss[0];
        Assert.That(loss.Sum(nll => Math.Exp(-nll)), Is.EqualTo(Math.Exp(-red)).Within((dtype == DType.Float32 ? 1e-5 : 1e-12) * Math.Exp(-red)));
    }

    [Test]
    public void Value_and_gradient_from_sharp_to_flat([EachDevice] TestDevice which, [Values(1, 3)] int channels)
    {
        // float32 against the same kernel in float64, which the op cases hold against plain formulas and differences
        var device = which.Open();
        foreach (double logScale in (double[])[-12, -7, -5, -2, 0, 4, 12, 30, 80])
        {
            foreach (var (rows, components) in ((int, int)[])[(9, 1), (26, 5), (25, 10), (3, 33), (2, 128)])
            {
                var (parameters, target) = Data(rows, channels, components, logScale);
                var (loss, gradient) = Run(device, DType.Float32, parameters, target, channels, components);
                var (exactLoss, exactGradient) = Run(Portable, DType.Float64, parameters, target, channels, components);
                string what = $"scale {logScale}, {rows} rows, K={components}";
                double sharp = Math.Exp(-Math.Clamp(logScale - 0.5, -7, 0)), size = exactGradient.Max(Math.Abs), eps = DeviceArray.Epsilon(DType.Float32);
                DeviceArray.AssertNear(loss, exactLoss, r => 16 * eps * (sharp + Math.Abs(exactLoss[r])), $"loss, {what}");
                DeviceArray.AssertNear(gradient, exactGradient, _ => 64 * eps * sharp * (1 + size), $"gradient, {what}");
                var portable = Run(Portable, DType.Float32, parameters, target, channels, components);
                DeviceArray.AssertSameBits(loss, portable.Loss, $"loss, {what}");
                DeviceArray.AssertSameBits(gradient, portable.Gradient, $"gradient, {what}");
                DeviceArray.AssertSameBits(Run(device, DType.Float32, parameters, target, channels, components, gradient: false).Loss, loss, $"loss alone, {what}");
            }
        }
    }

    [Test]
    public void A_bin_far_from_every_mean_is_unlikely_by_its_distance([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        // two images away with the sharpest scale: log p = -(|d| - 1/255) e^7 but for what the bin's other edge adds; where exp(-2000) is 0 in any precision
        double[] row = [0, -0.98, -7];
        double inverse = Math.Exp(7), edge = inverse * (Level(254) - DeviceArray.Round(dtype, [-0.98])[0] - (1.0 / 255));
        double expected = edge - Math.Log(1 - Math.Exp(-inverse * 2 / 255));
        var (loss, gradient) = Run(which.Open(), dtype, row, [Level(254)], 1, 1);
        Assert.That(loss[0], Is.EqualTo(expected).Within(8 * DeviceArray.Epsilon(dtype) * expected));
        Assert.That(gradient[1], Is.EqualTo(-inverse).Within(8 * DeviceArray.Epsilon(dtype) * inverse), "the mean is drawn to the target");
    }

    [Test]
    public void Log_scales_are_held_between_their_limits([EachDevice] TestDevice which, [Values(1, 3)] int channels)
    {
        foreach (var (limit, beyond) in ((double, double)[])[(-7, -7.5), (-7, -1000), (60, 60.5), (60, 1000)])
        {
            double[] Row(double logScale) => channels == 1
                ? [0.5, 0.1, logScale]
                : [0.5, 0.1, logScale, 0.2, 0.12, logScale, -0.3, 0.15, logScale, 0.4];
            double[] target = [.. Enumerable.Repeat(Level(140), channels)];
            var (loss, gradient) = Run(which.Open(), DType.Float32, Row(beyond), target, channels, 1);
            var (atLimit, gradientAtLimit) = Run(which.Open(), DType.Float32, Row(limit), target, channels, 1);
            DeviceArray.AssertSameBits(loss, atLimit, $"{beyond}");
            for (int i = 0; i < gradient.Length; i++)
            {
                bool isScale = channels == 1 ? i == 2 : i is 2 or 5 or 8;
                Assert.That(gradient[i], Is.EqualTo(isScale ? 0 : gradientAtLimit[i]), $"entry {i} at {beyond}");
                if (isScale) Assert.That(gradientAtLimit[i], Is.Not.Zero);
            }
        }
    }

    [Test]
    public void A_component_ruled_out_changes_nothing([EachDevice] TestDevice which)
    {
        double[] two = [0.3, double.NegativeInfinity, 0.1, 0.7, -2, -3], one = [0.3, 0.1, -2];
        var (loss, gradient) = Run(which.Open(), DType.Float32, two, [Level(100)], 1, 2);
        var (expected, gradientOfOne) = Run(which.Open(), DType.Float32, one, [Level(100)], 1, 1);
        DeviceArray.AssertSameBits(loss, expected, "loss");
        Assert.That(gradient, Is.EqualTo(new[] { gradientOfOne[0], 0, gradientOfOne[1], 0, gradientOfOne[2], 0 }));
    }

    [Test]
    public void Other_channels_and_components_are_refused()
    {
        Assert.That(Refused(2, 1), Does.Contain("logistic_mixture").And.Contain("not 2"));
        Assert.That(Refused(1, 0), Does.Contain("logistic_mixture").And.Contain("not 0"));
        Assert.That(Refused(3, 129), Does.Contain("logistic_mixture").And.Contain("not 129"));

        static string Refused(int channels, int components) => Assert.Throws<EngineException>(() =>
            LogisticMixture.Forward(Portable, DType.Float32, default, default, default, null, 1, channels, components))!.Message;
    }

    private static double[] Levels { get; } = [.. Enumerable.Range(0, 256).Select(Level)];

    private static double Level(int level) => (2.0 * level / 255) - 1;

    private static double[] Repeat(double[] row, int times) => [.. Enumerable.Range(0, times).SelectMany(_ => row)];

    /// <summary>One row: logits, means and coefficients in [-1, 1], log scales within a half of the given one.</summary>
    private static double[] Parameters(int seed, int components, int channels, double logScale)
    {
        var random = new Random(seed);
        int share = channels == 1 ? 2 : 3;
        return [.. Enumerable.Range(0, LogisticMixture.Width(channels, components)).Select(i =>
        {
            int run = (i / components) - 1;
            double u = (2 * random.NextDouble()) - 1;
            return run >= 0 && run % share == 1 ? logScale + (u / 2) : u;
        })];
    }

    private static (double[] Parameters, double[] Target) Data(int rows, int channels, int components, double logScale)
    {
        var random = new Random(rows);
        double[] parameters = [.. Enumerable.Range(0, rows).SelectMany(r => Parameters(r, components, channels, logScale))];
        double[] target = [.. Enumerable.Range(0, rows * channels).Select(i => Level(i % 7 == 0 ? 0 : i % 7 == 3 ? 255 : random.Next(256)))];
        return (DeviceArray.Round(DType.Float32, parameters), DeviceArray.Round(DType.Float32, target));
    }

    private static (double[] Loss, double[] Gradient) Run(
        Device device, DType dtype, double[] parameters, double[] target, int channels, int components, bool gradient = true)
    {
        int rows = target.Length / channels;
        using var x = new DeviceArray(device, dtype, parameters);
        using var t = new DeviceArray(device, dtype, target);
        using var loss = new DeviceArray(device, dtype, rows);
        using var d = new DeviceArray(device, dtype, parameters.Length);
        LogisticMixture.Forward(device, dtype, x, t, loss, gradient ? d.Range : null, rows, channels, components);
        return (loss.Read(), gradient ? d.Read() : []);
    }
}

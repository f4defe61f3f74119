using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Loss;
using GenEngine.Kernels.Sampling;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Sampling;

/// <summary>The latent sample and its divergence: values, gradients, the same bits everywhere.</summary>
[Parallelizable]
public sealed class ReparameterizeTests
{
    private static readonly RandomState s_state = new(7, 1000);
    private static readonly (int Rows, int Columns)[] s_shapes = [(1, 1), (3, 2), (5, 20), (2, 33), (4, 64), (3, 300), (70, 127), (400, 50)];

    private static Device Portable => TestDevices.Cpu(CpuIsa.Portable, 1);

    [Test]
    public void Forward([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        var device = which.Open();
        double eps = DeviceArray.Epsilon(dtype);
        foreach (var (rows, columns) in s_shapes)
        {
            double[] h = Latents(dtype, rows, columns);
            double[] noise = Noise(dtype, rows * columns);
            var (z, kl) = Run(device, dtype, h, rows, columns);
            double Mu(int i) => h[(i / columns * 2 * columns) + (i % columns)];
            double LogVar(int i) => h[(i / columns * 2 * columns) + columns + (i % columns)];
            double[] expected = [.. noise.Select((n, i) => Mu(i) + (Math.Exp(0.5 * LogVar(i)) * n))];
            DeviceArray.AssertNear(z, expected, i => 4 * eps * (Math.Abs(Mu(i)) + Math.Abs(expected[i] - Mu(i))), $"z of {rows} x {columns}");

            // exp(logVar) - 1 - logVar cancels near 0: the tolerance is that of the largest term
            double HalfRowSum(int row, Func<int, double> term) => 0.5 * Enumerable.Range(row * columns, columns).Sum(term);
            double[] exact = [.. kl.Select((_, r) => HalfRowSum(r, i => (Mu(i) * Mu(i)) + Math.Exp(LogVar(i)) - 1 - LogVar(i)))];
            double[] size = [.. kl.Select((_, r) => HalfRowSum(r, i => (Mu(i) * Mu(i)) + Math.Exp(LogVar(i)) + 1 + Math.Abs(LogVar(i))))];
            DeviceArray.AssertNear(kl, exact, r => (4 + (columns / 32.0)) * eps * size[r], $"kl of {rows} x {columns}");
        }
    }

    [Test]
    public void Every_device_gives_the_same_bits([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        var device = which.Open();
        foreach (var (rows, columns) in s_shapes)
        {
            double[] h = Latents(dtype, rows, columns);
            var (z, kl) = Run(device, dtype, h, rows, columns);
            var expected = Run(Portable, dtype, h, rows, columns);
            DeviceArray.AssertSameBits(z, expected.Z, $"z of {rows} x {columns}");
            DeviceArray.AssertSameBits(kl, expected.Kl, $"kl of {rows} x {columns}");
            double[] dz = Values(dtype, rows * columns, 1), dkl = Values(dtype, rows, 2);
            double[] d = Backward(device, dtype, h, dz, dkl, rows, columns);
            DeviceArray.AssertSameBits(d, Backward(Portable, dtype, h, dz, dkl, rows, columns), $"gradient of {rows} x {columns}");
        }
    }

    [Test]
    public void Backward_is_the_derivative([EachDevice] TestDevice which)
    {
        var device = which.Open();
        foreach (var (rows, columns) in new[] { (1, 1), (3, 5), (2, 33) })
        {
            double[] h = Latents(DType.Float64, rows, columns), dz = Values(DType.Float64, rows * columns, 1), dkl = Values(DType.Float64, rows, 2);
            double Loss(double[] at)
            {
                var (z, kl) = Run(device, DType.Float64, at, rows, columns);
                return z.Zip(dz, (a, b) => a * b).Sum() + kl.Zip(dkl, (a, b) => a * b).Sum();
            }

            GradientCheck.Check(Loss, h, Backward(device, DType.Float64, h, dz, dkl, rows, columns), $"{which} {rows} x {columns}");
        }
    }

    [Test]
    public void Divergence_alone_has_the_same_bits([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        var device = which.Open();
        foreach (var (rows, columns) in s_shapes)
        {
            double[] h = Latents(dtype, rows, columns);
            using var input = new DeviceArray(device, dtype, h);
            using var kl = new DeviceArray(device, dtype, rows);
            GaussianKl.Forward(device, dtype, input, kl, rows, columns);
            DeviceArray.AssertSameBits(kl.Read(), Run(Portable, dtype, h, rows, columns).Kl, $"{rows} x {columns}");
        }
    }

    [Test]
    public void Divergence_alone_has_its_derivative([EachDevice] TestDevice which, [EachReal] DType dtype)
    {
        var device = which.Open();
        foreach (var (rows, columns) in s_shapes)
        {
            double[] h = Latents(dtype, rows, columns), dkl = Values(dtype, rows, 2);
            using var input = new DeviceArray(device, dtype, h);
            using var gradient = new DeviceArray(device, dtype, dkl);
            using var output = new DeviceArray(device, dtype, h.Length);
            GaussianKl.Backward(device, dtype, input, gradient, output, rows, columns);
            double[] d = output.Read();
            double eps = DeviceArray.Epsilon(dtype);
            double[] expected = [.. h.Select((v, i) => dkl[i / (2 * columns)] * (i / columns % 2 == 0 ? v : 0.5 * (Math.Exp(v) - 1)))];
            double Size(int i) => Math.Abs(dkl[i / (2 * columns)]) * (Math.Abs(h[i]) + Math.Exp(h[i]) + 1);
            DeviceArray.AssertNear(d, expected, i => 4 * eps * Size(i), $"{rows} x {columns}");

            // with dz = 0 the fused kernel says the same, up to the sign of a zero
            double[] fused = Backward(device, dtype, h, new double[rows * columns], dkl, rows, columns);
            Assert.That(fused, Is.EqualTo(d), $"{rows} x {columns}");
        }
    }

    private static (double[] Z, double[] Kl) Run(Device device, DType dtype, double[] h, int rows, int columns)
    {
        using var input = new DeviceArray(device, dtype, h);
        using var z = new DeviceArray(device, dtype, rows * columns);
        using var kl = new DeviceArray(device, dtype, rows);
        using var state = RandomFillTests.Upload(device, s_state);
        Reparameterize.Forward(device, dtype, input, z, kl, rows, columns, state.All, 8);
        return (z.Read(), kl.Read());
    }

    private static double[] Backward(Device device, DType dtype, double[] h, double[] dz, double[] dkl, int rows, int columns)
    {
        using var input = new DeviceArray(device, dtype, h);
        using var gradientOfZ = new DeviceArray(device, dtype, dz);
        using var gradientOfKl = new DeviceArray(device, dtype, dkl);
        using var output = new DeviceArray(device, dtype, h.Length);
        using var state = RandomFillTests.Upload(device, s_state);
        Reparameterize.Backward(device, dtype, input, gradientOfZ, gradientOfKl, output, rows, columns, state.All, 8);
        return output.Read();
    }

    /// <summary>The noise as <see cref="RandomFill"/> draws it: element of z, same state, same stream.</summary>
    private static double[] Noise(DType dtype, int count)
    {
        using var noise = new DeviceArray(Portable, dtype, count);
        using var state = RandomFillTests.Upload(Portable, s_state);
        RandomFill.Run(Portable, dtype, Distribution.Normal, noise, count, state.All, 8);
        return noise.Read();
    }

    private static double[] Latents(DType dtype, int rows, int columns) => Values(dtype, 2 * rows * columns, 0);

    private static double[] Values(DType dtype, int count, int seed)
    {
        var random = new Random(seed);
        return DeviceArray.Round(dtype, Enumerable.Range(0, count).Select(_ => (random.NextDouble() * 4) - 2));
    }
}

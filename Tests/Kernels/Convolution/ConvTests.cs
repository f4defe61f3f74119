using FsCheck;
using FsCheck.Fluent;
using GenEngine.Kernels;
using GenEngine.Kernels.Convolution;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using NUnit.Framework;

namespace GenEngine.Tests.Kernels.Convolution;

/// <summary>The convolution kernels over a sweep of geometries on every device.</summary>
[Parallelizable]
public sealed class ConvTests
{
    private static Config Sweep(Device device, int onCpu, int onGpu) =>
        Config.QuickThrowOnFailure.WithMaxTest(device is CpuDevice ? onCpu : onGpu).WithQuietOnSuccess(true).WithReplay(2026, 1);

    [Test]
    public void Values_and_filter_gradients_are_the_sums_of_their_products([EachDevice] TestDevice target)
    {
        var device = target.Open();
        Prop.ForAll(ConvGeometry.Any.ToArbitrary(), geometry =>
        {
            var (plan, n) = (geometry.Plan, geometry.N);
            double[] x = ConvRun.Values(n * plan.Input.Count, 1), w = ConvRun.Values(plan.FilterCount, 2), bias = ConvRun.Values(plan.Output.Channels, 3), dy = ConvRun.Values(n * plan.Output.Count, 4);
            double[] y = new double[dy.Length], dw = new double[w.Length];
            for (int i = 0; i < y.Length; i++) y[i] = bias[i % bias.Length];
            ConvRun.Products(plan, n, (output, input, filter) =>
            {
                y[output] += x[input] * w[filter];
                dw[filter] += x[input] * dy[output];
            });
            double terms = plan.Parts.Max(part => part.K);
            Assert.That(ConvRun.Ulps(ConvRun.Forward(device, DType.Float32, plan, n, x, w, bias), y), Is.LessThan(16 + (2 * terms)), $"{geometry}");
            var (seen, behind) = geometry.Transposed ? (dy, x) : (x, dy);
            double pixels = n * (double)geometry.Convolution.Output.Height * geometry.Convolution.Output.Width;
            Assert.That(ConvRun.Ulps(ConvRun.Weight(device, DType.Float32, geometry.Convolution, n, seen, behind), dw), Is.LessThan(16 + (2 * pixels)), $"{geometry}");
        }).Check(Sweep(device, 150, 12));
    }

    [Test]
    public void Every_device_gives_the_bits_of_the_first([EachDevice] TestDevice target)
    {
        var device = target.Open();
        var first = TestDevices.Cpu(CpuIsa.Portable, 1);
        Prop.ForAll(ConvGeometry.Any.ToArbitrary(), geometry =>
        {
            var (plan, n) = (geometry.Plan, geometry.N);
            double[] x = ConvRun.Values(n * plan.Input.Count, 1), w = ConvRun.Values(plan.FilterCount, 2), bias = ConvRun.Values(plan.Output.Channels, 3), dy = ConvRun.Values(n * plan.Output.Count, 4);
            var (seen, behind) = geometry.Transposed ? (dy, x) : (x, dy);
            foreach (var dtype in new[] { DType.Float32, DType.Float64 })
            {
                DeviceArray.AssertSameBits(ConvRun.Forward(device, dtype, plan, n, x, w, bias), ConvRun.Forward(first, dtype, plan, n, x, w, bias), $"{geometry}");
                DeviceArray.AssertSameBits(ConvRun.Forward(device, dtype, plan.Adjoint(), n, dy, w, null, x), ConvRun.Forward(first, dtype, plan.Adjoint(), n, dy, w, null, x), $"gradient of {geometry}");
                DeviceArray.AssertSameBits(ConvRun.Weight(device, dtype, geometry.Convolution, n, seen, behind), ConvRun.Weight(first, dtype, geometry.Convolution, n, seen, behind), $"filter of {geometry}");
                DeviceArray.AssertSameBits(ConvRun.Weight(device, dtype, geometry.Convolution, n, seen, behind, w), ConvRun.Weight(first, dtype, geometry.Convolution, n, seen, behind, w), $"filter of {geometry}, added");
            }
        }).Check(Sweep(device, 60, 10));
    }

    [Test]
    public void A_convolution_and_its_transpose_are_adjoint([EachDevice] TestDevice target)
    {
        var device = target.Open();
        Prop.ForAll(ConvGeometry.Any.ToArbitrary(), geometry =>
        {
            var (plan, n) = (geometry.Plan, geometry.N);
            double[] x = ConvRun.Values(n * plan.Input.Count, 1), w = ConvRun.Values(plan.FilterCount, 2), y = ConvRun.Values(n * plan.Output.Count, 4);
            double[] there = ConvRun.Forward(device, DType.Float64, plan, n, x, w), back = ConvRun.Forward(device, DType.Float64, plan.Adjoint(), n, y, w);
            double left = there.Zip(y, (a, b) => a * b).Sum(), right = back.Zip(x, (a, b) => a * b).Sum(), scale = there.Zip(y, (a, b) => Math.Abs(a * b)).Sum() + 1;
            Assert.That(Math.Abs(left - right), Is.LessThan(1e-13 * scale), $"{geometry}");
        }).Check(Sweep(device, 100, 10));
    }

    /// <summary>The summation law: an image's bits depend on nothing but the image.</summary>
    [Test]
    public void Bits_depend_on_neither_batch_nor_threads_nor_the_rest_of_the_image([EachDevice] TestDevice target)
    {
        var device = target.Open();
        foreach (var (side, c, k, spec) in new[]
        {
            (13, 5, 19, ConvSpec.Square(3, padding: 1)), (14, 3, 64, ConvSpec.Square(4, 2, 1)), (9, 16, 1, ConvSpec.Masked(ConvMask.B, 3)), (28, 1, 33, ConvSpec.Masked(ConvMask.A, 7)),
        })
        {
            var plan = ConvPlan.Create(spec, new ConvImage(side, side, c), k);
            double[] three = ConvRun.Values(3 * plan.Input.Count, 5), w = ConvRun.Values(plan.FilterCount, 6);
            double[] all = ConvRun.Forward(device, DType.Float32, plan, 3, three, w);
            for (int n = 0; n < 3; n++)
            {
                double[] alone = ConvRun.Forward(device, DType.Float32, plan, 1, three[(int)(n * plan.Input.Count)..(int)((n + 1) * plan.Input.Count)], w);
                DeviceArray.AssertSameBits(alone, all[(int)(n * plan.Output.Count)..(int)((n + 1) * plan.Output.Count)], $"{spec}, image {n} alone");
            }

            if (device is CpuDevice cpu)
                DeviceArray.AssertSameBits(ConvRun.Forward(TestDevices.Cpu(cpu.Isa, 1), DType.Float32, plan, 3, three, w), all, $"{spec}, one thread");

            // an output's field is 2 rows above to 4 below at most: what lies elsewhere may be anything finite
            double[] other = [.. three];
            int kept = side / 2 * side * c;
            for (int i = kept; i < plan.Input.Count; i++) other[i] = 1e6 * other[i];
            double[] changed = ConvRun.Forward(device, DType.Float32, plan, 3, other, w);
            int rows = ((side / 2) - spec.KernelHeight) / spec.StrideY, elements = rows * plan.Output.Width * k;
            DeviceArray.AssertSameBits(changed[..elements], all[..elements], $"{spec}, the lower half changed");
        }
    }

    [Test]
    public void Filter_gradients_do_not_depend_on_threads()
    {
        foreach (var geometry in new ConvGeometry[]
        {
            new(7, new ConvImage(14, 14, 3), 65, ConvSpec.Square(4, 2, 1)), new(2, new ConvImage(1, 3000, 4), 6, ConvSpec.Causal(2, 64)), new(40, new ConvImage(7, 7, 40), 24, ConvSpec.Square(3, padding: 1)),
        })
        {
            double[] x = ConvRun.Values(geometry.N * geometry.Plan.Input.Count, 1), dy = ConvRun.Values(geometry.N * geometry.Plan.Output.Count, 2);
            double[] one = ConvRun.Weight(TestDevices.Cpu(CpuIsas.Best, 1), DType.Float32, geometry.Plan, geometry.N, x, dy);
            foreach (int threads in new[] { 2, 5 }) DeviceArray.AssertSameBits(ConvRun.Weight(TestDevices.Cpu(CpuIsas.Best, threads), DType.Float32, geometry.Plan, geometry.N, x, dy), one, $"{geometry}, {threads} threads");
        }
    }

    [Test]
    public void Masked_weights_get_no_gradient_and_change_nothing([EachDevice] TestDevice target)
    {
        var device = target.Open();
        var plan = ConvPlan.Create(ConvSpec.Masked(ConvMask.A, 3, colours: 3), new ConvImage(6, 5, 6), 9);
        double[] x = ConvRun.Values(2 * plan.Input.Count, 1), w = ConvRun.Values(plan.FilterCount, 2), dy = ConvRun.Values(2 * plan.Output.Count, 3);
        var used = new bool[w.Length];
        ConvRun.Products(plan, 1, (_, _, filter) => used[filter] = true);
        double[] dw = ConvRun.Weight(device, DType.Float32, plan, 2, x, dy), added = ConvRun.Weight(device, DType.Float32, plan, 2, x, dy, w);
        double[] broken = [.. w.Select((value, i) => used[i] ? value : double.NaN)];
        for (int i = 0; i < w.Length; i++)
        {
            if (used[i]) continue;
            Assert.That(dw[i], Is.Zero, $"weight {i}");
            Assert.That(added[i], Is.EqualTo(w[i]), $"weight {i}");
        }

        Assert.That(used, Has.Some.False);
        DeviceArray.AssertSameBits(ConvRun.Forward(device, DType.Float32, plan, 2, x, broken), ConvRun.Forward(device, DType.Float32, plan, 2, x, w), "masked weights are never read into a sum");
    }
}

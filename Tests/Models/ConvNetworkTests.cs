using GenEngine.Bench.Compare.Networks;
using GenEngine.Checks;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Layout;
using GenEngine.Kernels.Optimizer;
using GenEngine.Models;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>Convolutional networks of real size as a whole: learning on digits, gradients, bits, causality.</summary>
[Parallelizable]
public sealed class ConvNetworkTests
{
    private static readonly Lazy<ImageDataset> s_digits = new(() => DataSets.Load("digits", "train", new DataOptions { Limit = 4000 }));

    [Test]
    public void A_convolutional_vae_learns_digits()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        var losses = VaeLosses(device, 300, 64);
        TestContext.Out.WriteLine($"-ELBO {losses[0]:F1} at the first step, {losses[^20..].Average():F1} at the last");
        Assert.That(losses[0], Is.GreaterThan(500), "784 bits of nothing known");
        Assert.That(losses[^20..].Average(), Is.LessThan(170));
    }

    [Test]
    public void A_dcgan_learns_digits()
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        using var context = new Context(device, seed: 1);
        using var data = new DeviceDataset(context, s_digits.Value);
        var network = new DcganNetwork(context);
        var losses = DcganLosses(context, data, network, 250, 64);
        double real = Mean(s_digits.Value.Items.Take(784 * 500).Select(pixel => (pixel / 127.5) - 1));
        double made;
        using (context.BeginStep())
        using (context.NoGradient())
            made = network.Generate(64).ToDoubles().Average();
        TestContext.Out.WriteLine($"mean pixel of digits {real:F3}, of generated images {made:F3}; losses at the end {losses[^3]:F3}, {losses[^2]:F3}, {losses[^1]:F3}");
        Assert.That(losses, Is.All.InRange(0, 20), "neither network has won for good");
        Assert.That(made, Is.EqualTo(real).Within(0.25), "an untrained generator's mean is 0");
    }

    [Test, Category("determinism")]
    public void Two_hundred_steps_repeat_with_any_threads_captured_or_eager()
    {
        using var one = new CpuDevice(new CpuOptions(Threads: 1));
        using var two = new CpuDevice(new CpuOptions(Threads: 2));
        var expected = VaeLosses(one, 200, 8);
        Assert.Multiple(() =>
        {
            Assert.That(VaeLosses(one, 200, 8), Is.EqualTo(expected), "again");
            Assert.That(VaeLosses(two, 200, 8), Is.EqualTo(expected), "two threads");
            Assert.That(VaeLosses(two, 200, 8, captured: false), Is.EqualTo(expected), "eager");
        });
        Assert.That(DcganLosses(two, 30, 8, captured: false), Is.EqualTo(DcganLosses(one, 30, 8)), "a step of two phases, batch norm in both");
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All)), Category("determinism")]
    public void Steps_give_the_same_losses_on_every_device(TestDevice target)
    {
        var device = target.Open();
        var first = TestDevices.Cpu(CpuIsa.Portable, 1);
        Assert.That(VaeLosses(device, 3, 3), Is.EqualTo(VaeLosses(first, 3, 3)), "convolutional VAE");
        Assert.That(DcganLosses(device, 2, 2), Is.EqualTo(DcganLosses(first, 2, 2)), "DCGAN");
    }

    private static IEnumerable<TestDevice> FastDevices => TestDevices.All.Where(device => device.Name != "simt");

    [TestCaseSource(nameof(FastDevices)), Category("gradient")]
    public void Gradients_equal_central_differences(TestDevice target)
    {
        using var context = new Context(target.Open(), DType.Float64, seed: 3);
        var vae = new ConvVaeNetwork(context, smooth: true);
        var pixels = Images(context, 1, 28);
        Passes(GradientCheck.Run("conv VAE", context, [], [vae.Group], () => vae.Loss(pixels)));
        CheckAutoregressive(context, 6, 20);
    }

    [Test, Explicit("slow: thousands of evaluations on the emulator; run with --filter TestCategory=slow"), Category("slow")]
    public void Gradients_equal_central_differences_on_the_emulator()
    {
        using var context = new Context(TestDevices.All.Single(device => device.Name == "simt").Open(), DType.Float64, seed: 3);
        CheckAutoregressive(context, 4, 5);
    }

    private static void CheckAutoregressive(Context context, int side, int length)
    {
        var pixelCnn = new PeerGatedPixelCnn(context, smooth: true);
        var small = Images(context, 2, side);
        Passes(GradientCheck.Run("gated PixelCNN", context, [], [pixelCnn.Group], () => pixelCnn.Loss(small)));
        var waveNet = new WaveNetNetwork(context, new WaveNetOptions { Smooth = true });
        int[] codes = [.. Enumerable.Range(0, 2 * length).Select(i => i * 37 % 256)];
        Tensor heard = context.FromLabels(codes, new Shape(2, 1, length)), next = context.FromLabels([.. codes.Skip(1), 0], new Shape(2, 1, length));
        Passes(GradientCheck.Run("WaveNet", context, [], [waveNet.Group], () => waveNet.Loss(heard, next)));
    }

    private static void Passes(GradientReport report) => Assert.That(report.Passed, report.ToString());

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All))]
    public void No_logit_of_a_pixelcnn_or_wavenet_sees_the_future(TestDevice target)
    {
        using var context = new Context(target.Open(), seed: 4);
        var pixelCnn = new PeerGatedPixelCnn(context);
        const int Side = 6, Changed = 14;
        double[] pixels = Images(context, 1, Side).ToDoubles(), other = [.. pixels];
        other[Changed] = 1 - other[Changed];
        double[] before = Logits(pixels), after = Logits(other);
        Assert.That(after[..(Changed + 1)], Is.EqualTo(before[..(Changed + 1)]), "earlier pixels, and the changed one itself");
        Assert.That(after[Changed + 1], Is.Not.EqualTo(before[Changed + 1]));

        var waveNet = new WaveNetNetwork(context);
        int[] codes = [.. Enumerable.Range(0, 30).Select(i => i * 91 % 256)], changedCodes = [.. codes];
        changedCodes[11] ^= 1;
        double[] first = Waves(codes), second = Waves(changedCodes);
        Assert.That(second[..(11 * 256)], Is.EqualTo(first[..(11 * 256)]));
        Assert.That(second[(11 * 256)..(12 * 256)], Is.Not.EqualTo(first[(11 * 256)..(12 * 256)]));

        double[] Logits(double[] values)
        {
            using var step = context.BeginStep();
            using var nothing = context.NoGradient();
            return pixelCnn.Logits(context.Transient(values, new Shape(1, Side, Side, 1))).ToDoubles();
        }

        double[] Waves(int[] values)
        {
            using var step = context.BeginStep();
            using var nothing = context.NoGradient();
            return waveNet.Forward(context.FromLabels(values, new Shape(1, 1, values.Length))).ToDoubles();
        }
    }

    private static double Mean(IEnumerable<double> values) => values.Average();

    private static Tensor Images(Context context, int count, int side) =>
        context.FromHost([.. Enumerable.Range(0, count * side * side).Select(i => i * 7 % 11 < 5 ? 1.0 : 0.0)], new Shape(count, side, side, 1), "images");

    private static double[] VaeLosses(Device device, int steps, int batch, bool captured = true)
    {
        using var context = new Context(device, seed: 1);
        using var data = new DeviceDataset(context, s_digits.Value);
        var network = new ConvVaeNetwork(context);
        var adam = new Adam(network.Group, 1e-3);
        var kept = context.Persistent(new Shape(1), context.Real, "loss");
        using var program = new StepProgram(context, () =>
        {
            var loss = network.Loss(data.NextBatch(batch).Images.Reshape(batch, 28, 28, 1));
            context.Tape.Backward(loss, [network.Group]);
            Copy.Run(device, loss.Range, kept.Range);
            adam.Step();
        }, captured);
        return Run(program, steps, kept);
    }

    private static double[] DcganLosses(Device device, int steps, int batch, bool captured = true)
    {
        using var context = new Context(device, seed: 1);
        using var data = new DeviceDataset(context, s_digits.Value);
        return DcganLosses(context, data, new DcganNetwork(context), steps, batch, captured);
    }

    /// <summary>Three losses a step.</summary>
    private static double[] DcganLosses(Context context, DeviceDataset data, DcganNetwork network, int steps, int batch, bool captured = true)
    {
        var options = new AdamOptions { Beta1 = 0.5 };
        Adam g = new(network.Generator, LearningRateSchedule.Constant(2e-4), options), d = new(network.Discriminator, LearningRateSchedule.Constant(2e-4), options);
        var kept = context.Persistent(new Shape(3), context.Real, "losses");
        Tensor ones = Filled(1), zeros = Filled(0);
        using var program = new StepProgram(context, () =>
        {
            var images = data.NextBatch(batch).Images.Affine(2, -1).Reshape(batch, 28, 28, 1);
            var (real, fake, fooled) = network.Train(images, ones, zeros, g, d);
            int size = context.Real.Size();
            Copy.Run(context.Device, real.Range, kept.Range.Slice(0, size));
            Copy.Run(context.Device, fake.Range, kept.Range.Slice(size, size));
            Copy.Run(context.Device, fooled.Range, kept.Range.Slice(2 * size, size));
        }, captured);
        return Run(program, steps, kept);

        Tensor Filled(double value) => context.FromHost([.. Enumerable.Repeat(value, batch)], new Shape(batch, 1));
    }

    private static double[] Run(StepProgram program, int steps, Tensor kept)
    {
        var losses = new List<double>();
        for (int i = 0; i < steps; i++)
        {
            program.Run();
            losses.AddRange(kept.ToDoubles());
        }

        return [.. losses];
    }
}

using GenEngine.Checks;
using GenEngine.Data;
using GenEngine.Kernels;
using GenEngine.Kernels.Devices;
using GenEngine.Kernels.Devices.Cpu;
using GenEngine.Kernels.Layout;
using GenEngine.Models;
using GenEngine.Runs;
using NUnit.Framework;

namespace GenEngine.Tests.Models;

/// <summary>The VAE as a whole: gradients, bits, memory, learning.</summary>
[Parallelizable]
public sealed class VaeTests
{
    private static readonly Lazy<ImageDataset> s_digits = new(() => DataSets.Load("digits", "train", new DataOptions { Limit = 4000 }));

    private static IEnumerable<TestCaseData> ModelsOnDevices =>
        from entry in Zoo.Descriptions from device in TestDevices.All select new TestCaseData(entry, device).SetArgDisplayNames(entry.Name, device.Name);

    /// <summary>
    /// On a CPU entry by entry. Where a launch costs a thousand times more each tensor is varied along one direction of all its entries, and every entry of the gradient has the
    /// bits of the CPU's.
    /// </summary>
    [TestCaseSource(nameof(ModelsOnDevices)), Category("gradient")]
    public void The_loss_gradient_equals_central_differences(ModelDescription entry, TestDevice target)
    {
        var device = target.Open();
        bool slow = device is not CpuDevice;
        var reports = ModelCheck.Gradients(entry, device, slow ? 0 : 64, slow ? 1 : GradientCheck.StandardDirections).ToList();
        Assert.Multiple(() =>
        {
            foreach (var report in reports) Assert.That(report.Passed, report.ToString());
            if (!slow) return;
            var bits = ModelCheck.Gradients(entry, TestDevices.Cpu(CpuIsas.Best, 2), entries: 0, directions: 0);
            Assert.That(reports.Select(report => (report.Name, report.GradientHash)), Is.EqualTo(bits.Select(report => (report.Name, report.GradientHash))));
        });
    }

    [TestCaseSource(typeof(TestDevices), nameof(TestDevices.All)), Category("determinism")]
    public void Twenty_steps_give_the_same_losses_on_every_device(TestDevice target)
    {
        var device = target.Open();
        Assert.That(Losses(device, 20, 8), Is.EqualTo(Losses(TestDevices.Cpu(CpuIsa.Portable, 1), 20, 8)), "bit for bit: the summation law reaches all of the step");
    }

    [Test, Category("determinism")]
    public void Two_hundred_steps_repeat_bit_for_bit_with_any_threads_captured_or_eager()
    {
        using var one = new CpuDevice(new CpuOptions(Threads: 1));
        using var two = new CpuDevice(new CpuOptions(Threads: 2));
        var expected = Losses(one, 200, 32);
        Assert.Multiple(() =>
        {
            Assert.That(Losses(one, 200, 32), Is.EqualTo(expected), "two runs with one seed");
            Assert.That(Losses(two, 200, 32), Is.EqualTo(expected), "two threads");
            Assert.That(Losses(two, 200, 32, captured: false), Is.EqualTo(expected), "eager");
            Assert.That(Losses(one, 5, 32, seed: 2), Is.Not.EqualTo(expected.Take(15)), "another seed gives other numbers");
        });
    }

    [TestCase(true), TestCase(false), Explicit("slow: 2,000 steps; run with --filter TestCategory=slow"), Category("slow")]
    public void Memory_is_flat_from_step_10_to_step_2000(bool captured)
    {
        using var device = new CpuDevice(new CpuOptions(Threads: 2));
        using (var context = new Context(device, seed: 1))
        {
            using var data = new DeviceDataset(context, s_digits.Value);
            using var model = new Vae(context, data.Shape, new ModelOptions { Latent = 20, Hidden = [400] });
            using var trainer = new Trainer(model, data, 32, captured);
            trainer.Run(10);
            var (live, peak, arena) = (device.Memory.LiveBytes, device.Memory.PeakBytes, context.Arena.PeakBytes);
            trainer.Run(2000);
            Assert.Multiple(() =>
            {
                Assert.That(device.Memory.LiveBytes, Is.EqualTo(live));
                Assert.That(device.Memory.PeakBytes, Is.EqualTo(peak));
                Assert.That(context.Arena.PeakBytes, Is.EqualTo(arena));
            });
        }

        Assert.That(device.Memory.LiveBytes, Is.Zero, "a context gives back all it took");
    }

    [Test]
    public void The_vae_learns()
    {
        using var device = new CpuDevice();
        using var context = new Context(device, seed: 1);
        using var data = new DeviceDataset(context, s_digits.Value);
        using var model = new Vae(context, data.Shape, new ModelOptions { Latent = 8, Hidden = [400] });
        double before = Evaluator.MeanLosses(model, data)[0];
        using var trainer = new Trainer(model, data, 64);
        trainer.Run(250);
        double[] after = Evaluator.MeanLosses(model, data);
        Assert.That(after[0], Is.LessThan(0.45 * before));
        Assert.That(after[2], Is.GreaterThan(2), "the code carries information");
        double bound = Evaluator.ImportanceBound(model, data, 20, model.LogWeight);
        Assert.That(-bound, Is.LessThan(after[0]).And.GreaterThan(after[0] - 30), "20 importance samples tighten the bound");
    }

    [Test]
    public void A_loss_that_is_not_a_number_stops_training_and_is_named()
    {
        using var device = new CpuDevice();
        using var context = new Context(device, seed: 1);
        using var data = new DeviceDataset(context, s_digits.Value);
        using var model = new Vae(context, data.Shape, new ModelOptions { Hidden = [400], LearningRate = 1e18 });
        using var trainer = new Trainer(model, data, 32);
        var error = Assert.Throws<DivergedException>(() => trainer.Run(200));
        Assert.That(error!.Message, Does.Match("'(-elbo|reconstruction|kl)' is .* at step [0-9]+"));
    }

    [Test]
    public void Weights_survive_a_file()
    {
        using var device = new CpuDevice();
        using var context = new Context(device, seed: 1);
        using var other = new Context(device, seed: 2);
        var shape = new DataShape(6, 6, 1, 0);
        using var model = new Vae(context, shape, new ModelOptions { Latent = 3, Hidden = [20] });
        using var copy = new Vae(other, shape, new ModelOptions { Latent = 3, Hidden = [20] });
        using var wider = new Vae(other, shape, new ModelOptions { Latent = 3, Hidden = [21] });
        string path = Path.Combine(Path.GetTempPath(), $"weights {Guid.NewGuid():N} 数.safetensors");
        try
        {
            WeightFile.Save(path, model.Groups);
            WeightFile.Load(path, copy.Groups);
            foreach (var (name, tensor) in model.Groups[0].Named()) Assert.That(copy.Groups[0][name].ToDoubles(), Is.EqualTo(tensor.ToDoubles()), name);
            var error = Assert.Throws<EngineException>(() => WeightFile.Load(path, wider.Groups));
            Assert.That(error!.Message, Does.Contain("encoder.0.weight").And.Contain("[20, 36]").And.Contain("[21, 36]"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static double[] Losses(Device device, int steps, int batch, bool captured = true, ulong seed = 1)
    {
        using var context = new Context(device, seed: seed);
        using var data = new DeviceDataset(context, s_digits.Value, Binarization.Dynamic);
        using var model = new Vae(context, data.Shape, new ModelOptions { Latent = 20, Hidden = [400] });
        using var trainer = new Trainer(model, data, batch, captured);
        var losses = new List<double>();
        trainer.Run(steps, progress => losses.AddRange(progress.Rows.SelectMany(row => row)));
        return [.. losses];
    }
}
